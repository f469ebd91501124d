"""A training that continues from a checkpoint: what it starts with, what it learns, and what it refuses."""

import json
import math
import re
import shutil
from pathlib import Path

import msgspec
import numpy as np
import pytest
import torch
from safetensors.numpy import load_file
from tests.conftest import ROOT, Run
from tests.training.corpora import SMOKE, finetune_recipe
from tests.training.runs import kill_when, train_command, train_here

from escore import EscoreError
from escore.errors import OutputError
from escore_export.checkpoint.training_notes import read_notes
from escore_export.errors import CheckpointError
from escore_labels.tokens import Token
from escore_training.data.datasets import Source, load_sources
from escore_training.labels.corpus_labels import annotation_schemes
from escore_training.labels.pseudo_labels import label_sources
from escore_training.model.averaging import average_weights
from escore_training.model.finetune import (
    checkpoint_predictions,
    class_probabilities,
    freeze,
    read_init_checkpoint,
    set_outputs,
)
from escore_training.model.prune import prune
from escore_training.model.student import outputs, train_student
from escore_training.recipe import RecipeError, load_recipe
from escore_training.train import run_recipe

LAYER = "roberta.encoder.layer.0.output.dense.weight"


def weights(folder: Path) -> dict[str, np.ndarray]:
    return {name: value.astype(np.float64) for name, value in load_file(folder / "model.safetensors").items()}


def test_what_is_written_is_the_mean_of_before_and_after(finetuned: Path) -> None:
    text = (finetuned / "mine.toml").read_text()
    (finetuned / "new.toml").write_text(text.replace("averaging_weight = 0.5", "averaging_weight = 1"))
    train_here(finetuned, "new.toml", "new", "first")
    first, mine, new = (weights(finetuned / name) for name in ("first", "mine", "new"))
    for name in (LAYER, "roberta.embeddings.word_embeddings.weight"):
        assert np.abs(new[name] - first[name]).max() > 2e-3
        np.testing.assert_allclose(mine[name], (first[name] + new[name]) / 2, rtol=2**-10, atol=5e-4)  # all in fp16
    assert (finetuned / "mine" / "tokenizer.json").read_bytes() == (finetuned / "first" / "tokenizer.json").read_bytes()


def test_the_averaging_weight_is_that_of_the_new_weights(finetuned: Path) -> None:
    model = read_init_checkpoint(finetuned / "first", load_recipe(finetuned / "mine.toml")).model
    before = {name: value.clone() for name, value in model.state_dict().items()}
    with torch.no_grad():
        model.classifier.bias.add_(1)
    average_weights(model, before, 0.25)
    torch.testing.assert_close(model.classifier.bias.detach(), before["classifier.bias"] + 0.25)


@pytest.mark.parametrize("old", [False, True])
def test_it_starts_on_the_scale_of_training(finetuned: Path, tmp_path: Path, old: bool) -> None:
    """The first one's scale, its logits times 1.5 and .2 higher, is undone; notes of older versions have other keys."""
    shutil.copytree(finetuned / "first", tmp_path / "first")
    notes = (finetuned / "first" / "training.json").read_text()
    if old:
        notes = notes.replace('"logit_scale"', '"steepness"').replace('"logit_shift"', '"shift"')
        (tmp_path / "first" / "training.json").write_text(notes)
    first = weights(finetuned / "first")
    recipe = load_recipe(finetuned / "mine.toml")
    start = read_init_checkpoint(tmp_path / "first", recipe).model.state_dict()
    weight, bias = start["classifier.weight"].numpy(), start["classifier.bias"].numpy()
    np.testing.assert_allclose(1.5 * weight[0], first["classifier.weight"][0], rtol=1e-5)
    np.testing.assert_allclose(1.5 * bias[0] + 0.2, first["classifier.bias"][0], rtol=1e-5)
    np.testing.assert_allclose(weight[1:], first["classifier.weight"][1:], rtol=1e-5)  # other outputs are as they were


