"""A training that goes on from a checkpoint: what it begins with, what it keeps, and what it refuses."""

import json
import math
import re
import shutil
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import torch
from safetensors.numpy import load_file
from tests.conftest import ROOT, Run
from tests.training.corpora import SMOKE, TINY, recipe
from tests.training.kills import kill_when

from escore import EscoreError
from escore_export.checkpoint import training_notes as notes
from escore_export.errors import CheckpointError
from escore_labels.tokens import Token
from escore_training import recipe as recipes
from escore_training import train as trainer
from escore_training.data.datasets import Source
from escore_training.model import finetune as further
from escore_training.recipe import Further, RecipeError

PROGRAM = [sys.executable, "-m", "escore_cli"]
ORIGIN = re.compile(r"\[vocabulary\].*(?=\[model\])", re.DOTALL)


def going_on(share: float = 0.5, extra: str = "", **top: object) -> str:
    """The tiny recipe as one that goes on from a checkpoint."""
    text = recipe({name: TINY[name] for name in ("model", "training")}, **top)
    text = re.sub(r"teacher_repeat = .*", "teacher_repeat = 0", text)
    return ORIGIN.sub(f"[further]\ntrust = 0.25\nshare = {share}\n{extra}\n", text)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a tiny checkpoint, `first`, recipes that go on from it, and what one of them came to, `on`."""
    folder = tmp_path_factory.mktemp("further")
    (folder / "tiny.toml").write_text(
        recipe({**TINY, "training": {**TINY["training"], "steepness": 1.5, "shift": 0.2}})
    )
    (folder / "on.toml").write_text(going_on())
    (folder / "new.toml").write_text(going_on(share=1))
    train(folder, "tiny.toml", "first")
    train(folder, "on.toml", "on", "first")
    return folder


def train(folder: Path, name: str, output: str, start: str | None = None) -> None:
    """Train in this process, which has torch loaded already."""
    try:
        trainer.train(recipes.load(folder / name), SMOKE, folder / output, None if start is None else folder / start)
    finally:
        torch.use_deterministic_algorithms(False)


def weights(folder: Path) -> dict[str, np.ndarray]:
    return {name: value.astype(np.float64) for name, value in load_file(folder / "model.safetensors").items()}


def test_what_is_written_is_the_mean_of_before_and_after(folder: Path) -> None:
    train(folder, "new.toml", "new", "first")
    first, on, new = (weights(folder / name) for name in ("first", "on", "new"))
    for name in ("roberta.encoder.layer.0.output.dense.weight", "roberta.embeddings.word_embeddings.weight"):
        assert np.abs(new[name] - first[name]).max() > 2e-3
        np.testing.assert_allclose(on[name], (first[name] + new[name]) / 2, atol=5e-4)
    assert (folder / "on" / "tokenizer.json").read_bytes() == (folder / "first" / "tokenizer.json").read_bytes()


def test_it_begins_on_the_scale_of_training(folder: Path) -> None:
    """The first one's scale, its logits times 1.5 and .2 higher, is taken off."""
    first = weights(folder / "first")
    begun = further.read(folder / "first", recipes.load(folder / "on.toml")).model.state_dict()
    np.testing.assert_allclose(1.5 * begun["classifier.weight"].numpy(), first["classifier.weight"], rtol=1e-5)
    np.testing.assert_allclose(1.5 * begun["classifier.bias"].numpy() + 0.2, first["classifier.bias"], rtol=1e-5)


def test_what_the_first_was_made_from_is_told_of_the_second(folder: Path) -> None:
    renamed = (
        going_on(name="escore-mine")
        .replace("Notes, made up for escore", "Mine")
        .replace('"CC0-1.0"\nrepeat', '"CC BY 4.0"\nrepeat', 1)
    )
    (folder / "mine.toml").write_text(renamed)
    train(folder, "mine.toml", "mine", "first")
    told = notes.read(folder / "mine")
    names = [(source.name, source.license) for source in told.trained_on]
    assert ("Mine", "CC BY 4.0") in names
    assert ("Notes, made up for escore", "CC0-1.0") in names
    assert len(names) == len(set(names))
    assert ("escore-smoke 1, its weights", "CC0-1.0") in names
    train(folder, "on.toml", "twice", "mine")
    again = [(source.name, source.license) for source in notes.read(folder / "twice").trained_on]
    assert set(again) == {*names, ("escore-mine 1, its weights", "CC0-1.0")}


def test_a_killed_one_goes_on_to_the_same_weights(folder: Path) -> None:
    command = [*PROGRAM, "train", "on.toml", "--corpora", str(SMOKE), "-o", "killed", "--from", "first"]
    state = folder / "killed.partial" / "student.pt"
    kill_when(state, command, folder)
    assert (folder / "killed.partial" / "opinion.npz").exists()
    shutil.copytree(folder / "killed.partial", folder / "other.partial")
    train(folder, "on.toml", "killed", "first")
    for name in ("model.safetensors", "tokenizer.json"):
        assert (folder / "killed" / name).read_bytes() == (folder / "on" / name).read_bytes()
    done = subprocess.run(
        [*PROGRAM, "train", "on.toml", "--corpora", str(SMOKE), "-o", "other", "--from", "on"],
        cwd=folder, check=False, capture_output=True, text=True, timeout=600,
    )  # fmt: skip
    assert done.returncode == 1
    assert "other.partial: was begun with another recipe, other corpora or another checkpoint" in done.stderr


