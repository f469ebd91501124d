"""The folder beside a checkpoint-to-be, OUTPUT.partial, that keeps what a killed training continues from."""

import json
import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import torch
from safetensors.torch import save
from transformers import RobertaForTokenClassification

from escore.atomic import CAN_LOCK, atomic_file, lock_dir
from escore.errors import OutputError
from escore_training.progress import say

CHECKPOINT_FILES = ("config.json", "model.safetensors", "tokenizer.json", "training.json")
CHECKPOINT = "checkpoint"  # the folder in the work folder where the checkpoint is written
_INPUTS = "recipe.json"


def check_output(output: Path, start: Path | None = None) -> None:
    """Raise OutputError where something else than a checkpoint that a training wrote would be lost.

    Also for the folder of the model that a training starts from.
    """
    if start is not None and output.resolve() == start.resolve():
        raise OutputError(f"{output}: is also the model to start from", "give a new folder")
    if not output.exists():
        return
    if not (output / "training.json").is_file():
        raise OutputError(f"{output}: exists and is not a checkpoint", "give a new folder")
    if other := sorted({path.name for path in output.iterdir()} - set(CHECKPOINT_FILES)):
        raise OutputError(f"{output}: holds something else than a checkpoint ('{other[0]}')", "give a new folder")


@contextmanager
def work_folder(output: Path, inputs: str) -> Iterator[Path]:
    """The work folder, started or found as a kill left it; at the end its checkpoint replaces `output`.

    `inputs` is JSON that says all that the training depends on. Raises OutputError where a training of other inputs
    lies there, or another process works on it, or the system refuses.
    """
    work = output.with_name(output.name + ".partial")
    lock: int | None = None
    try:
        _start(work, inputs)
        lock = lock_dir(work)
        if CAN_LOCK and lock is None:
            raise OutputError(f"{work}: another training is writing it", "wait, or give another folder")
        yield work
        check_output(output)  # what came there meanwhile
        if output.exists():
            shutil.rmtree(output)
        os.replace(work / CHECKPOINT, output)  # after a kill just before, the next run still has the states in `work`
        shutil.rmtree(work)
    except KeyboardInterrupt:
        say("training", "interrupted; the same command continues from the last save")
        raise
    except OutputError:
        raise
    except OSError as error:
        place = f"{error.filename or work}: {error.strerror or error}"
        raise OutputError(place, "what is done so far is kept") from error
    finally:
        if lock is not None:
            os.close(lock)


def write_checkpoint(
    work: Path, model: RobertaForTokenClassification, tokenizer_json: bytes, notes: dict[str, Any]
) -> None:
    """Write the checkpoint into the work folder: half-precision weights, config, tokenizer, and how they were made."""
    folder = work / CHECKPOINT
    half = {name: value.half().contiguous() for name, value in model.state_dict().items()}
    (folder / "model.safetensors").write_bytes(save(half, metadata={"format": "pt"}))
    model.config.architectures = ["RobertaForTokenClassification"]
    (folder / "config.json").write_text(model.config.to_json_string(), "utf-8")
    (folder / "tokenizer.json").write_bytes(tokenizer_json)
    text = json.dumps(notes | {"torch": torch.__version__}, indent=2, ensure_ascii=False)
    (folder / "training.json").write_text(text + "\n", "utf-8")


def _start(work: Path, inputs: str) -> None:
    (work / CHECKPOINT).mkdir(parents=True, exist_ok=True)
    if not (work / _INPUTS).exists():
        with atomic_file(work / _INPUTS) as part:
            part.write_text(inputs, "utf-8")
    elif (work / _INPUTS).read_text("utf-8") != inputs:
        problem = f"{work}: was started with another recipe, other texts or another model to start from"
        raise OutputError(problem, "remove it to start anew")
