"""Follow a recipe: corpora in, checkpoint out. A killed training goes on where its last save was."""

import json
import os
import shutil
from dataclasses import asdict
from pathlib import Path

import torch
from safetensors.torch import save
from tokenizers import Tokenizer
from transformers import RobertaForTokenClassification

from escore import EscoreError
from escore.atomic import CAN_LOCK, atomic_file, lock_dir, resolve_output
from escore_training.data import datasets as sources
from escore_training.data.datasets import Source
from escore_training.labels import pseudo_labels as soft
from escore_training.labels import teacher
from escore_training.model import encoders, minilm, student
from escore_training.model import finetune as further
from escore_training.model import vocabulary as tokenizers_of
from escore_training.model.finetune import FILES, Begun
from escore_training.recipe import Further, Recipe, RecipeError, Scratch, Vocabulary

RECIPE, MADE = "recipe.json", "checkpoint"  # in the folder of a training on its way


class TrainingError(EscoreError, OSError):
    """A place where a training cannot write, or where another one lies."""


def train(recipe: Recipe, corpora: Path, output: Path, start: Path | None = None) -> None:
    """Train as the recipe says and write a Hugging Face checkpoint in half precision to `output`.

    `start` is the checkpoint that a recipe with [further] goes on from. Progress goes to standard error. What is needed
    to resume lies in `output`.partial until the end. An older checkpoint in `output` is replaced. Raises CorpusError,
    CheckpointError, RecipeError, and TrainingError for an `output` that holds something else, or a training that was
    begun with another recipe, other corpora or another checkpoint.
    """
    output = resolve_output(output)
    _check(output)
    if start is not None and start.resolve() == output.resolve():
        raise TrainingError(f"{output}: is the checkpoint to go on from; give a new folder")
    torch.use_deterministic_algorithms(True)
    # A guard against code that reads memory before it wrote there; it costs time, and there is no such code here.
    torch.utils.deterministic.fill_uninitialized_memory = False  # type: ignore[attr-defined]
    begun = _begun(recipe, start)
    found = sources.load(recipe, corpora)
    work = _begin(recipe, found, begun, output.with_name(output.name + ".partial"))
    lock = lock_dir(work)
    if CAN_LOCK and lock is None:
        raise TrainingError(f"{work}: another training is writing it; wait, or give another folder")
    try:
        _follow(recipe, found, begun, work)
        _check(output)  # what came there meanwhile
        if output.exists():
            shutil.rmtree(output)
        os.replace(work / MADE, output)  # a kill just before: the states are still in `work`, and the next run ends it
        shutil.rmtree(work)
    except TrainingError:
        raise
    except OSError as error:
        raise TrainingError(
            f"{error.filename or work}: {error.strerror or error}; what is done so far is kept"
        ) from error
    finally:
        if lock is not None:
            os.close(lock)


def _begun(recipe: Recipe, start: Path | None) -> Begun | None:
    """The checkpoint to go on from, or None for a recipe that begins with a pretrained encoder, which is then there."""
    if isinstance(recipe.origin, Further):
        if start is None:
            raise RecipeError(f"{recipe.name}: its recipe goes on from a checkpoint; say which: --from CHECKPOINT")
        return further.read(start, recipe)
    if start is not None:
        raise RecipeError(f"{recipe.name}: its recipe begins anew; leave --from out, or give one with [further]")
    encoders.check(recipe.origin.teacher.encoder, recipe.origin.teacher.frozen)
    return None


