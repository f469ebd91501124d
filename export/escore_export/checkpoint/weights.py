"""Read what lies in a checkpoint's folder: JSON, and tensors without ever running code that is not ours."""

import json
import warnings
import zipfile
from pathlib import Path
from typing import Any

import torch
from safetensors.torch import load_file
from torch import Tensor

from escore_export.errors import CheckpointError

# In the order in which transformers looks for them. An index names the files ("shards") that hold the weights.
WEIGHTS = ("model.safetensors", "model.safetensors.index.json", "pytorch_model.bin", "pytorch_model.bin.index.json")


def is_folder(folder: Path) -> None:
    """Raises CheckpointError where `folder` is none."""
    if not folder.is_dir():
        raise CheckpointError(f"{folder}: {'not a folder' if folder.exists() else 'no such folder'}; give a checkpoint")


def json_object(path: Path) -> dict[str, Any]:
    """A file that holds one JSON object. Raises CheckpointError."""
    try:
        content = json.loads(path.read_text("utf-8"))
    except OSError as error:
        raise CheckpointError(f"{path}: {error.strerror}; a checkpoint needs it") from error
    except (ValueError, RecursionError) as error:
        raise CheckpointError(f"{path}: not JSON: {error}") from error
    if not isinstance(content, dict):
        raise CheckpointError(f"{path}: not a JSON object")
    return content


def weights(folder: Path) -> dict[str, Tensor]:
    """All tensors of a checkpoint by name, whatever file or shards they lie in. Raises CheckpointError."""
    found = next((folder / name for name in WEIGHTS if (folder / name).exists()), None)
    if found is None:
        raise CheckpointError(f"{folder}: has no weights; needed one of {', '.join(WEIGHTS)}")
    if found.suffix != ".json":
        return _tensors(found)
    shards = json_object(found).get("weight_map")
    if not isinstance(shards, dict) or not all(isinstance(name, str) for name in shards.values()):
        raise CheckpointError(f"{found}: not an index of weights (no 'weight_map' of file names)")
    tensors: dict[str, Tensor] = {}
    for name in sorted(set(shards.values())):
        if Path(name).name != name:
            raise CheckpointError(f"{found}: names '{name}', which lies outside the checkpoint")
        if not (folder / name).is_file():
            raise CheckpointError(f"{folder / name}: no such file; {found.name} needs this shard, copy it here too")
        tensors |= _tensors(folder / name)
    if missing := sorted(shards.keys() - tensors.keys()):
        raise CheckpointError(f"{found}: '{missing[0]}' is not in {shards[missing[0]]}, as it should be")
    return tensors


def _tensors(path: Path) -> dict[str, Tensor]:
    try:
        loaded = load_file(path) if path.suffix == ".safetensors" else _pickled(path)
    except Exception as error:  # safetensors, pickle, zipfile and torch raise their own
        if "weights_only" in str(error).lower():
            raise CheckpointError(
                f"{path}: holds more than tensors, and reading it would run its code; save a plain state dict"
            ) from error
        raise CheckpointError(f"{path}: no weights that can be read: {first_line(error)}") from error
    if not isinstance(loaded, dict) or not all(isinstance(name, str) for name in loaded):
        raise CheckpointError(f"{path}: not a plain state dict (names and tensors); save model.state_dict()")
    for name, value in loaded.items():
        if not isinstance(value, Tensor):
            raise CheckpointError(f"{path}: '{name}' is no tensor; save a plain state dict, model.state_dict()")
        if value.layout != torch.strided or value.is_quantized or value.is_nested or value.device.type != "cpu":
            raise CheckpointError(f"{path}: '{name}' is no plain tensor of numbers; save it dense, on the CPU")
    return loaded


def _pickled(path: Path) -> object:
    """What torch.save wrote, as far as it is tensors. Raises ValueError, and whatever torch.load does."""
    with path.open("rb") as file:
        begin = file.read(2)
    if begin == b"PK":
        with zipfile.ZipFile(path) as archive:
            if broken := archive.testzip():  # torch does not look at the checksums
                raise ValueError(f"'{broken}' in it is damaged")
    elif begin[:1] != b"\x80":
        raise ValueError("not a file that torch.save wrote")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return torch.load(path, map_location="cpu", weights_only=True)


def first_line(error: BaseException) -> str:
    """The first line of an error's message that says anything, or else its kind."""
    return next((line.strip() for line in str(error).splitlines() if line.strip()), type(error).__name__)
