"""Follow a recipe: corpora in, checkpoint out. A killed training continues from its last save."""

import json
from pathlib import Path

import msgspec
import torch
from tokenizers import Tokenizer

from escore.atomic import atomic_file, resolve_output
from escore_training.data.datasets import Source, load_sources, vocabulary_texts
from escore_training.fit import make_deterministic
from escore_training.labels.corpus_labels import annotation_schemes
from escore_training.labels.pseudo_labels import label_sources
from escore_training.labels.teacher import teacher_predictions
from escore_training.model.averaging import average_weights, copy_weights
from escore_training.model.encoders import check_encoder
from escore_training.model.finetune import (
    InitCheckpoint,
    checkpoint_predictions,
    freeze,
    read_init_checkpoint,
    set_outputs,
)
from escore_training.model.minilm import roberta_from_minilm
from escore_training.model.prune import prune
from escore_training.model.student import outputs, rescale_logits, train_student
from escore_training.model.vocabulary import train_vocabulary
from escore_training.recipe import FinetuneRecipe, Recipe, RecipeError, Vocabulary
from escore_training.work import check_output, work_folder, write_checkpoint


def run_recipe(recipe: Recipe, corpora: Path, output: Path, init: Path | None = None) -> None:
    """Train as the recipe says and write a Hugging Face checkpoint in half precision to `output`.

    `init` is the checkpoint that a recipe with [finetune] continues from. Progress goes to standard error. What is
    needed to resume is in `output`.partial until the end. An older checkpoint in `output` is replaced. Raises
    CorpusError, CheckpointError, RecipeError, and OutputError for an `output` that holds something else, or a training
    that was started with another recipe, other texts or another model to start from.
    """
    output = resolve_output(output)
    check_output(output, init)
    make_deterministic()
    checkpoint = _open_init(recipe, init)
    sources = load_sources(recipe.corpora, corpora)
    inputs = {
        "recipe": msgspec.to_builtins(recipe),
        "corpora": [(source.corpus.name, source.sha256) for source in sources],
        "start": None if checkpoint is None else checkpoint.sha256,
    }
    with work_folder(output, json.dumps(inputs, indent=2)) as work:
        _run_stages(recipe, sources, checkpoint, work)


def _open_init(recipe: Recipe, init: Path | None) -> InitCheckpoint | None:
    """The checkpoint to continue from; None for a recipe from scratch, whose pretrained encoder is then installed."""
    if isinstance(recipe, FinetuneRecipe):
        if init is None:
            raise RecipeError(f"{recipe.name}: its recipe continues from a checkpoint", "give it: --from CHECKPOINT")
        return read_init_checkpoint(init, recipe)
    if init is not None:
        raise RecipeError(
            f"{recipe.name}: its recipe starts from scratch", "leave --from out, or give a recipe with [finetune]"
        )
    check_encoder(recipe.teacher.encoder, recipe.teacher.frozen_layers)
    return None


def _run_stages(recipe: Recipe, sources: list[Source], checkpoint: InitCheckpoint | None, work: Path) -> None:
    """All stages, each of which keeps its result in `work`."""
    if isinstance(recipe, FinetuneRecipe):
        assert checkpoint is not None
        predictions = checkpoint_predictions(checkpoint, recipe, sources, work)
        (work / "tokenizer.json").write_bytes(checkpoint.vocabulary)
        tokenizer = checkpoint.tokenizer
        weight = recipe.finetune.teacher_weight
        labeled = label_sources(sources, predictions, annotation_schemes(sources), 1.0, weight)
        torch.manual_seed(recipe.seed)
        model = checkpoint.model
        set_outputs(model, outputs(recipe.training))
        prune(model, recipe.model)
        freeze(model, recipe.finetune.frozen_layers, recipe.finetune.frozen_embeddings)
    else:
        teacher = recipe.teacher
        predictions = teacher_predictions(recipe, sources, work)
        tokenizer = _vocabulary(recipe.vocabulary, sources, work / "tokenizer.json")
        labeled = label_sources(
            sources, predictions, teacher.annotation_schemes, teacher.sharpness, teacher.teacher_weight
        )
        torch.manual_seed(recipe.seed)
        model = roberta_from_minilm(tokenizer, recipe.model, recipe.training.dropout, outputs(recipe.training))
        prune(model, recipe.model)
    before = copy_weights(model)
    seconds = train_student(recipe, labeled, tokenizer, model, work)
    if isinstance(recipe, FinetuneRecipe):
        average_weights(model, before, recipe.finetune.averaging_weight)
    rescale_logits(model, recipe.training)
    notes = _notes(recipe, checkpoint, predictions.seconds, seconds)
    write_checkpoint(work, model, (work / "tokenizer.json").read_bytes(), notes)


def _vocabulary(settings: Vocabulary, sources: list[Source], path: Path) -> Tokenizer:
    if not path.exists():
        tokenizer = train_vocabulary(vocabulary_texts(sources, settings.uppercase_every), settings.size)
        with atomic_file(path) as part:
            tokenizer.save(str(part), pretty=False)
    return Tokenizer.from_file(str(path))


def _notes(
    recipe: Recipe, checkpoint: InitCheckpoint | None, teacher_seconds: float, seconds: float
) -> dict[str, object]:
    """How a checkpoint was made."""
    notes: dict[str, object] = {"recipe": msgspec.to_builtins(recipe)}
    minutes_before = 0  # of all trainings that led to the checkpoint
    if checkpoint is not None:
        notes["start"] = {"sha256": checkpoint.sha256, "sources": checkpoint.attributions()}
        minutes_before = checkpoint.notes.minutes or 0
    return notes | {
        "minutes": round((teacher_seconds + seconds) / 60) + minutes_before,
        "teacher_minutes": round(teacher_seconds / 60),
    }
