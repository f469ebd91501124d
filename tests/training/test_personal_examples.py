"""What a model of one's own learns from: targets of tokens, batches, the loss, and when it stops."""

import copy
from dataclasses import replace
from itertools import repeat
from pathlib import Path

import numpy as np
import pytest
import torch

from escore_labels.adjudicate import to_labeled_text
from escore_labels.record import Record, Span
from escore_training.fit import FitSettings, fit
from escore_training.personal.batches import loss_of, mixed_batches
from escore_training.personal.encode import encode, predict
from escore_training.personal.examples import UNLABELED, Example, make_examples
from escore_training.personal.start import StartModel, open_start


@pytest.fixture(scope="module")
def start() -> StartModel:
    return open_start("default", 0.0)


def examples_of(start: StartModel, *records: Record) -> tuple[list[Example], int]:
    texts = [to_labeled_text(record) for record in records]
    encodings = [encode(start.tokenizer, text.text, start.max_tokens) for text in texts]
    return make_examples(texts, encodings, predict(start.model, encodings))


def test_a_persons_word_is_the_target_and_the_rest_is_the_models_own(start: StartModel) -> None:
    text = "Anna sells gauze swabs in Paris."
    spans = (Span(start=11, end=22, label="entity", by="ann"), Span(start=26, end=31, target=120, by="ann"))
    (example,), corrections = examples_of(start, Record(text=text, spans=spans))
    (own,), none = examples_of(start, Record(text=text))
    _, counts, starts, _ = start.tokenizer.encode(text)
    for i, begin in enumerate(np.repeat(starts, counts).tolist()):
        if 11 <= begin < 22:
            assert float(example.score[i]) == pytest.approx(2.95)
            assert example.beyond[i].tolist() == [1, 1, 1]
            assert example.classes[i] == 3
        elif 26 <= begin < 31:
            assert float(example.score[i]) == pytest.approx(1.2)
            assert example.classes[i] == UNLABELED
        else:
            assert float(example.score[i]) == float(own.score[i])
    assert (corrections, none) == (3, 0)


def test_a_long_text_is_learned_to_its_end(start: StartModel) -> None:
    filler = "The ship left in the rain. " * 100
    text = filler + "Nobody signed for gauze."
    span = Span(start=len(text) - 6, end=len(text) - 1, label="entity", by="ann")
    examples, corrections = examples_of(start, Record(text=text, spans=(span,)))
    assert len(examples) > 2
    assert corrections == 1
    _, counts, _, _ = start.tokenizer.encode(text)
    assert sum(len(example.score) for example in examples) == counts.sum()
    assert all(len(example.ids) <= start.max_tokens - 2 for example in examples)
    assert float(examples[-1].score[-2]) == pytest.approx(2.95)


def test_texts_that_share_a_row_do_not_see_each_other(start: StartModel) -> None:
    records = [Record(text="Anna lives in Paris. " * n) for n in (1, 3, 60, 2)]
    examples, _ = examples_of(start, *records)
    drawn = [replace(example, score=torch.full_like(example.score, 0.5)) for example in examples]
    start.model.train(False)
    with torch.no_grad():
        together = loss_of(start.model, drawn, 0.3).item()
        alone = [(loss_of(start.model, [example], 0.3).item(), len(example.score)) for example in drawn]
    mean = sum(loss * tokens for loss, tokens in alone) / sum(tokens for _, tokens in alone)
    assert together == pytest.approx(mean, rel=1e-5)


def test_batches_are_the_same_for_a_seed_and_hold_both_kinds(start: StartModel) -> None:
    records = [Record(text=f"word number {i}") for i in range(20)]
    own, general = (examples_of(start, *part)[0] for part in (records[:10], records[10:]))
    first, again = (mixed_batches(own, general, 40, 0.5, seed=1) for _ in range(2))
    for _ in range(5):
        batch, same = next(first), next(again)
        assert [id(example) for example in batch] == [id(example) for example in same]
        assert any(example in own for example in batch)
        assert any(example in general for example in batch)


def test_scores_are_drawn_anew_around_what_a_person_said(start: StartModel) -> None:
    text = "gauze and saline"
    spans = (Span(start=0, end=5, label="entity", by="ann"), Span(start=10, end=16, label="noun", by="ann"))
    own, _ = examples_of(start, Record(text=text, spans=spans))
    batches = mixed_batches(own, own, 1000, 0.5, seed=1, draw_scores=True)
    examples = [example for _ in range(10) for example in next(batches)]
    for label, mean, deviation in ((3, 2.8, 0.15), (1, 1.0, 0.2)):
        scores = torch.cat([example.score[example.classes == label] for example in examples])
        assert float(scores.mean()) == pytest.approx(mean, abs=0.03)
        assert float(scores.std()) == pytest.approx(deviation, abs=0.03)
    kept = torch.cat([example.score[example.classes == UNLABELED] for example in examples])
    assert set(kept.tolist()) == set(own[0].score[own[0].classes == UNLABELED].tolist())
    again = next(mixed_batches(own, own, 1000, 0.5, seed=1, draw_scores=True))
    assert torch.equal(again[0].score, examples[0].score)


def test_a_training_stops_where_other_texts_get_no_better(start: StartModel, tmp_path: Path) -> None:
    model = copy.deepcopy(start.model)
    examples, _ = examples_of(start, *(Record(text=f"Anna met {name}.") for name in ("Ben", "Cleo", "Dan")))
    losses = [0.5, 0.4, 0.6, 0.5, 0.45, 0.1]
    weights: list[torch.Tensor] = []

    def validation_loss() -> float:
        weights.append(model.classifier.weight.clone())
        return losses[len(weights) - 1]

    def run(state: Path, total: int) -> None:
        fit(
            "training",
            model,
            model.classifier.parameters(),
            repeat(examples),
            lambda batch: loss_of(model, batch, 0.3),
            total=total,
            settings=FitSettings(1e-3, 1.0, 0.0, "constant", 0.0, save_steps=2),
            state=state,
            validation_loss=validation_loss,
        )

    run(tmp_path / "model.pt", 20)
    assert len(weights) == 5
    assert torch.equal(model.classifier.weight, weights[1])
    run(tmp_path / "model.pt", 20)  # as after a kill just before the end
    assert len(weights) == 5
    assert torch.equal(model.classifier.weight, weights[1])
