"""What the student learns is the score that the labels ask for."""

import msgspec
import pytest
import torch
from torch import Tensor

from escore_training.data.boundaries import UNKNOWN
from escore_training.model.student import heads_loss, outputs, score_loss
from escore_training.recipe import Training, load_recipe

SETTINGS = load_recipe("default").training
NONE, COMMON, PROPER, ENTITY = (1.0, 0, 0, 0), (0, 1.0, 0, 0), (0, 0, 1.0, 0), (0, 0, 1.0, 1.0)


def learned(classes: list[tuple[float, ...]], settings: Training = SETTINGS) -> Tensor:
    """The scores (0..300) that cost least for tokens with these classes."""
    wanted = torch.tensor([[(0.0,) * 4, *classes]])  # <s> first
    logits = torch.zeros(wanted.shape[:2], requires_grad=True)
    class_logits = torch.zeros(wanted.shape, requires_grad=True)
    optimizer = torch.optim.Adam([logits, class_logits], 0.05)
    for _ in range(300):
        optimizer.zero_grad()
        score_loss(logits, class_logits, wanted, torch.ones(wanted.shape[:2], dtype=torch.int64), settings).backward()
        optimizer.step()
    return 300 * torch.sigmoid(logits[0, 1:].detach())


def test_each_class_has_its_place_on_the_scale() -> None:
    none, common, proper, entity = learned([NONE, COMMON, PROPER, ENTITY]).tolist()
    assert none < 15
    assert common == pytest.approx(100, abs=10)
    assert proper == pytest.approx(185, abs=15)
    assert entity > 280


def test_edges_pull_where_the_squared_error_has_become_flat() -> None:
    def pull(weight: float) -> float:
        logits = torch.tensor([[0.0, -6.0]], requires_grad=True)  # an entity that scores less than 1
        classes, class_logits = torch.tensor([[(0.0,) * 4, ENTITY]]), torch.zeros(1, 2, 4)
        mask = torch.ones(1, 2, dtype=torch.int64)
        score_loss(
            logits, class_logits, classes, mask, msgspec.structs.replace(SETTINGS, ordinal_loss_weight=weight)
        ).backward()
        assert logits.grad is not None
        return -float(logits.grad[0, 1])

    assert 0 < pull(0.0) < 0.1
    assert pull(0.3) > 10 * pull(0.0)


def test_padding_and_words_without_labels_cost_nothing() -> None:
    classes = torch.tensor([[(0.0,) * 4, ENTITY, (0.0,) * 4, NONE]])
    mask = torch.tensor([[1, 1, 1, 0]])
    class_logits = torch.zeros(classes.shape)
    costs = {
        float(score_loss(torch.tensor([[first, 2.0, third, last]]), class_logits, classes, mask, SETTINGS))
        for first, third, last in [(0.0, 0.0, 0.0), (5.0, -5.0, 7.0)]
    }
    assert len(costs) == 1


def test_the_other_outputs_learn_where_labels_say_something() -> None:
    joins = torch.tensor([[UNKNOWN, 0, 1, UNKNOWN]])
    kinds = torch.tensor([[UNKNOWN, 2, 2, UNKNOWN]])
    logits = torch.zeros(1, 4, 6, requires_grad=True)
    heads_loss(logits, joins, kinds, SETTINGS).backward()
    assert logits.grad is not None
    assert not logits.grad[0, [0, 3]].any()  # nothing is known of these
    assert not logits.grad[..., 0].any()  # the score is learned elsewhere
    assert logits.grad[0, 1, 1] > 0 > logits.grad[0, 2, 1]
    assert (logits.grad[0, 1:3, 2:] < 0).nonzero()[:, 1].tolist() == [2, 2]
    nothing = torch.full((1, 4), UNKNOWN)
    assert float(heads_loss(logits, nothing, nothing, SETTINGS)) == 0


def test_a_model_has_the_outputs_that_it_learns() -> None:
    without_kinds = msgspec.structs.replace(SETTINGS, kinds_loss_weight=0)
    without = msgspec.structs.replace(without_kinds, joins_loss_weight=0)
    assert outputs(SETTINGS) == ("score", "join", "person", "organization", "place", "other")
    assert outputs(without_kinds) == ("score", "join")
    assert outputs(without) == ("score",)