def test_what_the_first_was_made_from_is_said_of_the_second(finetuned: Path) -> None:
    sources = [(source.name, source.license) for source in read_notes(finetuned / "mine").trained_on]
    assert ("Mine", "CC BY 4.0") in sources
    assert ("Notes, made up for escore", "CC0-1.0") in sources
    assert len(sources) == len(set(sources))
    assert ("escore-smoke 1, its weights", "CC0-1.0") in sources
    third = read_init_checkpoint(finetuned / "mine", load_recipe(finetuned / "mine.toml")).attributions()
    assert {(item["name"], item["license"]) for item in third} == {*sources, ("escore-mine 1, its weights", "CC0-1.0")}


def test_a_killed_one_comes_to_the_same_weights(finetuned: Path) -> None:
    partial = finetuned / "killed.partial"
    kill_when(partial / "student.pt", train_command("mine.toml", "killed", "first"), finetuned)
    assert (partial / "predictions.npz").exists()
    with pytest.raises(
        OutputError, match="was started with another recipe, other texts or another model to start from"
    ):
        train_here(finetuned, "mine.toml", "killed", "mine")
    train_here(finetuned, "mine.toml", "killed", "first")
    for name in ("model.safetensors", "tokenizer.json"):
        assert (finetuned / "killed" / name).read_bytes() == (finetuned / "mine" / name).read_bytes()


def test_its_predictions_are_what_its_scores_say(finetuned: Path, tmp_path: Path) -> None:
    recipe = load_recipe(finetuned / "mine.toml")
    checkpoint = read_init_checkpoint(finetuned / "first", recipe)
    words = ["Anna", "Berg", "didn't", "see", "Rotterdam", "."]
    documents = [[[Token(word, 0, 3) for word in words]], [[Token("Oslo", 0, 3)] * 40]]
    predictions = checkpoint_predictions(checkpoint, recipe, [Source(recipe.corpora[0], documents)], tmp_path)
    assert predictions.part_of_speech.shape == (len(words) + 40, 3)
    assert predictions.entity.shape == (len(words) + 40, 1)
    encoding = checkpoint.tokenizer.encode(" ".join(words))
    with torch.inference_mode():
        logits = checkpoint.model(torch.tensor([encoding.ids])).logits[0, :, 0]
        probabilities = class_probabilities(logits).numpy()
    ends = np.cumsum([len(word) + 1 for word in words])
    word_of = np.searchsorted(ends, [start for start, _ in encoding.offsets], side="right")
    is_piece = np.array([word is not None for word in encoding.word_ids])
    for i in range(len(words)):
        expected = probabilities[is_piece & (word_of == i)].mean(0)
        np.testing.assert_allclose([*predictions.part_of_speech[i], predictions.entity[i, 0]], expected, atol=1e-5)
    again = checkpoint_predictions(checkpoint, recipe, [], tmp_path)
    np.testing.assert_array_equal(again.entity, predictions.entity)  # they are kept in the folder


@pytest.mark.parametrize(("score", "place"), [(2, 0), (100, 1), (200, 2), (297, 3)])
def test_a_score_far_from_the_edges_says_its_class(score: float, place: int) -> None:
    none, common, proper, entity = class_probabilities(torch.logit(torch.tensor(score / 300))).tolist()
    outside = 1 - entity
    assert [none * outside, common * outside, proper * outside, entity][place] > 0.75
    assert none + common + proper == pytest.approx(1)


