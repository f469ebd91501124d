"""A training on a person's labels keeps what the heads of a model say, and teaches them that person's entities."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from msgspec import structs
from tests.export import checkpoints

from escore import Scorer
from escore.bundle.manifest import read_manifest
from escore_export.checkpoint.checkpoint import read_checkpoint
from escore_export.export import Options, export_checkpoint
from escore_labels.adjudicate import to_labeled_text
from escore_labels.record import Record, Span
from escore_training.fit import FitSettings
from escore_training.personal.batches import loss_of
from escore_training.personal.encode import encode, predict_all
from escore_training.personal.examples import Example, make_examples
from escore_training.personal.settings import PersonalSettings
from escore_training.personal.start import StartModel, open_start
from escore_training.personal.train import train_personal

TEXT = "The Oslo Harbor crew met Anna Berg and left."
SPANS = (
    Span(start=4, end=15, label="entity", kind="place", by="ann"),
    Span(start=25, end=34, label="entity", by="ann"),
)
SETTINGS = PersonalSettings(
    steps=60,
    batch_tokens=256,
    general_texts=60,
    fit=FitSettings(2e-3, 2.0, 0.01, "cosine", 0.1, save_steps=20),
    dropout=0.0,
    head_loss_weight=0.5,
    averaging_weights=(1.0,),
)


@pytest.fixture(scope="module")
def checkpoint(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return checkpoints.trained(tmp_path_factory.mktemp("heads") / "start", checkpoints.HEADS)


@pytest.fixture(scope="module")
def start(checkpoint: Path) -> StartModel:
    return open_start(checkpoint, 0.0)


def example_of(start: StartModel, record: Record) -> tuple[Example, list[int]]:
    """The only window of a short text, and the first token of each of its words."""
    text = to_labeled_text(record)
    encoding = encode(start.tokenizer, record.text, start.max_tokens)
    (example,), _ = make_examples([text], [encoding], predict_all(start.model, [encoding]))
    return example, (np.cumsum(encoding.counts) - encoding.counts).tolist()


def test_a_reviewed_text_says_of_each_word_whether_it_goes_on(start: StartModel) -> None:
    example, firsts = example_of(start, Record(text=TEXT, reviewed=True, spans=SPANS))
    own, _ = example_of(start, Record(text=TEXT))
    assert example.heads is not None
    assert own.heads is not None
    # The Oslo Harbor crew met Anna Berg and left .
    assert example.heads.joins[firsts].tolist() == [0, 0, 1, 0, 0, 0, 1, 0, 0, 0]
    others = sorted(set(range(len(example.ids))) - set(firsts))
    assert torch.equal(example.heads.joins[others], own.heads.joins[others])
    oslo, anna = firsts[1], firsts[5]
    assert example.heads.kinds[oslo].tolist() == [0, 0, 1, 0]
    assert torch.equal(example.heads.kinds[anna], own.heads.kinds[anna])  # nobody said what she is


def test_open_words_keep_what_the_model_says(start: StartModel) -> None:
    example, firsts = example_of(start, Record(text=TEXT, spans=SPANS[:1]))
    own, _ = example_of(start, Record(text=TEXT))
    assert example.heads is not None
    assert own.heads is not None
    assert example.heads.joins[firsts[1:3]].tolist() == [0, 1]
    rest = [firsts[0], *firsts[3:]]
    assert torch.equal(example.heads.joins[rest], own.heads.joins[rest])


def test_the_loss_counts_heads_by_their_weight(start: StartModel) -> None:
    example, _ = example_of(start, Record(text=TEXT, reviewed=True, spans=SPANS))
    with torch.no_grad():
        without, with_heads = (loss_of(start.model, [example], 0.3, weight).item() for weight in (0.0, 1.0))
        plain = loss_of(start.model, [replace(example, heads=None)], 0.3, 1.0).item()
    assert plain == without < with_heads


def test_training_teaches_heads_and_keeps_them_elsewhere(checkpoint: Path, tmp_path: Path) -> None:
    spans = tuple(structs.replace(span, kind="place") for span in SPANS)
    records = [Record(text=TEXT.replace("left", f"left {n}"), reviewed=True, spans=spans) for n in range(12)]
    report = train_personal(records, checkpoint, tmp_path / "mine", "mine", settings=SETTINGS)
    assert report.train_texts > 4
    assert tuple(read_checkpoint(tmp_path / "mine").model.config.id2label.values()) == checkpoints.HEADS
    for name, folder in (("before", checkpoint), ("after", tmp_path / "mine")):
        export_checkpoint(folder, tmp_path / name, Options("fp32"))
    before, after = Scorer(tmp_path / "before"), Scorer(tmp_path / "after")
    own, learned = before(TEXT), after(TEXT)
    assert own.joins is not None
    assert learned.joins is not None
    assert learned.kinds is not None
    right = np.array([0, 0, 1, 0, 0, 0, 1, 0, 0, 0])
    assert np.abs(learned.joins - right).mean() < 0.6 * np.abs(own.joins - right).mean()
    assert set(learned.kinds[[1, 2, 5, 6]].argmax(1).tolist()) == {2}
    assert set(read_manifest(tmp_path / "after").heads) == {"joins", "kinds"}
    other = checkpoints.TEXTS[0][:400]
    expected, joins = before(other).joins, after(other).joins
    assert expected is not None
    assert joins is not None
    assert np.abs(joins - expected).mean() < 0.6 * np.abs(joins.mean() - expected).mean()


def test_a_bundle_with_heads_may_be_the_start(checkpoint: Path, tmp_path: Path) -> None:
    export_checkpoint(checkpoint, tmp_path / "bundle")
    model = open_start(tmp_path / "bundle", 0.0).model
    assert tuple(model.config.id2label.values()) == checkpoints.HEADS
