"""Function words inside entities are filled in as corpora of entities label them."""

import msgspec
import numpy as np
import pytest
from tests.training.corpora import entity_sentence, plain_sentence

from escore_training.data.datasets import Source
from escore_training.labels.corpus_labels import annotation_schemes, split_labels
from escore_training.labels.function_words import fill_function_words
from escore_training.recipe import load_recipe

_, NAMES, PLAIN = load_recipe("smoke").corpora
ENTITIES = Source(
    NAMES,
    [
        [
            entity_sentence("Bank* of* Ghana* and Bank* of* Togo*"),
            entity_sentence("University* of* Bergen* in Norway* and Peru*"),
            entity_sentence("Minister* of Norway* or Minister* of Chad* or King* of* Chad*"),
            entity_sentence("Bank* of* the* West*"),
        ]
    ],
)


def filled(text: str, *labeled: Source) -> dict[str, float]:
    """What is filled in for each word of an unlabeled text; to the teacher, words with capitals are entities."""
    sources = [*labeled, Source(PLAIN, [[plain_sentence(text)]])]
    sentences = [sentence for source in sources for sentence in source.sentences()]
    tokens = [token for sentence in sentences for token in sentence]
    entity = np.array([0.9 if token.text[:1].isupper() else 0.02 for token in tokens])
    result = fill_function_words(sentences, split_labels(sources), annotation_schemes(sources), entity)
    last = len(text.split())
    assert (result[:-last] == entity[:-last]).all()  # labels stay
    return {
        token.text: value
        for token, value, before in zip(tokens[-last:], result[-last:], entity[-last:], strict=True)
        if value != before
    }


def test_as_often_as_corpora_of_entities_say() -> None:
    # "of" is inside in four of six; two more after Bank, two less after Minister, and nothing else after Queen.
    rate = 4 / 6
    for text, expected in [
        ("Queen of Spain", rate),
        ("Bank of Spain", (2 + 4 * rate) / (2 + 4)),
        ("Minister of Spain", (0 + 4 * rate) / (2 + 4)),
    ]:
        assert filled(text, ENTITIES) == {"of": pytest.approx(expected)}


def test_function_words_in_a_row_count_as_one() -> None:
    assert filled("Son of the Sea", ENTITIES) == {"of": 1, "the": 1}
    assert filled("Son of all the Sea", ENTITIES) == {}


@pytest.mark.parametrize(
    "text",
    [
        "Peru and Spain",  # mostly no part
        "Peru by Spain",  # no corpus says
        "of Spain and bank of Peru",  # not between two words of entities
        "Bank of england",  # nor between two with capitals
        "Bank under Spain",  # not a function word
    ],
)
def test_nothing_else_is_filled_in(text: str) -> None:
    assert filled(text, ENTITIES) == {}


def test_corpora_that_label_entities_by_part_of_speech_do_not_count() -> None:
    """In GUM, no preposition is part of an entity."""
    gum = msgspec.structs.replace(NAMES, annotation_scheme="gum")
    by_tag = Source(gum, [[entity_sentence("Bank* of Ghana* and Bank* of Togo*")] * 5])
    assert filled("Queen of Spain", by_tag, ENTITIES) == {"of": pytest.approx(4 / 6)}
