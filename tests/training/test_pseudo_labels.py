"""What is known of a token and what the teacher thinks of it, brought together."""

from dataclasses import replace

import numpy as np
import pytest

from escore_labels.tokens import Token
from escore_training import recipe as recipes
from escore_training.data.datasets import Source
from escore_training.labels import pseudo_labels as soft
from escore_training.labels import teacher
from escore_training.labels.teacher import Opinion

RECIPE = recipes.load("smoke")
NOTES, NAMES, PLAIN = RECIPE.corpora
SHARPNESS = 1.5
TRUST = 0.25


def labelled(
    corpus: recipes.Corpus, token: Token, speech: list[float], entity: list[float], ask: list[str]
) -> tuple[float, ...]:
    """The `soft` of a token of that corpus, of which the teacher thinks so; `entity` is of the two manners."""
    others = replace(NAMES, entities="others")
    sources = [Source(NAMES, []), Source(others, []), Source(corpus, [[[token]]])]
    opinion = Opinion(np.array([speech], np.float32), np.array([entity], np.float32), 0)
    ((((one,),),),) = soft.label(sources, opinion, ask, SHARPNESS, TRUST)[2:]
    assert one.probabilities is not None
    assert replace(one, probabilities=None) == token
    return one.probabilities


def sharper(p: float) -> float:
    return p**SHARPNESS / (p**SHARPNESS + (1 - p) ** SHARPNESS)


@pytest.mark.parametrize(
    ("corpus", "token", "expected"),
    [
        # A label has three quarters, the teacher one; where nothing is labelled, the teacher says it all.
        (NOTES, Token("ship", 1, 1), (0.05, 0.75 + 0.25 * 0.2, 0.25 * 0.6, 2 * sharper(0.8) - 1)),
        (NOTES, Token("Anna", 2, 3), (0.05, 0.05, 0.75 + 0.15, sharper(0.8))),
        (NAMES, Token("Anna", 3, 3), (0.2, 0.2, 0.6, 0.75 + 0.25 * 0.8)),
        (NAMES, Token("ship", 0, 2), (0.2, 0.2, 0.6, 0.25 * 0.8)),
        (PLAIN, Token("Anna", 0, 3), (0.2, 0.2, 0.6, sharper(0.8))),
    ],
)
def test_labels_count_for_more_than_the_teacher(
    corpus: recipes.Corpus, token: Token, expected: tuple[float, ...]
) -> None:
    assert labelled(corpus, token, [0.2, 0.2, 0.6], [0.8, 0.1], ["names"]) == pytest.approx(expected)


def test_a_common_noun_is_part_of_a_name_only_where_the_teacher_is_sure() -> None:
    speech = [0.1, 0.8, 0.1]
    assert labelled(NOTES, Token("bay", 1, 1), speech, [0.5, 0], ["names"])[3] == 0
    assert labelled(NOTES, Token("bay", 1, 1), speech, [1, 0], ["names"])[3] == 1


def test_the_manners_that_are_asked_count_alike() -> None:
    found = labelled(PLAIN, Token("Anna", 0, 3), [0, 0, 1], [0.9, 0.5], ["names", "others"])
    assert found[3] == pytest.approx(sharper(0.7))


def test_labels_are_taken_apart() -> None:
    tokens = [Token("a", 0, 0), Token("b", 1, 1), Token("c", 2, 2), Token("d", 2, 3), Token("e", 3, 3)]
    tokens += [Token("f", 0, 2), Token("g", 0, 3)]
    known = teacher.known([Source(NOTES, [[tokens]]), Source(NAMES, [[tokens]])])
    assert known.speech.tolist() == [0, 1, 2, 2, -1, -1, -1] * 2  # a word in a name may be any
    assert known.entity.tolist() == [-1] * 7 + [0, 0, 0, -1, 1, 0, -1]
    assert known.manner.tolist() == [-1] * 7 + [0] * 7
