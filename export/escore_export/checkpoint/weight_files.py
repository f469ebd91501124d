"""The files that hold a checkpoint's weights, read as tensors and nothing else: no code in them ever runs."""

import re
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import torch
from safetensors import safe_open
from torch import Tensor

from escore_export.checkpoint.files import check_content, read_json_object
from escore_export.errors import CheckpointError

# In the order in which transformers looks for them; an index names the files ("shards") that hold the weights.
NAMES = ("model.safetensors", "model.safetensors.index.json", "pytorch_model.bin", "pytorch_model.bin.index.json")
SAVE = "save a plain state dict: torch.save(model.state_dict(), 'pytorch_model.bin')"
SUFFIXES = (".safetensors", ".bin", ".pt", ".pth", ".ckpt")
# What lies beside the weights and holds none of the model's: Trainer's, accelerate's, adapters', averages'.
_BESIDE = re.compile(
    r"(optimizer|scheduler|scaler|rng_state|training_args|random_states|dist_|sampler|custom_checkpoint|adapter_|ema|"
    r"model_ema|swa).*"
)
# What other libraries save, by the end of its name.
_OTHERS = {
    "tf_model.h5": "TensorFlow's weights",
    "flax_model.msgpack": "Flax's weights",
    "rust_model.ot": "Rust's weights",
    ".onnx": "an ONNX graph",
    ".gguf": "GGUF's weights",
    ".tflite": "TensorFlow's weights",
    "openvino_model.bin": "OpenVINO's weights",
}
_SHARDED = {
    "zero_to_fp32.py": ("DeepSpeed's parts of weights", "run 'python zero_to_fp32.py . .' in that folder first"),
    "*/*.distcp": ("FSDP's parts of weights", "run 'accelerate merge-weights' on it first"),
    "*.distcp": ("FSDP's parts of weights", "run 'accelerate merge-weights' on it first"),
    "*/mp_rank_*_model_states.pt": ("DeepSpeed's parts of weights", "run its zero_to_fp32.py first"),
}
_SHARD = re.compile(r"(.+)-\d+-of-\d+\.\w+")  # what transformers calls the parts of weights
_ENCODER = "embeddings.word_embeddings.weight"  # the end of a name that only a model's weights have


def read_tensors(folder: Path, file: Path | None = None) -> tuple[dict[str, Tensor], list[str]]:
    """The tensors of the checkpoint in `folder` by their names there, and remarks on where they were found.

    `file` holds them; None: the usual one, or the only one.

    Raises CheckpointError for files that are missing, damaged, or more than tensors.
    """
    if file and _SHARD.fullmatch(file.name):
        raise CheckpointError(f"{file}: a part of the weights", f"give its folder, {folder}")
    usual = next((folder / name for name in NAMES if _is_there(folder / name)), None)
    path = file or usual or _other_file(folder)
    remarks = [] if path == usual else [f"the weights are those of {path.name}"]
    if path.suffix == ".json":
        return _read_shards(path), remarks
    state, key = _read(path)
    if key:
        remarks.append(f"of {path.name}, the tensors under '{key}' are taken")
    return state, remarks


def _is_there(path: Path) -> bool:
    return path.exists() or path.is_symlink()


def _other_file(folder: Path) -> Path:
    """The one file of weights by another name. Raises CheckpointError."""
    files = sorted(path for path in folder.iterdir() if path.suffix in SUFFIXES and not path.is_dir())
    files = [path for path in files if not _BESIDE.fullmatch(path.name) and path.name != "openvino_model.bin"]
    if sets := sorted({match[1] for path in files if (match := _SHARD.fullmatch(path.name))}):
        index = f"{sets[0]}{files[0].suffix}.index.json"
        raise CheckpointError(f"{folder}: the weights are in parts, and {index} is missing", "copy it too")
    if len(files) == 1:
        return files[0]
    if files:
        names = ", ".join(path.name for path in files[:4])
        advice = f"give the one that you mean, such as {files[0]}"
        raise CheckpointError(f"{folder}: several files of weights ({names})", advice)
    for pattern, (what, advice) in _SHARDED.items():
        if next(folder.glob(pattern), None):
            raise CheckpointError(f"{folder}: holds {what}", advice)
    for path in sorted(folder.iterdir()):
        for end, what in _OTHERS.items():
            if path.name.endswith(end):
                advice = "save the model from torch, with save_pretrained"
                raise CheckpointError(f"{path}: {what}, and none of torch beside it", advice)
    raise CheckpointError(
        f"{folder}: has no weights", f"a checkpoint needs {NAMES[0]} or {NAMES[2]}, whole or in shards"
    )