def test_its_opinion_is_what_its_scores_say(folder: Path, tmp_path: Path) -> None:
    loaded = recipes.load(folder / "on.toml")
    begun = further.read(folder / "first", loaded)
    words = ["Anna", "Berg", "didn't", "see", "Rotterdam", "."]
    documents = [[[Token(word, 0, 3) for word in words]], [[Token("Oslo", 0, 3)] * 40]]
    opinion = further.opinion(begun, loaded, [Source(loaded.corpora[0], documents)], tmp_path)
    assert opinion.speech.shape == (len(words) + 40, 3)
    assert opinion.entity.shape == (len(words) + 40, 1)
    encoding = begun.tokenizer.encode(" ".join(words))
    with torch.inference_mode():
        found = further.classes(begun.model(torch.tensor([encoding.ids])).logits[0, :, 0]).numpy()
    ends = np.cumsum([len(word) + 1 for word in words])
    owner = np.searchsorted(ends, [begin for begin, _ in encoding.offsets], side="right")
    inside = np.array([word is not None for word in encoding.word_ids])
    for i in range(len(words)):
        expected = found[inside & (owner == i)].mean(0)
        np.testing.assert_allclose([*opinion.speech[i], opinion.entity[i, 0]], expected, atol=1e-5)
    again = further.opinion(begun, loaded, [], tmp_path)
    np.testing.assert_array_equal(again.entity, opinion.entity)  # it is kept


@pytest.mark.parametrize(("score", "place"), [(2, 0), (100, 1), (200, 2), (297, 3)])
def test_a_score_far_from_the_edges_says_its_class(score: float, place: int) -> None:
    none, common, proper, entity = further.classes(torch.logit(torch.tensor(score / 300))).tolist()
    outside = 1 - entity
    assert [none * outside, common * outside, proper * outside, entity][place] > 0.75
    assert none + common + proper == pytest.approx(1)


@pytest.mark.usefixtures("usual_torch")
def test_what_does_not_fit_is_refused(folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    shutil.copytree(folder / "first", "first")
    shutil.copytree(folder / "first", "foreign")
    Path("foreign", "training.json").unlink()
    Path("on.toml").write_text(going_on())
    Path("deep.toml").write_text(going_on().replace("layers = 1", "layers = 2"))
    Path("wide.toml").write_text(going_on().replace("max_tokens = 128", "max_tokens = 500"))
    for name, start, output, message in [
        ("on.toml", "first", "first", "first: is the checkpoint to go on from; give a new folder"),
        ("on.toml", None, "out", "goes on from a checkpoint; say which: --from CHECKPOINT"),
        ("smoke", "first", "out", r"begins anew; leave --from out, or give one with \[further\]"),
        ("on.toml", "nowhere", "out", "nowhere: no such folder; give a checkpoint"),
        ("on.toml", "foreign", "out", r"foreign: not from escore train \(has no training.json\)"),
        ("deep.toml", "first", "out", r"\[model\]: layers = 2, but first has 1; give 1"),
        ("wide.toml", "first", "out", r"\[model\]: max_tokens = 500, but first has places for 128"),
    ]:
        with pytest.raises(EscoreError, match=message):
            trainer.train(recipes.load(name), SMOKE, Path(output), None if start is None else Path(start))
        assert not list(tmp_path.glob("out*"))


def test_it_is_said_in_one_line(folder: Path, escore: Run) -> None:
    done = escore("train", folder / "on.toml", "--from", "nowhere", "--corpora", SMOKE, "-o", "out")
    assert (done.returncode, done.stdout) == (1, b"")
    assert done.stderr == b"escore: nowhere: no such folder; give a checkpoint\n"


@pytest.mark.parametrize("scale", [{}, {"steepness": 0, "shift": 0}, {"steepness": 1, "shift": math.nan}])
def test_notes_without_a_scale_are_refused(folder: Path, tmp_path: Path, scale: dict[str, float]) -> None:
    shutil.copytree(folder / "first", tmp_path / "first")
    told = json.loads((tmp_path / "first" / "training.json").read_text())
    told["recipe"]["training"] = scale
    (tmp_path / "first" / "training.json").write_text(json.dumps(told))
    with pytest.raises(CheckpointError, match="not what 'escore train' writes"):
        further.read(tmp_path / "first", recipes.load(folder / "on.toml"))


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (going_on(extra="[teacher]"), r"\[teacher\] stands beside \[further\], which needs none"),
        (going_on(share=1.5), r"\[further\]: share = 1.5: give 0 to 1"),
        (going_on().replace("trust = 0.25\n", ""), r"\[further\]: no 'trust'"),
        (going_on().replace("teacher_repeat = 0", "teacher_repeat = 1", 1), "no teacher is trained where"),
    ],
)
def test_what_is_wrong_in_its_recipe_is_named(tmp_path: Path, content: str, message: str) -> None:
    (tmp_path / "mine.toml").write_text(content)
    with pytest.raises(RecipeError, match=message):
        recipes.load(tmp_path / "mine.toml")


def test_the_recipe_that_ships_goes_on_from_the_checkpoint_that_is_kept() -> None:
    loaded = recipes.load("further")
    assert isinstance(loaded.origin, Further)
    begun = further.read(ROOT / "training" / "checkpoints" / "escore-en-3", loaded)
    assert (begun.notes.name, begun.notes.version) == ("escore-en", "3")


def test_corpora_without_entities_teach_too(folder: Path) -> None:
    text = going_on(share=1)
    spoken = re.sub(r'\[\[corpora\]\]\nname = "(Names|Sentences).*?plain = \w+\n', "", text, flags=re.DOTALL)
    (folder / "spoken.toml").write_text(spoken)
    train(folder, "spoken.toml", "spoken", "first")
    assert all(np.isfinite(value).all() for value in weights(folder / "spoken").values())
    name = "roberta.encoder.layer.0.output.dense.weight"
    assert np.abs(weights(folder / "spoken")[name] - weights(folder / "first")[name]).max() > 1e-3
