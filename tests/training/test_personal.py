"""A model of one's own from a few labeled texts, on the model that ships; short trainings of few steps."""

import json
import os
import resource
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import torch
from benchmarks.domains import make_domain
from safetensors.torch import load_file

from escore.errors import OutputError
from escore_labels.record import Record, RecordError, write_records
from escore_training import fit as fit_module
from escore_training.fit import FitSettings
from escore_training.personal.report import PersonalReport, to_table
from escore_training.personal.settings import PersonalSettings
from escore_training.personal.start import open_start
from escore_training.personal.train import train_personal

SHORT = PersonalSettings(
    steps=12,
    batch_tokens=256,
    general_texts=60,
    fit=FitSettings(5e-4, 2.0, 0.01, "cosine", 0.1, save_steps=4),
    averaging_weights=(1.0,),
)

# A training that is killed at its second save, of three.
KILLED = """
import os, signal, sys
from pathlib import Path
from escore_labels.record import read_records
from escore_training.personal.train import train_personal
from tests.training.test_personal import SHORT

saves = []
def die(event, arguments):
    if event == "os.rename" and str(arguments[1]).endswith("model.pt"):
        saves.append(event)
        if len(saves) == 2:
            os.kill(os.getpid(), signal.SIGKILL)
sys.addaudithook(die)
train_personal(list(read_records(Path("labels.jsonl"))), sys.argv[1], Path("mine"), "mine", settings=SHORT)
"""


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
    records: list[Record], tiny_start: Path, tmp_path: Path
) -> None:
    write_records(tmp_path / "labels.jsonl", records)
    path = os.pathsep.join(filter(None, [os.getcwd(), os.environ.get("PYTHONPATH")]))
    killed = subprocess.run(
        [sys.executable, "-c", KILLED, tiny_start],
        cwd=tmp_path, env=os.environ | {"PYTHONPATH": path}, capture_output=True, check=False, timeout=240,
    )  # fmt: skip
    assert killed.returncode == -signal.SIGKILL, killed.stderr
    assert (tmp_path / "mine.partial" / "model.pt").exists()
    assert not (tmp_path / "mine").exists()
    for name in ("mine", "again"):
        train_personal(records, tiny_start, tmp_path / name, "mine", settings=SHORT)
    for file in ("config.json", "model.safetensors", "tokenizer.json"):
        assert (tmp_path / "mine" / file).read_bytes() == (tmp_path / "again" / file).read_bytes()


def test_a_full_disk_is_said_and_costs_nothing(records: list[Record], tiny_start: Path, tmp_path: Path) -> None:
    message = r"mine\.partial.*: File too large; what is done so far is kept"
    with file_size_limit(1 << 17), pytest.raises(OutputError, match=message):
        train_personal(records, tiny_start, tmp_path / "mine", "mine", settings=SHORT)
    assert sorted(path.name for path in (tmp_path / "mine.partial").iterdir()) == ["checkpoint", "recipe.json"]
    train_personal(records, tiny_start, tmp_path / "mine", "mine", settings=SHORT)
    assert not (tmp_path / "mine.partial").exists()


@contextmanager
def file_size_limit(size: int) -> Iterator[None]:
    """No file grows beyond `size` bytes, as on a full disk."""
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    handler = signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, before[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)
        signal.signal(signal.SIGXFSZ, handler)


def test_what_is_done_is_not_done_again(
    records: list[Record], trained: tuple[Path, PersonalReport], capsys: pytest.CaptureFixture[str]
) -> None:
    files = {path.name: path.stat().st_mtime_ns for path in trained[0].iterdir()}
    assert train_personal(records, "default", trained[0], "mine", settings=SHORT) == trained[1]
    assert "nothing is trained again" in capsys.readouterr().err
    assert files == {path.name: path.stat().st_mtime_ns for path in trained[0].iterdir()}


def test_the_model_to_start_from_is_not_overwritten(
    records: list[Record], trained: tuple[Path, PersonalReport]
) -> None:
    with pytest.raises(OutputError, match="is also the model to start from; give a new folder"):
        train_personal(records, trained[0], trained[0], "mine", settings=SHORT)


def test_weights_are_those_with_the_largest_share_within_the_bounds(
    records: list[Record], tiny_start: Path, tmp_path: Path
) -> None:
    shares = (1.0, 0.5, 0.25)
    for bound, share in ((1.0, 1.0), (-1.0, 0.25)):  # nothing loses less than -1, so the last one is taken
        settings = replace(SHORT, averaging_weights=shares, max_class_loss=bound, max_ap_loss=bound)
        report = train_personal(records, tiny_start, tmp_path / f"{share}", "mine", settings=settings)
        assert report.averaging_weight == share


def test_enough_texts_tell_when_to_stop(
    records: list[Record], tiny_start: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    losses: list[float] = []
    better = fit_module._better

    def note(best: dict[str, Any] | None, loss: float, step: int, network: torch.nn.Module) -> dict[str, Any]:
        losses.append(loss)
        return better(best, loss, step, network)

    monkeypatch.setattr(fit_module, "_better", note)
    train_personal(records, tiny_start, tmp_path / "mine", "mine", settings=replace(SHORT, min_validation_texts=40))
    assert len(losses) == SHORT.steps / SHORT.fit.save_steps
    assert losses[-1] < losses[0]


def test_another_training_is_not_continued(records: list[Record], tmp_path: Path) -> None:
    work = tmp_path / "mine.partial"
    work.mkdir()
    (work / "recipe.json").write_text("{}")
    with pytest.raises(OutputError, match=r"was started with another recipe, other texts.*; remove it to start anew"):
        train_personal(records, "default", tmp_path / "mine", "mine", settings=SHORT)


@pytest.mark.parametrize("texts", [[], [Record(text="Anna lives in Paris.")]])
def test_records_that_say_nothing_are_refused(texts: list[Record], tmp_path: Path) -> None:
    with pytest.raises(
        RecordError, match=r"none of the .* texts to train on has a label or is reviewed; . are held out"
    ):
        train_personal(texts, "default", tmp_path / "mine", "mine", settings=SHORT)
    assert list(tmp_path.iterdir()) == []


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
