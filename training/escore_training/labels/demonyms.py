"""Adjectives of origin (American, Sunni, Victorian): corpora of names call them names, corpora of speech adjectives.

A model that learns from both wavers between 0 and 300. Where a corpus of speech has such a word, and nobody said
whether it is a name, it becomes a proper word that is more likely part of a name than not. Which words these are is
read from the corpora; a few others that a tagger took for no nouns come along.
"""

from collections import Counter

import numpy as np
from numpy.typing import NDArray

from escore_labels.tokens import NONE
from escore_training.data.datasets import Source
from escore_training.labels.teacher import UNKNOWN, Known

SPEECH = (0.1, 0.0, 0.9)  # p(none), p(common noun), p(proper noun) of such a word, where it is in no name
NAMED = 0.6  # p(entity)
_SURE = 0.85  # the share of a word's occurrences that a manner must call names
_LEAST = 2  # occurrences that a manner must call names
_SHORTEST = 4  # characters
_SMALL = 0.05  # the share of a word's occurrences that may be in lower case: Electric and New are none


def disputed(sources: list[Source], labels: Known) -> NDArray[np.bool_]:
    """The tokens ([tokens]) of adjectives of origin that a corpus of speech labels so and none of names judged."""
    tokens = [token.text for source in sources for document in source.documents for s in document for token in s]
    written = Counter(text for text in tokens if text[:1].isupper() and text[1:] == text[1:].lower())
    small = Counter(text for text in tokens if text == text.lower())
    judged: Counter[tuple[str, int]] = Counter()
    named: Counter[tuple[str, int]] = Counter()
    for text, entity, manner in zip(tokens, labels.entity.tolist(), labels.manner.tolist(), strict=True):
        if entity != UNKNOWN and text in written:
            judged[text, manner] += 1
            named[text, manner] += entity
    words = {
        text
        for (text, manner), count in named.items()
        if count >= _LEAST and count >= _SURE * judged[text, manner] and small[text.lower()] <= _SMALL * written[text]
    }
    adjective = (labels.speech == NONE) & (labels.entity == UNKNOWN)
    found: NDArray[np.bool_] = adjective & np.array([len(text) >= _SHORTEST and text in words for text in tokens])
    return found
