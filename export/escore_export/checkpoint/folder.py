"""What a folder is that is no checkpoint: each of the things that people give instead gets a line of its own."""

import re
import shlex
from collections.abc import Iterator
from pathlib import Path

from safetensors import safe_open

from escore.bundle.manifest import MANIFEST_NAME
from escore_export.checkpoint.weight_files import SUFFIXES
from escore_export.errors import CheckpointError

GIVE = "give a checkpoint"
_STEP = re.compile(r"checkpoint-(\d+)")  # what transformers' Trainer calls the folders of its checkpoints
_HUB_NAME = re.compile(r"[\w.-]+(/[\w.-]+)?")
_ADDRESS = re.compile(r"(?:https?://|hf://)\S+")
_ARCHIVES = (".zip", ".tar", ".gz", ".tgz", ".bz2", ".xz", ".zst", ".7z")
_DEPTH = 3  # how far below a folder checkpoints are looked for, as models--NAME/snapshots/HASH lies in the Hub's cache
_MOST = 2000  # folders that are looked into


def find_checkpoint(path: Path) -> tuple[Path, Path | None]:
    """The folder of a checkpoint, and the file of weights in it that `path` names; None for the usual one.

    Raises CheckpointError where there is none, saying what there is instead.
    """
    if path.is_file() and path.suffix in SUFFIXES and (path.parent / "config.json").exists():
        return path.parent, path
    _check_folder(path)
    return path, None


def _check_folder(folder: Path) -> None:
    """Raise CheckpointError for a folder of something else, and for what is no folder."""
    if not folder.is_dir():
        raise CheckpointError(*_no_folder(folder))
    if (adapter := folder / "adapter_config.json").exists():
        raise CheckpointError(f"{adapter}: this is an adapter", f"merge it first: {_merge_line(folder)}")
    if (folder / MANIFEST_NAME).exists():
        raise CheckpointError(
            f"{folder}: a bundle of escore already ({MANIFEST_NAME})",
            f"use it, escore run --model {shlex.quote(str(folder))}, or give the checkpoint that it was made from",
        )
    if not (folder / "config.json").exists() and (inside := _checkpoints(folder)):
        raise CheckpointError(*_parent(folder, inside))


def _no_folder(folder: Path) -> tuple[str, str]:
    """Problem and advice for what is no folder."""
    if folder.is_symlink() and not folder.exists():
        return f"{folder}: a link to a folder that does not exist", GIVE
    if folder.is_file():
        if (folder.parent / "config.json").exists():
            return f"{folder}: a file of a checkpoint", f"give its folder, {folder.parent}"
        if folder.suffix in _ARCHIVES:
            return f"{folder}: an archive", "unpack it, and give the folder"
        if folder.suffix in SUFFIXES:
            return f"{folder}: a file with no config.json beside it", "put it into a folder with that and the tokenizer"
        return f"{folder}: not a folder", GIVE
    text = str(folder).replace(":/", "://", 1) if re.match(r"(?:https?|hf):/[^/]", str(folder)) else str(folder)
    if _ADDRESS.fullmatch(text) or (_HUB_NAME.fullmatch(text) and text not in (".", "..")):
        return (
            f"{folder}: no such folder, and nothing is downloaded",
            f"{GIVE}; for a model of the Hugging Face Hub: hf download NAME --local-dir DIR, then give DIR",
        )
    return f"{folder}: no such folder", GIVE


def _checkpoints(folder: Path) -> list[Path]:
    """The folders below `folder` that hold a config.json or an adapter."""
    return [path for path in _below(folder) if any((path / n).exists() for n in ("config.json", "adapter_config.json"))]


def _below(folder: Path) -> Iterator[Path]:
    """The folders below `folder`, those nearest first, up to _DEPTH and _MOST."""
    level, seen = [folder], 0
    for _ in range(_DEPTH):
        try:
            level = [path for parent in level for path in sorted(parent.iterdir()) if path.is_dir()][: _MOST - seen]
        except OSError:
            return
        seen += len(level)
        yield from level


def _parent(folder: Path, inside: list[Path]) -> tuple[str, str]:
    """Problem and advice for a folder whose checkpoints lie inside it."""
    own = {path: int(match[1]) for path in inside if path.parent == folder and (match := _STEP.fullmatch(path.name))}
    if own:
        newest = max(own, key=lambda path: own[path])
        return f"{folder}: the output of a training, with {_count(len(own))} inside", f"give the newest, {newest}"
    newest = max(inside, key=lambda path: (path.stat().st_mtime, path))
    advice = f"give {newest}" if len(inside) == 1 else f"give one of them; the newest is {newest}"
    return f"{folder}: no checkpoint itself, with {_count(len(inside))} inside", advice


def _count(number: int) -> str:
    return "1 checkpoint" if number == 1 else f"{number} checkpoints"


def _merge_line(folder: Path) -> str:
    """What makes a checkpoint of an adapter, on a command line."""
    number = _outputs(folder / "adapter_model.safetensors")
    code = (
        "from peft import AutoPeftModelForTokenClassification as A; "
        f"A.from_pretrained({str(folder)!r}{f', num_labels={number}' if number else ''})"
        ".merge_and_unload().save_pretrained('merged')"
    )
    quoted = shlex.quote(code) if re.search(r'["$`\\!]', code) else f'"{code}"'
    return f"python -c {quoted}, and put the tokenizer's files into 'merged'"


def _outputs(weights: Path) -> int | None:
    """How many outputs an adapter's own last layer has; None where it has none, or cannot be read."""
    try:
        with safe_open(weights, "pt") as file:
            heads = [name for name in file.keys() if name.endswith("classifier.weight")]  # noqa: SIM118  not a dict
            return int(file.get_slice(heads[0]).get_shape()[0]) if heads else None
    except Exception:  # safetensors raises its own
        return None
