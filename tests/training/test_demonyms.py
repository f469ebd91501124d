"""Adjectives that corpora of names call names are found, and get a label between."""

import numpy as np

from escore_labels.tokens import ENTITY, NONE, PROPER, Sentence, Token
from escore_training import recipe as recipes
from escore_training.data.datasets import Source
from escore_training.labels import demonyms as origins
from escore_training.labels import pseudo_labels as soft
from escore_training.labels import teacher
from escore_training.labels.teacher import Opinion

NOTES, NAMES, _ = recipes.load("smoke").corpora


def spoken(text: str, proper: str = "") -> Sentence:
    """A sentence of a corpus of parts of speech, without nouns."""
    return [Token(w, PROPER, ENTITY) if w in proper.split() else Token(w, NONE, NONE) for w in text.split()]


def named(text: str, names: str) -> Sentence:
    """A sentence of a corpus of names."""
    return [Token(w, ENTITY, ENTITY) if w in names.split() else Token(w, NONE, PROPER) for w in text.split()]


SPEECH = [
    spoken("A Danish and a Swiss cook"),
    spoken("New electric cars , all Danish"),
    spoken("Danish Oslo", proper="Danish"),
    spoken("Electric and new , yes"),
]
NAMED = [
    named("Danish butter and Danish bread", "Danish"),
    named("New York and New Delhi", "New York Delhi"),
    named("Swiss trains", "Swiss"),
    named("Electric Light and Electric Wizard", "Electric Light Wizard"),
]
SOURCES = [Source(NOTES, [SPEECH]), Source(NAMES, [NAMED])]
TOKENS = [token.text for source in SOURCES for d in source.documents for sentence in d for token in sentence]


def test_they_are_always_written_with_a_capital_and_named_more_than_once() -> None:
    found = np.flatnonzero(origins.disputed(SOURCES, teacher.known(SOURCES)))
    # Not Swiss, which was named once, nor New and Electric, which are also in lower case, nor a proper noun.
    assert [(TOKENS[i], i) for i in found] == [("Danish", 1), ("Danish", 11)]


def test_they_are_proper_words_and_more_likely_names_than_not() -> None:
    opinion = Opinion(
        np.tile(np.float32([0.8, 0.1, 0.1]), (len(TOKENS), 1)), np.full((len(TOKENS), 1), 0.3, np.float32), 0
    )
    (((danish, *_), *_),), _ = [
        [[[t for t in s if t.text in ("Danish", "Swiss")] for s in d] for d in docs]
        for docs in soft.label(SOURCES, opinion, ["names"], 1.0, 0.25)
    ]
    assert danish.probabilities is not None
    np.testing.assert_allclose(danish.probabilities, (*origins.SPEECH, origins.NAMED), rtol=1e-6)
