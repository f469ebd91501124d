"""Function words in entities (Bank of England): part of them in corpora of entities, prepositions in those of speech.

A model that learns from both takes them for no part. Where a corpus does not label entities, function words between two
words of entities get the probability with which the corpora of entities call them part of one, if they mostly do. That
depends on the words, and on the word before: a university "of" a place is an entity, a minister "of" one not always.
"""

from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from escore_labels.tokens import Sentence
from escore_training.labels.corpus_labels import UNKNOWN, CorpusLabels

_ENTITY = 0.7  # from this p(entity) on, a word is taken to be part of an entity
_MAX_LETTERS = 3  # of a function word
_MAX_RUN = 2  # function words in a row: Bank of the West
_SCHEMES_BY_TAG = (
    "gum",
)  # annotation schemes that follow the part of speech, by which no function word is in an entity
_MIN_RATE = 0.5  # the share of function words inside entities from which on they are filled in
_PRIOR_COUNT = 4  # occurrences that the function words alone count for, beside those after the same word


@dataclass(frozen=True, slots=True)
class _Run:
    """Function words between two words of entities, and the word before; `tokens` are their places in all tokens."""

    tokens: slice
    words: tuple[str, ...]
    before: str


def fill_function_words(
    sentences: Iterable[Sentence], labels: CorpusLabels, schemes: list[str], entity: NDArray[np.float64]
) -> NDArray[np.float64]:
    """`entity`, p(entity) of each token ([tokens]), with that of function words inside entities that have no label.

    `sentences` are all that the tokens are in, `schemes` the annotation schemes.
    """
    runs = list(_runs(sentences, entity))
    by_tag = [schemes.index(name) for name in _SCHEMES_BY_TAG if name in schemes]
    labeled = (labels.entity != UNKNOWN) & ~np.isin(labels.scheme, by_tag)
    occurrences: Counter[tuple[object, ...]] = Counter()
    inside: Counter[tuple[object, ...]] = Counter()
    for run in runs:
        if labeled[run.tokens].all():
            for key in ((run.words,), (run.words, run.before)):
                occurrences[key] += 1
                inside[key] += int(labels.entity[run.tokens].all())
    filled = entity.copy()
    for run in runs:
        alone, after = (run.words,), (run.words, run.before)
        if (labels.entity[run.tokens] == UNKNOWN).all() and inside[alone] >= _MIN_RATE * occurrences[alone] > 0:
            rate = inside[alone] / occurrences[alone]
            filled[run.tokens] = (inside[after] + _PRIOR_COUNT * rate) / (occurrences[after] + _PRIOR_COUNT)
    return filled


def _runs(sentences: Iterable[Sentence], entity: NDArray[np.float64]) -> Iterator[_Run]:
    """Function words in a row between two words with capitals that are part of entities."""
    first = 0
    for sentence in sentences:
        names = [i for i, t in enumerate(sentence) if entity[first + i] >= _ENTITY and t.text[:1].isupper()]
        for left, right in pairwise(names):
            words = tuple(token.text for token in sentence[left + 1 : right])
            if 0 < len(words) <= _MAX_RUN and all(map(_is_function_word, words)):
                yield _Run(slice(first + left + 1, first + right), words, sentence[left].text)
        first += len(sentence)


def _is_function_word(word: str) -> bool:
    return word == "&" or (len(word) <= _MAX_LETTERS and word.isalpha() and word.islower())
