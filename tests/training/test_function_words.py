"""Small words inside names are filled in as corpora of names label them."""

from dataclasses import replace

import numpy as np
import pytest

from escore_labels.tokens import ENTITY, NONE, PROPER, Sentence, Token
from escore_training import recipe as recipes
from escore_training.data.datasets import Source
from escore_training.labels import function_words as inside
from escore_training.labels import teacher

NOTES, NAMES, PLAIN = recipes.load("smoke").corpora


def named(text: str) -> Sentence:
    """A sentence of a corpus of names; words of names end with *."""
    return [Token(w.rstrip("*"), *((ENTITY, ENTITY) if w.endswith("*") else (NONE, PROPER))) for w in text.split()]


def plain(text: str) -> Sentence:
    """A sentence without labels; what is a name is told by its opinion, see `filled`."""
    return [Token(w, NONE, ENTITY) for w in text.split()]


def filled(*sources: Source) -> dict[str, float]:
    """What is filled in for each word of the last source that a name could hold; words with capitals are names."""
    tokens = [token for source in sources for d in source.documents for sentence in d for token in sentence]
    entity = np.array([0.9 if token.text[:1].isupper() else 0.02 for token in tokens])
    found = inside.filled(list(sources), teacher.known(list(sources)), teacher.manners(list(sources)), entity)
    last = sum(len(sentence) for d in sources[-1].documents for sentence in d)
    assert (found[:-last] == entity[:-last]).all()  # labels stay
    return {
        token.text: value
        for token, value, before in zip(tokens[-last:], found[-last:], entity[-last:], strict=True)
        if value != before
    }


JUDGED = Source(
    NAMES,
    [
        [
            named("Bank* of* Ghana* and Bank* of* Togo*"),
            named("University* of* Bergen* in Norway* and Peru*"),
            named("Minister* of Norway* or Minister* of Chad* or King* of* Chad*"),
            named("Bank* of* the* West*"),
        ]
    ],
)


def test_as_often_as_corpora_of_names_say() -> None:
    # "of" is inside in four of six; two more after Bank, two less after Minister, and nothing else after Queen.
    usual = 4 / 6
    for text, expected in [
        ("Queen of Spain", usual),
        ("Bank of Spain", (2 + 4 * usual) / (2 + 4)),
        ("Minister of Spain", (0 + 4 * usual) / (2 + 4)),
    ]:
        assert filled(JUDGED, Source(PLAIN, [[plain(text)]])) == {"of": pytest.approx(expected)}


def test_small_words_in_a_row_count_as_one() -> None:
    assert filled(JUDGED, Source(PLAIN, [[plain("Son of the Sea")]])) == {"of": 1, "the": 1}
    assert filled(JUDGED, Source(PLAIN, [[plain("Son of all the Sea")]])) == {}


@pytest.mark.parametrize(
    "text",
    [
        "Peru and Spain",  # mostly no part
        "Peru by Spain",  # nobody says
        "of Spain and bank of Peru",  # not between two words of names
        "Bank of england",  # nor between two with capitals
        "Bank under Spain",  # no small word
    ],
)
def test_nothing_else_is_filled_in(text: str) -> None:
    assert filled(JUDGED, Source(PLAIN, [[plain(text)]])) == {}


def test_corpora_that_tell_names_by_parts_of_speech_do_not_judge() -> None:
    """To GUM, no preposition is part of a name."""
    spoken = Source(replace(NAMES, entities="gum"), [[named("Bank* of Ghana* and Bank* of Togo*")] * 5])
    assert filled(spoken, JUDGED, Source(PLAIN, [[plain("Queen of Spain")]])) == {"of": pytest.approx(4 / 6)}
