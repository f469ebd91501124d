"""Adjectives that corpora of entities call entities are found, and get a label between."""

import numpy as np
from tests.training.corpora import entity_sentence, speech_sentence

from escore_training.data.datasets import Source
from escore_training.labels import demonyms
from escore_training.labels.corpus_labels import split_labels
from escore_training.labels.predictions import Predictions
from escore_training.labels.pseudo_labels import label_sources
from escore_training.recipe import load_recipe

NOTES, NAMES, _ = load_recipe("smoke").corpora
SOURCES = [
    Source(
        NOTES,
        [
            [
                speech_sentence("A Danish and a Swiss cook"),
                speech_sentence("New electric cars , all Danish"),
                speech_sentence("Danish Oslo", proper="Danish"),
                speech_sentence("Electric and new , yes"),
            ]
        ],
    ),
    Source(
        NAMES,
        [
            [
                entity_sentence("Danish* butter and Danish* bread"),
                entity_sentence("New* York* and New* Delhi*"),
                entity_sentence("Swiss* trains"),
                entity_sentence("Electric* Light* and Electric* Wizard*"),
            ]
        ],
    ),
]
TOKENS = [token.text for source in SOURCES for sentence in source.sentences() for token in sentence]


def test_they_are_always_capitalized_and_called_entities_more_than_once() -> None:
    indices = np.flatnonzero(demonyms.find_demonyms(TOKENS, split_labels(SOURCES)))
    # Not Swiss, which was called an entity once, nor New and Electric, which are also in lower case, nor a proper noun.
    assert [(TOKENS[i], i) for i in indices] == [("Danish", 1), ("Danish", 11)]


def test_they_are_proper_words_and_more_likely_entities_than_not() -> None:
    part_of_speech = np.tile(np.float32([0.8, 0.1, 0.1]), (len(TOKENS), 1))
    predictions = Predictions(part_of_speech, np.full((len(TOKENS), 1), 0.3, np.float32), 0)
    speech, _ = label_sources(SOURCES, predictions, ["names"], 1.0, 0.25)
    (danish, *_) = (token for sentence in speech.sentences() for token in sentence if token.text == "Danish")
    assert danish.probabilities is not None
    np.testing.assert_allclose(danish.probabilities, (*demonyms.PART_OF_SPEECH, demonyms.ENTITY), rtol=1e-6)
