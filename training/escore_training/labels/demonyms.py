"""Adjectives of origin (American, Sunni, Victorian): entities in corpora of entities, adjectives in those of speech.

A model that learns from both wavers between 0 and 300. Where a corpus of parts of speech has such a word, and no corpus
of entities labels it, it becomes a proper word that is more likely part of an entity than not. Which words these are is
read from the corpora; a few others that a tagger took for no nouns are among them.
"""

from collections import Counter

import numpy as np
from numpy.typing import NDArray

from escore_labels.tokens import NONE
from escore_training.labels.corpus_labels import UNKNOWN, CorpusLabels

PART_OF_SPEECH = (0.1, 0.0, 0.9)  # p(none), p(common noun), p(proper noun) of such a word, where it is in no entity
ENTITY = 0.85  # p(entity)
_MIN_ENTITY_RATE = 0.85  # the share of a word's occurrences that an annotation scheme must call entities
_MIN_ENTITY_COUNT = 2  # occurrences that an annotation scheme must call entities
_MIN_LENGTH = 4  # characters
_MAX_LOWERCASE_RATE = 0.05  # the share of a word's occurrences that may be in lower case: Electric and New are none


def find_demonyms(texts: list[str], labels: CorpusLabels) -> NDArray[np.bool_]:
    """Which tokens ([tokens]) are adjectives of origin that a corpus of parts of speech labels.

    `texts` are those of the tokens.
    """
    capitalized = Counter(text for text in texts if text[:1].isupper() and text[1:] == text[1:].lower())
    lowercase = Counter(text for text in texts if text == text.lower())
    labeled: Counter[tuple[str, int]] = Counter()
    entities: Counter[tuple[str, int]] = Counter()
    for text, entity, scheme in zip(texts, labels.entity.tolist(), labels.scheme.tolist(), strict=True):
        if entity != UNKNOWN and text in capitalized:
            labeled[text, scheme] += 1
            entities[text, scheme] += entity
    words = {
        text
        for (text, scheme), count in entities.items()
        if count >= _MIN_ENTITY_COUNT
        and count >= _MIN_ENTITY_RATE * labeled[text, scheme]
        and lowercase[text.lower()] <= _MAX_LOWERCASE_RATE * capitalized[text]
    }
    adjectives = (labels.part_of_speech == NONE) & (labels.entity == UNKNOWN)
    demonyms: NDArray[np.bool_] = adjectives & np.array([len(text) >= _MIN_LENGTH and text in words for text in texts])
    return demonyms