def _follow(recipe: Recipe, found: list[Source], begun: Begun | None, work: Path) -> None:
    """All stages, each kept in `work` when it is done."""
    made = work / MADE
    made.mkdir(exist_ok=True)
    match recipe.origin:
        case Scratch(vocabulary, settings):
            opinion = teacher.opinion(recipe, settings, found, work)
            tokenizer = _tokenizer(vocabulary, found, work / "tokenizer.json")
            labelled = soft.label(found, opinion, settings.ask, settings.sharpness, settings.trust)
            torch.manual_seed(recipe.seed)
            model = minilm.start(tokenizer, recipe.model, recipe.training.dropout)
            seconds = student.learn(recipe, found, labelled, tokenizer, model, work / "student.pt")
        case Further() as settings:
            assert begun is not None
            opinion = further.opinion(begun, recipe, found, work)
            (work / "tokenizer.json").write_bytes(begun.vocabulary)
            labelled = soft.label(found, opinion, teacher.manners(found), 1.0, settings.trust)
            torch.manual_seed(recipe.seed)
            model = begun.model
            before = {name: value.clone() for name, value in model.state_dict().items()}
            seconds = student.learn(recipe, found, labelled, begun.tokenizer, model, work / "student.pt")
            further.mean(model, before, settings)
    student.scaled(model, recipe.training)
    _write(model, recipe, begun, opinion.seconds, seconds, made)
    shutil.copyfile(work / "tokenizer.json", made / "tokenizer.json")


def _check(output: Path) -> None:
    """Raise TrainingError where something else than a checkpoint that `train` wrote would be lost."""
    if not output.exists():
        return
    if not (output / "training.json").is_file():
        raise TrainingError(f"{output}: exists and is no checkpoint; give a new folder")
    if other := sorted({path.name for path in output.iterdir()} - set(FILES)):
        raise TrainingError(f"{output}: holds something else than a checkpoint ('{other[0]}'); give a new folder")


def _begin(recipe: Recipe, found: list[Source], begun: Begun | None, work: Path) -> Path:
    """The folder of a training on its way, begun now or found as a kill left it."""
    read = [(source.corpus.name, source.sha256) for source in found]
    start = None if begun is None else begun.sha256
    written = json.dumps({"recipe": asdict(recipe), "corpora": read, "start": start}, indent=2)
    try:
        work.mkdir(exist_ok=True)
        if not (work / RECIPE).exists():
            with atomic_file(work / RECIPE) as part:
                part.write_text(written, "utf-8")
        elif (work / RECIPE).read_text("utf-8") != written:
            raise TrainingError(
                f"{work}: was begun with another recipe, other corpora or another checkpoint; remove it to start anew"
            )
    except TrainingError:
        raise
    except OSError as error:
        raise TrainingError(f"{work}: {error.strerror}") from error
    return work


def _tokenizer(vocabulary: Vocabulary, found: list[Source], path: Path) -> Tokenizer:
    if not path.exists():
        tokenizer = tokenizers_of.train(sources.texts(found, vocabulary.capitals_every), vocabulary.size)
        with atomic_file(path) as part:
            tokenizer.save(str(part), pretty=False)
    return Tokenizer.from_file(str(path))


def _write(
    model: RobertaForTokenClassification,
    recipe: Recipe,
    begun: Begun | None,
    teacher_seconds: float,
    seconds: float,
    folder: Path,
) -> None:
    """The checkpoint: half-precision weights, config, and notes on how it was made."""
    half = {name: value.half().contiguous() for name, value in model.state_dict().items()}
    (folder / "model.safetensors").write_bytes(save(half, metadata={"format": "pt"}))
    model.config.architectures = ["RobertaForTokenClassification"]
    (folder / "config.json").write_text(model.config.to_json_string(), "utf-8")
    before = {} if begun is None else {"start": {"sha256": begun.sha256, "sources": begun.sources()}}
    earlier = 0 if begun is None else begun.notes.minutes or 0  # of all trainings before this one
    notes = {
        "recipe": asdict(recipe),
        **before,
        "minutes": round((teacher_seconds + seconds) / 60) + earlier,
        "teacher_minutes": round(teacher_seconds / 60),
        "torch": torch.__version__,
    }
    (folder / "training.json").write_text(json.dumps(notes, indent=2, ensure_ascii=False) + "\n", "utf-8")
