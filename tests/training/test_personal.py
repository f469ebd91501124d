"""A model of one's own from a few labeled texts, on the model that ships; short trainings of few steps."""

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest
import torch
from benchmarks.domains import make_domain
from safetensors.torch import load_file

from escore.errors import OutputError
from escore_labels.adjudicate import to_labeled_text
from escore_labels.record import Record, RecordError, Span, write_records
from escore_training.fit import FitSettings
from escore_training.personal.examples import make_examples, mixed_batches
from escore_training.personal.report import to_table
from escore_training.personal.start import open_start
from escore_training.personal.train import PersonalReport, PersonalSettings, train_personal

SHORT = PersonalSettings(
    steps=12,
    batch_tokens=256,
    general_texts=60,
    fit=FitSettings(5e-4, 2.0, 0.01, "cosine", 0.1, save_steps=4),
    averaging_weights=(1.0,),
)


@pytest.fixture(scope="module")
def records() -> list[Record]:
    return make_domain("stock", 60, 0, seed=3)[0]


@pytest.fixture(scope="module")
def trained(records: list[Record], tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, PersonalReport]:
    output = tmp_path_factory.mktemp("personal") / "mine"
    return output, train_personal(records, "default", output, "mine", settings=SHORT)


def test_a_few_texts_make_a_better_model(trained: tuple[Path, PersonalReport]) -> None:
    output, report = trained
    assert {path.name for path in output.iterdir()} == {
        "config.json", "model.safetensors", "tokenizer.json", "training.json",
    }  # fmt: skip
    assert not output.with_name("mine.partial").exists()
    assert report.own_before is not None
    assert report.own_after is not None
    assert report.own_before.ap is not None
    assert report.own_after.ap is not None
    assert report.own_after.ap > report.own_before.ap + 0.1
    assert report.train_texts + report.held_out_texts == 60
    notes = json.loads((output / "training.json").read_text())
    assert notes["report"]["corrections"] == report.corrections > 20
    assert "entity AP" in to_table(report)


def test_the_same_again_gives_the_same_bytes_also_after_a_kill(
    records: list[Record], trained: tuple[Path, PersonalReport], tmp_path: Path
) -> None:
    write_records(tmp_path / "labels.jsonl", records)
    program = (
        "import sys; from pathlib import Path; from escore_labels.record import read_records;"
        "from tests.training.test_personal import SHORT; from escore_training.personal.train import train_personal;"
        "train_personal(list(read_records(Path('labels.jsonl'))), 'default', Path('mine'), 'mine', settings=SHORT)"
    )
    environment = os.environ | {
        "PYTHONPATH": os.pathsep.join(filter(None, [os.getcwd(), os.environ.get("PYTHONPATH")]))
    }
    with subprocess.Popen([sys.executable, "-c", program], cwd=tmp_path, env=environment) as process:
        while not (tmp_path / "mine.partial" / "model.pt").exists() and process.poll() is None:
            time.sleep(0.05)
        process.send_signal(signal.SIGKILL)
    assert not (tmp_path / "mine").exists()
    train_personal(records, "default", tmp_path / "mine", "mine", settings=SHORT)
    names = ("config.json", "model.safetensors", "tokenizer.json")
    assert [(tmp_path / "mine" / name).read_bytes() for name in names] == [
        (trained[0] / name).read_bytes() for name in names
    ]


def test_another_training_is_not_continued(records: list[Record], tmp_path: Path) -> None:
    work = tmp_path / "mine.partial"
    work.mkdir()
    (work / "recipe.json").write_text("{}")
    with pytest.raises(OutputError, match=r"was started with another recipe, other texts.*; remove it to start anew"):
        train_personal(records, "default", tmp_path / "mine", "mine", settings=SHORT)


@pytest.mark.parametrize("texts", [[], [Record(text="Anna lives in Paris.")]])
def test_records_that_say_nothing_are_refused(texts: list[Record], tmp_path: Path) -> None:
    with pytest.raises(RecordError, match=r"none of the .* texts to train on has a label or is reviewed"):
        train_personal(texts, "default", tmp_path / "mine", "mine", settings=SHORT)
    assert list(tmp_path.iterdir()) == []


def test_a_persons_word_is_the_target_and_the_rest_is_the_models_own() -> None:
    start = open_start("default", 0.0)
    text = "Anna sells gauze swabs in Paris."
    spans = (Span(start=11, end=22, label="entity", by="ann"), Span(start=26, end=31, target=120, by="ann"))
    labeled, bare = (to_labeled_text(Record(text=text, spans=spans_)) for spans_ in (spans, ()))
    (example,), (own,) = (make_examples([t], start.model, start.tokenizer, 256) for t in (labeled, bare))
    _, counts, starts, _ = start.tokenizer.encode(text)
    for i, begin in enumerate(np.repeat(starts, counts).tolist()):
        if 11 <= begin < 22:
            assert float(example.score[i]) == pytest.approx(2.95)
            assert example.beyond[i].tolist() == [1, 1, 1]
        elif 26 <= begin < 31:
            assert float(example.score[i]) == pytest.approx(1.2)
        else:
            assert float(example.score[i]) == float(own.score[i])
    assert example.corrections == 3


def test_batches_are_the_same_for_a_seed_and_hold_both_kinds() -> None:
    start = open_start("default", 0.0)
    texts = [to_labeled_text(Record(text=f"word number {i}")) for i in range(20)]
    own = make_examples(texts[:10], start.model, start.tokenizer, 256)
    general = make_examples(texts[10:], start.model, start.tokenizer, 256)
    first, again = (mixed_batches(own, general, 40, 0.5, seed=1) for _ in range(2))
    for _ in range(5):
        batch, same = next(first), next(again)
        assert [id(example) for example in batch] == [id(example) for example in same]
        assert any(example in own for example in batch)
        assert any(example in general for example in batch)


def test_a_checkpoint_may_be_the_start_and_a_folder_of_something_else_may_not(
    trained: tuple[Path, PersonalReport], tmp_path: Path
) -> None:
    start = open_start(trained[0], 0.1)
    assert start.name == "mine 1"
    weights = load_file(trained[0] / "model.safetensors")
    assert torch.equal(start.model.classifier.bias, weights["classifier.bias"].float())
    with pytest.raises(Exception, match=r"config\.json") as error:
        open_start(tmp_path, 0.1)
    assert "\n" not in str(error.value)
