"""Small words inside names (Bank of England): corpora of names call them part of it, corpora of speech prepositions.

A model that learns from both takes them for no part. Where a corpus does not label names, small words between two words
of names are part of one as often as the corpora of names say, if they mostly do. These are asked about the small words,
and about the word before them: a university "of" a place is a name, a minister "of" one not always.
"""

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from escore_labels.tokens import Sentence
from escore_training.data.datasets import Source
from escore_training.labels.teacher import UNKNOWN, Known

_SURE = 0.7  # from this p(entity) on, a word is taken to be part of a name
_LONGEST = 3  # letters of a small word
_MOST = 2  # small words in a row: Bank of the West
_SPEECH = ("gum",)  # manners that tell what is part of a name by its part of speech, so that no small word is
_MOSTLY = 0.5  # the share from which small words are filled in
_PRIOR = 4  # occurrences that the small words alone count for, beside those after the same word


@dataclass(frozen=True, slots=True)
class _Between:
    """Small words between two words of names: the place of the first, the words as written, and the word before."""

    place: int
    words: tuple[str, ...]
    before: str

    def places(self) -> slice:
        return slice(self.place, self.place + len(self.words))


def filled(
    sources: list[Source], labels: Known, manners: list[str], entity: NDArray[np.float64]
) -> NDArray[np.float64]:
    """`entity`, p(entity) of each token ([tokens]), with that of small words inside names that nobody judged."""
    found = list(_all(sources, entity))
    speech = [manners.index(name) for name in _SPEECH if name in manners]
    known = (labels.entity != UNKNOWN) & ~np.isin(labels.manner, speech)
    judged: Counter[tuple[object, ...]] = Counter()
    named: Counter[tuple[object, ...]] = Counter()
    for each in found:
        if known[each.places()].all():
            for key in ((each.words,), (each.words, each.before)):
                judged[key] += 1
                named[key] += int(labels.entity[each.places()].all())
    changed = entity.copy()
    for each in found:
        alone, after = (each.words,), (each.words, each.before)
        if (labels.entity[each.places()] == UNKNOWN).all() and named[alone] >= _MOSTLY * judged[alone] > 0:
            usual = named[alone] / judged[alone]
            changed[each.places()] = (named[after] + _PRIOR * usual) / (judged[after] + _PRIOR)
    return changed


def _all(sources: list[Source], entity: NDArray[np.float64]) -> Iterator[_Between]:
    begin = 0
    for source in sources:
        for document in source.documents:
            for sentence in document:
                end = begin + len(sentence)
                for place, words in _between(sentence, entity[begin:end] >= _SURE):
                    yield _Between(begin + place, words, sentence[place - 1].text)
                begin = end


def _between(sentence: Sentence, sure: NDArray[np.bool_]) -> Iterator[tuple[int, tuple[str, ...]]]:
    """Runs of small words, each with its place, between two words with capitals that are `sure`ly of names."""
    names = [i for i, token in enumerate(sentence) if sure[i] and token.text[:1].isupper()]
    for left, right in pairwise(names):
        words = tuple(token.text for token in sentence[left + 1 : right])
        if 0 < len(words) <= _MOST and all(map(_small, words)):
            yield left + 1, words


def _small(word: str) -> bool:
    return word == "&" or (len(word) <= _LONGEST and word.isalpha() and word.islower())