@pytest.mark.usefixtures("usual_torch")
def test_what_does_not_fit_is_refused(finetuned: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    shutil.copytree(finetuned / "first", "first")
    shutil.copytree(finetuned / "first", "foreign")
    Path("foreign", "training.json").unlink()
    Path("on.toml").write_text(finetune_recipe())
    Path("deep.toml").write_text(finetune_recipe().replace("layers = 1", "layers = 2"))
    Path("cold.toml").write_text(finetune_recipe().replace("frozen_layers = 0", "frozen_layers = 2"))
    Path("wide.toml").write_text(finetune_recipe().replace("max_tokens = 128", "max_tokens = 500"))
    for name, init, output, message in [
        ("on.toml", "first", "first", "first: is also the model to start from; give a new folder"),
        ("on.toml", None, "out", "continues from a checkpoint; give it: --from CHECKPOINT"),
        ("smoke", "first", "out", r"starts from scratch; leave --from out, or give a recipe with \[finetune\]"),
        ("on.toml", "nowhere", "out", "nowhere: no such folder, and nothing is downloaded; give a checkpoint"),
        ("on.toml", "foreign", "out", r"foreign: not from escore train \(has no training.json\)"),
        ("deep.toml", "first", "out", r"model.layers: 2, but the model to start from has 1; give at most 1"),
        ("cold.toml", "first", "out", r"finetune.frozen_layers: 2, but the model has 1; give at most 1"),
        ("wide.toml", "first", "out", r"model.max_tokens: 500, but first has 128 positions; give at most 128"),
    ]:
        with pytest.raises(EscoreError, match=message):
            run_recipe(load_recipe(name), SMOKE, Path(output), None if init is None else Path(init))
        assert not list(tmp_path.glob("out*"))


def test_it_is_said_in_one_line(finetuned: Path, escore_here: Run) -> None:
    done = escore_here("train", finetuned / "mine.toml", "--from", "nowhere", "--corpora", SMOKE, "-o", "out")
    assert (done.returncode, done.stdout) == (1, b"")
    assert done.stderr.startswith(b"escore: nowhere: no such folder, and nothing is downloaded; give a checkpoint")
    assert done.stderr.count(b"\n") == 1


@pytest.mark.parametrize("scale", [{}, {"logit_scale": 0, "logit_shift": 0}, {"steepness": 1, "shift": math.nan}])
def test_notes_without_a_scale_are_refused(finetuned: Path, tmp_path: Path, scale: dict[str, float]) -> None:
    shutil.copytree(finetuned / "first", tmp_path / "first")
    notes = json.loads((tmp_path / "first" / "training.json").read_text())
    notes["recipe"]["training"] = scale
    (tmp_path / "first" / "training.json").write_text(json.dumps(notes))
    with pytest.raises(CheckpointError, match="not what 'escore train' writes"):
        read_init_checkpoint(tmp_path / "first", load_recipe(finetuned / "mine.toml"))


def test_a_checkpoint_of_an_older_version_can_be_continued_from(tmp_path: Path) -> None:
    """Its training.json has the keys of escore 0.1."""
    checkpoints = ROOT / "training" / "checkpoints"
    folder = shutil.copytree(checkpoints / "escore-en-7", tmp_path / "old")
    shutil.copyfile(checkpoints / "escore-en-5" / "training.json", folder / "training.json")
    checkpoint = read_init_checkpoint(folder, load_recipe("finetune"))
    assert (checkpoint.notes.name, checkpoint.notes.version) == ("escore-en", "5")


def test_a_smaller_model_keeps_the_first_layers_and_the_most_important_neurons(finetuned: Path) -> None:
    recipe = load_recipe(finetuned / "mine.toml")
    model = read_init_checkpoint(finetuned / "first", recipe).model
    (layer,) = model.roberta.encoder.layer
    with torch.no_grad():
        layer.intermediate.dense.weight[::2] *= 1e-6  # every second neuron says nothing
        layer.intermediate.dense.bias[::2] = 0
        ids = torch.tensor([[0, 20, 30, 40, 2]])
        model.eval()
        before = model(ids).logits
        half = int(model.config.intermediate_size) // 2
        prune(model, msgspec.structs.replace(recipe.model, intermediate_size=half))
        torch.testing.assert_close(model(ids).logits, before, atol=1e-4, rtol=0)
    assert model.config.intermediate_size == half == layer.output.dense.weight.shape[1]
    for larger in ({"layers": 2}, {"intermediate_size": half + 1}):
        with pytest.raises(RecipeError, match="but the model to start from has"):
            prune(model, msgspec.structs.replace(recipe.model, **({"intermediate_size": half} | larger)))


def test_frozen_layers_stay_as_they_are(finetuned: Path) -> None:
    (finetuned / "frozen.toml").write_text(finetune_recipe().replace("frozen_layers = 0", "frozen_layers = 1"))
    train_here(finetuned, "frozen.toml", "frozen", "first")
    first, frozen = (load_file(finetuned / name / "model.safetensors") for name in ("first", "frozen"))
    changed = {name for name in first if first[name].tobytes() != frozen[name].tobytes()}
    assert changed == {"classifier.weight", "classifier.bias"}


def test_frozen_embeddings_stay_as_they_are_and_layers_learn(finetuned: Path) -> None:
    text = finetune_recipe().replace("frozen_layers = 0", "frozen_layers = 0\nfrozen_embeddings = true")
    (finetuned / "embeddings.toml").write_text(text)
    train_here(finetuned, "embeddings.toml", "embeddings", "first")
    first, after = (load_file(finetuned / name / "model.safetensors") for name in ("first", "embeddings"))
    same = {name for name in first if first[name].tobytes() == after[name].tobytes()}
    assert same == {name for name in first if name.startswith("roberta.embeddings.")}


def test_a_second_run_ends_in_the_mean_of_both_also_when_it_was_killed(finetuned: Path, tmp_path: Path) -> None:
    text = finetune_recipe(averaging_weight=1).replace("save_steps", "restart_epochs = 1\nsave_steps")
    text = text.replace("frozen_layers = 0", "frozen_layers = 0\nfrozen_embeddings = true")
    (finetuned / "again.toml").write_text(text)
    kill_when(finetuned / "again.partial" / "restart.pt", train_command("again.toml", "again", "first"), finetuned)
    train_here(finetuned, "again.toml", "again", "first")

    recipe = load_recipe(finetuned / "again.toml")
    init = read_init_checkpoint(finetuned / "first", recipe)
    sources = load_sources(recipe.corpora, SMOKE)
    predictions = checkpoint_predictions(init, recipe, sources, tmp_path)
    weight = recipe.finetune.teacher_weight
    labeled = label_sources(sources, predictions, annotation_schemes(sources), 1.0, weight)
    torch.manual_seed(recipe.seed)
    set_outputs(init.model, outputs(recipe.training))
    freeze(init.model, 0, embeddings=True)
    train_student(recipe, labeled, init.tokenizer, init.model, tmp_path)
    one, other = (
        torch.load(tmp_path / name, weights_only=True)["network"][f"model.{LAYER}"]
        for name in ("student.pt", "restart.pt")
    )
    assert (one - other).abs().max() > 1e-3
    words = "roberta.embeddings.word_embeddings.weight"
    assert np.array_equal(weights(finetuned / "again")[words], weights(finetuned / "first")[words])
    mean = init.model.state_dict()[LAYER]
    torch.testing.assert_close(mean, (one + other) / 2)
    np.testing.assert_allclose(weights(finetuned / "again")[LAYER], mean, rtol=2**-10, atol=1e-6)


def test_corpora_without_entities_teach_too(finetuned: Path) -> None:
    text = finetune_recipe(averaging_weight=1)
    speech = re.sub(r'\[\[corpora\]\]\nname = "(Names|Sentences).*?plain = \w+\n', "", text, flags=re.DOTALL)
    (finetuned / "speech.toml").write_text(speech)
    train_here(finetuned, "speech.toml", "speech", "first")
    first, after = weights(finetuned / "first"), weights(finetuned / "speech")
    assert all(np.isfinite(value).all() for value in after.values())
    assert np.abs(after[LAYER] - first[LAYER]).max() > 1e-3