def _read_shards(index: Path) -> dict[str, Tensor]:
    """The tensors of all shards that an index names. Raises CheckpointError."""
    shards = read_json_object(index).get("weight_map")
    names = shards.values() if isinstance(shards, dict) else [""]
    if any(not isinstance(name, str) or not name or Path(name).name != name for name in names):
        raise CheckpointError(
            f"{index}: its 'weight_map' names other things than files of this folder", "copy it again"
        )
    assert isinstance(shards, dict)
    state: dict[str, Tensor] = {}
    for name in sorted(set(shards.values())):
        path = index.parent / name
        if not _is_there(path):
            raise CheckpointError(f"{path}: No such file, though {index.name} names it", "copy all shards")
        state |= _read(path)[0]
    if missing := sorted(shards.keys() - state.keys()):
        raise CheckpointError(f"{index}: no shard holds '{missing[0]}', which it names", "copy all files again")
    return state


def _read(path: Path) -> tuple[dict[str, Tensor], str]:
    """The tensors of one file, and the key that they are under, "" for none. Raises CheckpointError."""
    check_content(path)
    return (_read_safetensors(path), "") if path.suffix == ".safetensors" else _read_pickle(path)


def _read_safetensors(path: Path) -> dict[str, Tensor]:
    try:
        with safe_open(path, "pt") as file:
            origin = (file.metadata() or {}).get("format", "pt")
            state = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118  not a dict
    except OSError as error:
        raise CheckpointError(f"{path}: {error.strerror or error}", "make it readable") from error
    except Exception as error:  # safetensors raises its own
        raise CheckpointError(f"{path}: damaged or cut off: {_line(error)}", "copy it again") from error
    if origin in ("tf", "flax"):
        raise CheckpointError(f"{path}: weights of {origin}", "save the model from torch, with save_pretrained")
    return state


def _read_pickle(path: Path) -> tuple[dict[str, Tensor], str]:
    is_zip = zipfile.is_zipfile(path)
    if is_zip:
        with zipfile.ZipFile(path) as archive:
            if name := archive.testzip():  # torch does not look at the checksums
                raise CheckpointError(f"{path}: '{name}' in it is damaged", "copy it again")
    try:
        content = torch.load(path, map_location="cpu", weights_only=True, mmap=is_zip or None)
    except Exception as error:  # pickle and torch raise their own
        raise CheckpointError(f"{path}: {_not_loaded(error)}, and to read more could run code", SAVE) from error
    state, key = _choose(path, content)
    for name, value in state.items():
        if value.is_quantized:
            raise CheckpointError(f"{path}: '{name}' is quantized", "export the model that it was quantized from")
        if value.is_meta:
            raise CheckpointError(f"{path}: holds no numbers for '{name}', a tensor on the meta device", SAVE)
        if value.layout != torch.strided:
            raise CheckpointError(f"{path}: holds more than plain tensors: '{name}' is sparse", SAVE)
    return state, key


def _not_loaded(error: Exception) -> str:
    """What keeps torch from reading a file as tensors alone."""
    text = str(error)
    if "TorchScript" in text:
        return "is a TorchScript archive"
    if match := re.search(r"(?:Unsupported global: GLOBAL|Unsupported class) (\S+)", text):
        return f"holds more than plain tensors ('{match[1]}')"
    return "is damaged or holds more than plain tensors"


def _choose(path: Path, content: object) -> tuple[dict[str, Tensor], str]:
    """The one state dict in what a file holds: itself, or what Lightning and others put under a key."""
    if not isinstance(content, dict):
        raise CheckpointError(f"{path}: holds no dict of tensors", SAVE)
    own = {str(name): value for name, value in content.items() if isinstance(value, Tensor)}
    if _has_encoder(own):
        return own, ""
    inside = dict(_nested(content))
    if len(inside) > 1:
        keys = ", ".join(f"'{key}'" for key in inside)
        problem = f"{path}: holds the weights of {len(inside)} models, under {keys}"
        raise CheckpointError(problem, f"choose one: torch.save(torch.load('{path.name}')[KEY], 'pytorch_model.bin')")
    if not inside:
        if own:
            return own, ""  # of another model: what is missing is said by who knows the names
        raise CheckpointError(f"{path}: holds more than plain tensors, and no state dict of a model", SAVE)
    ((key, state),) = inside.items()
    return {str(name): value for name, value in state.items() if isinstance(value, Tensor)}, key


def _nested(content: dict[Any, Any], depth: int = 3) -> Iterator[tuple[str, dict[Any, Any]]]:
    """The state dicts of models in a dict of dicts, with the keys to each, joined by dots."""
    for key, value in content.items():
        if isinstance(value, dict):
            if _has_encoder(value):
                yield str(key), value
            elif depth:
                yield from ((f"{key}.{inner}", state) for inner, state in _nested(value, depth - 1))


def _has_encoder(state: dict[Any, Any]) -> bool:
    return any(str(name).endswith(_ENCODER) and isinstance(value, Tensor) for name, value in state.items())


def _line(error: Exception) -> str:
    return " ".join(str(error).split())[:300].rstrip(".") or type(error).__name__
