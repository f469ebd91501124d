"""What corpora say of a token and what the teacher predicts, combined."""

from dataclasses import replace

import msgspec
import numpy as np
import pytest

from escore_labels.tokens import Token
from escore_training.data.datasets import Source
from escore_training.labels.corpus_labels import split_labels
from escore_training.labels.predictions import Predictions
from escore_training.labels.pseudo_labels import label_sources
from escore_training.recipe import Corpus, load_recipe

NOTES, NAMES, PLAIN = load_recipe("smoke").corpora
SHARPNESS = 1.5
TEACHER_WEIGHT = 0.25


def labeled(
    corpus: Corpus, token: Token, part_of_speech: list[float], entity: list[float], schemes: list[str]
) -> tuple[float, ...]:
    """The probabilities of a token of that corpus, given the teacher's; `entity` is of the two annotation schemes."""
    others = msgspec.structs.replace(NAMES, annotation_scheme="others")
    sources = [Source(NAMES, []), Source(others, []), Source(corpus, [[[token]]])]
    predictions = Predictions(np.array([part_of_speech], np.float32), np.array([entity], np.float32), 0)
    (((result,),),) = label_sources(sources, predictions, schemes, SHARPNESS, TEACHER_WEIGHT)[2].documents
    assert result.probabilities is not None
    assert replace(result, probabilities=None) == token
    return result.probabilities


def sharper(p: float) -> float:
    return p**SHARPNESS / (p**SHARPNESS + (1 - p) ** SHARPNESS)


@pytest.mark.parametrize(
    ("corpus", "token", "expected"),
    [
        # A label has three quarters, the teacher one; where nothing is labeled, the teacher says it all.
        (NOTES, Token("ship", 1, 1), (0.05, 0.75 + 0.25 * 0.2, 0.25 * 0.6, 2 * sharper(0.8) - 1)),
        (NOTES, Token("Anna", 2, 3), (0.05, 0.05, 0.75 + 0.15, sharper(0.8))),
        (NAMES, Token("Anna", 3, 3), (0.2, 0.2, 0.6, 0.75 + 0.25 * 0.8)),
        (NAMES, Token("ship", 0, 2), (0.2, 0.2, 0.6, 0.25 * 0.8)),
        (PLAIN, Token("Anna", 0, 3), (0.2, 0.2, 0.6, sharper(0.8))),
    ],
)
def test_labels_count_for_more_than_the_teacher(corpus: Corpus, token: Token, expected: tuple[float, ...]) -> None:
    assert labeled(corpus, token, [0.2, 0.2, 0.6], [0.8, 0.1], ["names"]) == pytest.approx(expected)


def test_a_common_noun_is_part_of_an_entity_only_where_the_teacher_is_sure() -> None:
    part_of_speech = [0.1, 0.8, 0.1]
    assert labeled(NOTES, Token("bay", 1, 1), part_of_speech, [0.5, 0], ["names"])[3] == 0
    assert labeled(NOTES, Token("bay", 1, 1), part_of_speech, [1, 0], ["names"])[3] == 1


def test_the_annotation_schemes_that_are_asked_count_alike() -> None:
    probabilities = labeled(PLAIN, Token("Anna", 0, 3), [0, 0, 1], [0.9, 0.5], ["names", "others"])
    assert probabilities[3] == pytest.approx(sharper(0.7))


def test_labels_are_split_into_part_of_speech_and_entity() -> None:
    tokens = [Token("a", 0, 0), Token("b", 1, 1), Token("c", 2, 2), Token("d", 2, 3), Token("e", 3, 3)]
    tokens += [Token("f", 0, 2), Token("g", 0, 3)]
    labels = split_labels([Source(NOTES, [[tokens]]), Source(NAMES, [[tokens]])])
    assert labels.part_of_speech.tolist() == [0, 1, 2, 2, -1, -1, -1] * 2  # a word in an entity may be any
    assert labels.entity.tolist() == [-1] * 7 + [0, 0, 0, -1, 1, 0, -1]
    assert labels.scheme.tolist() == [-1] * 7 + [0] * 7
