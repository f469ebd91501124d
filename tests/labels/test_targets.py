"""What a word should score, by its label and by what a model says."""

import numpy as np
import pytest

from escore_labels.targets import CLASS_SCORES, Floats, beyond_edges, class_of, token_targets, word_targets
from escore_labels.texts import LabeledText
from escore_labels.tokens import COMMON, ENTITY, NONE, PROPER, Token

BEYOND = np.array([0.9, 0.6, 0.55])  # what a model says: probably an entity, else rather a noun


def word_target(label: Token, predicted: float, beyond: Floats) -> tuple[float, Floats] | None:
    """What one word should come to; None where its label leaves it to the model."""
    score, probabilities = word_targets([label], np.array([predicted]), beyond[None])
    return None if np.isnan(score[0]) else (float(score[0]), probabilities[0])


@pytest.mark.parametrize("label", [NONE, COMMON, PROPER, ENTITY])
def test_a_class_is_the_target_whatever_the_model_says(label: int) -> None:
    target = word_target(Token("a", label, label), 1.2, BEYOND)
    assert target is not None
    assert target[0] == CLASS_SCORES[label]
    assert class_of(target[0]) == label
    assert target[1].tolist() == [label > 0, label > 1, label > 2]


def test_a_number_is_the_target() -> None:
    target = word_target(Token("a", NONE, ENTITY, target=150.0), 2.9, BEYOND)
    assert target is not None
    assert target[0] == 1.5
    assert target[1] == pytest.approx([0.9980, 0.5, 0.0079], abs=1e-2)
    extreme = word_target(Token("a", NONE, ENTITY, target=300.0), 2.9, BEYOND)
    assert extreme is not None
    assert extreme[0] == 2.97


def test_a_word_in_no_entity_keeps_the_models_odds_of_the_other_classes() -> None:
    target = word_target(Token("a", NONE, PROPER), 2.9, BEYOND)
    assert target is not None
    odds = np.array([0.1, 0.3, 0.05]) / 0.45
    assert target[0] == pytest.approx(odds @ CLASS_SCORES[:3])
    assert target[1] == pytest.approx([odds[1] + odds[2], odds[2], 0])


@pytest.mark.parametrize(("high", "predicted"), [(PROPER, 1.9), (ENTITY, 2.9), (ENTITY, 0.1)])
def test_a_word_whose_label_the_model_agrees_with_is_left_to_it(high: int, predicted: float) -> None:
    assert word_target(Token("a", NONE, high), predicted, BEYOND) is None


def test_the_edges_are_where_the_classes_change() -> None:
    assert [class_of(score) for score in (0.0, 0.49, 0.5, 1.5, 2.49, 2.5, 3.0)] == [0, 0, 1, 2, 2, 3, 3]
    assert np.diagonal(beyond_edges(np.array([0.5, 1.5, 2.5]))) == pytest.approx([0.5] * 3)


def test_every_token_of_a_word_gets_what_its_label_asks() -> None:
    """The model cuts " Oslo-based" of "§ Oslo-based ship" in two, and joins what the labels have as two words."""
    text = LabeledText(
        "§ Oslo-based ship now",
        [Token("Oslo", ENTITY, ENTITY), Token("-based", NONE, NONE), Token("ship", COMMON, COMMON),
         Token("now", NONE, PROPER)],
        [(2, 6), (6, 12), (13, 17), (18, 21)],
    )  # fmt: skip
    starts, counts = np.array([0, 2, 13, 18], np.int32), np.array([1, 3, 1, 2], np.int32)
    targets = token_targets(text, starts, counts, np.array([0.1, 2.9, 1.0, 0.9, 1.0, 2.9, 2.8], np.float32))
    assert targets.words.tolist() == [-1, 0, 0, 0, 2, 3, 3]
    assert np.isnan(targets.score[0])
    assert targets.score[1:5].tolist() == [2.95, 2.95, 2.95, 1.0]
    assert targets.is_corrected.tolist() == [False, True, True, True, False, True, True]
    assert targets.corrections == 2
    assert targets.score[5] == targets.score[6] < 2
    assert targets.beyond[6, 2] == 0
    assert targets.beyond[5].tolist() == targets.beyond[6].tolist()


def test_a_text_without_words_asks_nothing() -> None:
    nothing = np.zeros(0, np.int32)
    targets = token_targets(LabeledText(" ", [], []), nothing, nothing, np.zeros(0, np.float32))
    assert (targets.corrections, len(targets.score)) == (0, 0)
    targets = token_targets(LabeledText("a", [], []), np.zeros(1, np.int32), np.ones(1, np.int32), np.ones(1))
    assert targets.words.tolist() == [-1]
