"""Which texts are most worth a person's look, and which are drawn at random to measure on.

Pool-based uncertainty sampling (Lewis and Gale 1994, "A sequential algorithm for training text classifiers"; Settles
2009, "Active learning literature survey", sections 2.3 and 3.1). A word's doubt is the probability that the more likely
answer to "is it part of an entity?" is wrong ("least confident"): with calibrated probabilities, a text's sum is the
number of its wrong words to be expected. The sum is not divided by the length, since long texts that say more should
not be held back (Settles and Craven 2008, "An analysis of active learning strategies for sequence labeling tasks").
"""

import re
from collections import Counter, defaultdict
from collections.abc import Sequence
from hashlib import blake2b
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from escore import Document, EscoreError, Scorer
from escore.scale import ENTITY_MINIMUM
from escore_labels.pool import FORMS, Pool, form_ids

Floats = NDArray[np.float64]

SLOPE = 40.0  # of the logistic curve that stands in for a calibration: the default bundle's is much like it
SHORTLIST = 4  # texts that are scored again in another case, for each that is wanted
SIMILAR = 0.4  # share of their word forms that similar texts have in common (Broder 1997, resemblance)


class NoTextsError(EscoreError, ValueError):
    """More texts are to be held out than leave one to label."""


class _Forms(NamedTuple):
    """What the pool says of each word form ([FORMS]): how often it occurs, and how much its probability deviates."""

    counts: Floats
    deviations: Floats


def select_for_review(pool: Pool, count: int, scorer: Scorer, held_out: Sequence[int] = ()) -> list[int]:
    """The indices of the `count` texts most worth a person's look, or of as many as there are, as they are chosen.

    A text's gain is the sum over its words of doubt * (1 + rarity + disagreement). Rarity is one by the number of times
    that the word occurs in the pool. Disagreement is the standard deviation of its probability over its contexts in the
    pool and, for the texts on the shortlist, how much its probability changes with the text's case.

    The gain is divided by one more than the number of similar texts chosen before, so that a log of few patterns is not
    represented by one; of near-duplicates only the best is chosen. Every second text is the best of the files that have
    given the fewest so far.

    held_out: texts that are not chosen, nor near-duplicates of them. Where there are some, texts that training holds
        back by their hash are not chosen either.
    """
    forms = _form_statistics(pool)
    gains = np.array([_word_gains(document, forms).sum() for document, _ in pool])
    excluded = {pool.keys[i] for i in held_out}
    order: list[int] = []
    for i in np.argsort(-gains, kind="stable").tolist():
        if pool.keys[i] not in excluded and not (held_out and pool.is_held_back[i]):
            excluded.add(pool.keys[i])
            order.append(i)
    return _choose(pool, _shortlist(order, pool, SHORTLIST * count), count, forms, scorer)


def draw_held_out(pool: Pool, count: int, seed: int) -> list[int]:
    """The indices of `count` texts drawn at random, no near-duplicates among them. Raises NoTextsError.

    First from those that training holds back by their hash, which are a random fifth, so that none of them is trained
    on even where a file without the mark has it. The draw depends on texts and seed, not on the texts' order.
    """
    draw = [blake2b(f"{seed} {key}".encode(), digest_size=8).digest() for key in pool.keys]
    order = sorted(range(len(pool)), key=lambda i: (not pool.is_held_back[i], draw[i]))
    first = {pool.keys[i]: i for i in reversed(order)}  # of near-duplicates the first in order
    if len(first) <= count:
        problem = f"{count} of {len(first)} texts cannot be held out (near-duplicates count once)"
        raise NoTextsError(problem, "hold out fewer, so that some are left to label")
    return [i for i in order if first[pool.keys[i]] == i][:count]


def all_but(pool: Pool, held_out: Sequence[int]) -> list[int]:
    """The indices of all texts that are neither held out nor near-duplicates of those, in order."""
    excluded = {pool.keys[i] for i in held_out}
    return [i for i, key in enumerate(pool.keys) if key not in excluded]


