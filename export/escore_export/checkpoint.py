"""Open a checkpoint: a RobertaForTokenClassification with one output, its tokenizer, and notes on how it was made."""

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from tokenizers import Tokenizer
from transformers import RobertaForTokenClassification

from escore import EscoreError
from escore.manifest import Source

FIGURES = ("three_classes", "four_classes", "entity_ap", "entity_f1")
ARCHITECTURE = "RobertaForTokenClassification"


class CheckpointError(EscoreError, ValueError):
    """A folder that is no checkpoint that can be exported."""


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """An opened checkpoint; `quality` holds figures by file, `limits` Markdown on what the model is bad at."""

    model: RobertaForTokenClassification
    tokenizer: Tokenizer
    name: str
    version: str
    licence: str
    trained_on: tuple[Source, ...]
    max_tokens: int
    minutes: int
    quality: dict[str, dict[str, float]]
    limits: str


def read(folder: Path) -> Checkpoint:
    """Open what `escore train` wrote. Raises CheckpointError with what was found and what is needed."""
    if not folder.is_dir():
        raise CheckpointError(f"{folder}: {'not a folder' if folder.exists() else 'no such folder'}; give a checkpoint")
    config = _json(folder / "config.json")
    found = config.get("architectures") or ["no architecture"]
    if found != [ARCHITECTURE]:
        raise CheckpointError(f"{folder}: holds {', '.join(found)}; needed {ARCHITECTURE} with one output")
    notes = _json(folder / "training.json")
    try:
        model = RobertaForTokenClassification.from_pretrained(folder, local_files_only=True, dtype=torch.float32)
        tokenizer = Tokenizer.from_file(str(folder / "tokenizer.json"))
    except Exception as error:  # the libraries raise plain Exception, OSError and their own
        raise CheckpointError(f"{folder}: cannot be read: {str(error).splitlines()[0]}") from error
    if model.config.num_labels != 1:
        raise CheckpointError(
            f"{folder}: has {model.config.num_labels} outputs a token, as a classifier has; needed one"
        )
    if tokenizer.get_vocab_size() != model.config.vocab_size:
        raise CheckpointError(
            f"{folder}: tokenizer.json has {tokenizer.get_vocab_size()} tokens, the model {model.config.vocab_size}"
        )
    if not all(bool(torch.isfinite(value).all()) for value in model.state_dict().values()):
        raise CheckpointError(f"{folder}: the weights hold values that are no numbers")
    try:
        recipe = notes["recipe"]
        return Checkpoint(
            model=model.eval(),
            tokenizer=tokenizer,
            name=recipe["name"],
            version=recipe["version"],
            licence=recipe["licence"],
            trained_on=tuple(
                Source(corpus["name"], corpus["licence"]) for corpus in recipe["corpora"] + recipe["attributions"]
            ),
            max_tokens=recipe["model"]["max_tokens"],
            minutes=notes["minutes"],
            quality=_quality(folder / "quality.json"),
            limits=(folder / "limits.md").read_text("utf-8") if (folder / "limits.md").exists() else "",
        )
    except (KeyError, TypeError) as error:
        raise CheckpointError(f"{folder / 'training.json'}: not what 'escore train' writes ({error})") from error


def _quality(path: Path) -> dict[str, dict[str, float]]:
    """Figures by file, from what `escore evaluate --json` printed into the checkpoint; {} without it."""
    if not path.exists():
        return {}
    try:
        return {
            record["file"] + ("" if record["case"] == "kept" else f", {record['case']} case"): {
                name: float(record[name]) for name in FIGURES if record[name] is not None
            }
            for record in _json(path)["files"]
        }
    except (KeyError, TypeError, ValueError) as error:
        raise CheckpointError(f"{path}: not what 'escore evaluate --json' prints ({error})") from error


def _json(path: Path) -> dict[str, Any]:
    try:
        content = json.loads(path.read_text("utf-8"))
    except OSError as error:
        raise CheckpointError(f"{path}: {error.strerror}; a checkpoint needs it") from error
    except ValueError as error:
        raise CheckpointError(f"{path}: not JSON: {error}") from error
    if not isinstance(content, dict):
        raise CheckpointError(f"{path}: not a JSON object")
    return content