def _form_statistics(pool: Pool) -> _Forms:
    counts, sums, squares = np.zeros(FORMS), np.zeros(FORMS), np.zeros(FORMS)
    for document, _ in pool:
        ids, probabilities = form_ids(document), _probabilities(document)
        np.add.at(counts, ids, 1)
        np.add.at(sums, ids, probabilities)
        np.add.at(squares, ids, probabilities**2)
    occurrences = np.maximum(counts, 1)
    return _Forms(occurrences, np.sqrt(np.maximum(squares / occurrences - (sums / occurrences) ** 2, 0)))


def _probabilities(document: Document) -> Floats:
    """How probable it is that each word is part of an entity ([words]); a guess where the bundle is not calibrated."""
    probabilities = document.probabilities()
    return 1 / (1 + np.exp((ENTITY_MINIMUM - document.scores) / SLOPE)) if probabilities is None else probabilities


def _word_gains(document: Document, forms: _Forms, recased: Document | None = None) -> Floats:
    """The gain of each word ([words]); see select_for_review. `recased` is the same text in another case."""
    ids, probabilities = form_ids(document), _probabilities(document)
    factors = 1 + 1 / forms.counts[ids] + forms.deviations[ids]
    if recased is not None and len(recased.scores) == len(probabilities):
        factors += np.abs(probabilities - _probabilities(recased))
    return np.minimum(probabilities, 1 - probabilities) * factors


def _shortlist(order: list[int], pool: Pool, count: int) -> list[int]:
    """The first `count` texts in order, and of each file its first even share of as many."""
    share = count // len(set(pool.files)) if order else 0
    before: Counter[int] = Counter()  # texts of each file
    shortlist = []
    for place, i in enumerate(order):
        if place < count or before[pool.files[i]] < share:
            shortlist.append(i)
        before[pool.files[i]] += 1
    return shortlist


def _choose(pool: Pool, shortlist: list[int], count: int, forms: _Forms, scorer: Scorer) -> list[int]:
    """The `count` texts of the shortlist that are most worth it, each beside those before it."""
    documents = [pool[i][0] for i in shortlist]
    recased = scorer.stream(_recase(document.text) for document in documents)
    pairs = zip(documents, recased, strict=True)
    gains = np.array([_word_gains(document, forms, other).sum() for document, other in pairs])
    ids = [np.unique(form_ids(document)) for document in documents]
    texts_with: defaultdict[int, list[int]] = defaultdict(list)  # a word form
    for place, words in enumerate(ids):
        for word in words.tolist():
            texts_with[word].append(place)
    sizes, files = np.array([len(words) for words in ids]), np.array([pool.files[i] for i in shortlist])
    similar, same_file = np.zeros(len(ids)), np.zeros(len(ids))  # texts chosen so far that are like each, or beside it
    is_left = np.ones(len(ids), np.bool_)
    chosen: list[int] = []
    while len(chosen) < min(count, len(ids)):
        values = np.where(is_left, gains / (1 + similar), -1)
        if len(chosen) % 2:
            values[same_file > same_file[is_left].min()] = -1
        best = int(values.argmax())
        chosen.append(shortlist[best])
        is_left[best] = False
        same_file += files == files[best]
        shared = np.zeros(len(ids))
        for word in ids[best].tolist():
            shared[texts_with[word]] += 1
        similar += shared / np.maximum(sizes + sizes[best] - shared, 1) >= SIMILAR
    return chosen


def _recase(text: str) -> str:
    """The text in lower case, or with capitals where it has none to lower; words stay in their places."""
    lower = "".join(char.lower() if len(char.lower()) == 1 else char for char in text)
    return lower if lower != text else re.sub(r"(?<![\w'’])[^\W\d_]", lambda letter: letter[0].title()[:1], text)
