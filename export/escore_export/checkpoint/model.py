"""The model of a checkpoint: loaded by transformers, and refused where transformers would pass over something."""

import zipfile
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated, Any, Literal

import msgspec
import torch
from torch import Tensor
from transformers import RobertaConfig, RobertaForTokenClassification
from transformers.utils.logging import disable_progress_bar

from escore.bundle.session import HEADS, JOINS
from escore.kinds import KINDS
from escore_export.checkpoint.files import read_json_object
from escore_export.errors import CheckpointError
from escore_export.quiet import quiet

# In the order in which transformers looks for them; an index names the files ("shards") that hold the weights.
WEIGHTS = ("model.safetensors", "model.safetensors.index.json", "pytorch_model.bin", "pytorch_model.bin.index.json")
NEEDED = "give a RobertaForTokenClassification with one output a token"
# What config.json's id2label calls the outputs of a model, by the heads that it has beside the score.
LABELS_OF_HEADS: dict[tuple[str, ...], tuple[str, ...]] = {
    (): ("score",),
    (JOINS,): ("score", "join"),
    HEADS: ("score", "join", *KINDS),
}

Size = Annotated[int, msgspec.Meta(gt=0, le=1_000_000)]  # a damaged config.json must not use up the memory


class _Config(msgspec.Struct):
    """What is read of config.json, and given to RobertaConfig if it is there."""

    vocab_size: Size = 1
    hidden_size: Size = 1
    num_hidden_layers: Size = 1
    num_attention_heads: Size = 1
    intermediate_size: Size = 1
    max_position_embeddings: Size = 1
    type_vocab_size: Size = 1
    pad_token_id: Annotated[int, msgspec.Meta(ge=0)] = 1
    layer_norm_eps: Annotated[float, msgspec.Meta(gt=0, lt=1)] = 1e-12
    hidden_dropout_prob: float = 0.0
    attention_probs_dropout_prob: float = 0.0
    hidden_act: Literal["gelu"] = "gelu"
    position_embedding_type: Literal["absolute"] = "absolute"


def read_encoder(folder: Path) -> tuple[RobertaForTokenClassification, bool]:
    """The encoder of any RoBERTa in `folder`, and whether its last layer gives one score a token.

    Where it does not (a language model, a classifier of several classes), the last layer is a new one. Raises
    CheckpointError.
    """
    path = folder / "config.json"
    config = _config(path, read_json_object(path))
    _check_files(folder)
    model, problems = _load(folder, config)
    if "weights.weight" in problems["unexpected_keys"]:
        raise CheckpointError(f"{folder}: is in the original demo's layout", "give a checkpoint of Hugging Face")
    has_scores = not (problems["missing_keys"] or problems["mismatched_keys"])
    needed = {key: [name for name in problems[key] if name.startswith("roberta.")] for key in problems}
    _check_weights(folder, model, needed, "classifier.")
    return model, has_scores


def read_model(folder: Path) -> tuple[RobertaForTokenClassification, bool]:
    """The model in `folder`, in float32, and whether the folder is in the original demo's layout.

    That layout is a state dict with the encoder in use under `roberta.`, the last layer under `weights.`, and another
    encoder, never used, beside them. Raises CheckpointError.
    """
    path = folder / "config.json"
    content = read_json_object(path)
    config = _config(path, content)
    _check_files(folder)
    model, problems = _load(folder, config)
    original = "weights.weight" in problems["unexpected_keys"]
    if original:
        model, problems = _load(folder, config, {"^weights[.]": "classifier."})
    elif _architectures(content) not in ("", "RobertaForTokenClassification"):
        raise CheckpointError(f"{path}: holds {_architectures(content)}", NEEDED)
    head = "weights." if original else "classifier."  # the last layer's name in the files
    used = ("roberta.", "classifier.") if original else ""
    problems["unexpected_keys"] = [
        name for name in problems["unexpected_keys"] if name.startswith(used) and "roberta.pooler." not in name
    ]
    _check_weights(folder, model, problems, head)
    return model, original


def _check_files(folder: Path) -> None:
    """Raise CheckpointError for an adapter, and for weights that could run code or are damaged."""
    if (adapter := folder / "adapter_config.json").exists():
        raise CheckpointError(f"{adapter}: this is an adapter", "merge it into its model, and save that")
    for file in _weight_files(folder):
        if file.suffix != ".safetensors" and file.exists():
            _check_bin(file)


def _config(path: Path, content: dict[str, Any]) -> RobertaConfig:
    """The architecture that config.json describes, with outputs of LABELS_OF_HEADS; what else it says is left out."""
    if (kind := content.get("model_type")) != "roberta":
        problem = f"holds {_architectures(content) or 'a model'} of type {kind or 'unknown'}"
        raise CheckpointError(f"{path}: {problem}", NEEDED)
    if content.get("is_decoder"):
        raise CheckpointError(f"{path}: holds a decoder (is_decoder)", NEEDED)
    try:
        msgspec.convert(content, _Config)
    except msgspec.ValidationError as error:
        raise CheckpointError(f"{path}: {error}", f"{NEEDED}, GELU and absolute positions") from error
    values = {key: content[key] for key in _Config.__struct_fields__ if key in content}
    labels = LABELS_OF_HEADS[_heads(content)]
    # Eager attention is what exports to plain operators.
    return RobertaConfig(**values, **label_fields(labels), attn_implementation="eager")


def label_fields(labels: Sequence[str]) -> dict[str, dict[Any, Any]]:
    """The fields of a config that name its model's outputs."""
    return {"id2label": dict(enumerate(labels)), "label2id": {label: i for i, label in enumerate(labels)}}


def heads_of(config: RobertaConfig) -> tuple[str, ...]:
    """Which heads a model of this config has beside the score, by their names in a bundle."""
    return _heads(config.to_dict())


def _heads(content: dict[str, Any]) -> tuple[str, ...]:
    """The heads that config.json names; none where it is another classifier's, whose last layer is not one of ours."""
    names = content.get("id2label")
    names = {str(key): name for key, name in names.items()} if isinstance(names, dict) else {}
    labels = [names.get(str(number)) for number in range(len(names))]
    return next((heads for heads, known in LABELS_OF_HEADS.items() if list(known) == labels), ())


def _architectures(content: dict[str, Any]) -> str:
    """The classes that config.json names; "" for none."""
    names = content.get("architectures") or []
    return ", ".join(map(str, names)) if isinstance(names, list) else str(names)


def _weight_files(folder: Path) -> list[Path]:
    """The files that transformers will read the weights from; it says itself which are missing."""
    path = next((folder / name for name in WEIGHTS if (folder / name).exists()), None)
    if path is None or path.suffix != ".json":
        return [] if path is None else [path]
    shards = read_json_object(path).get("weight_map")
    if not isinstance(shards, dict) or any(Path(str(name)).name != name for name in shards.values()):
        raise CheckpointError(f"{path}: its 'weight_map' names other things than files of this folder", NEEDED)
    return [folder / name for name in sorted(set(shards.values()))]


def _check_bin(path: Path) -> None:
    """Raise CheckpointError for a file that is damaged, or more than a state dict of plain tensors."""
    if zipfile.is_zipfile(path):
        with zipfile.ZipFile(path) as archive:
            if name := archive.testzip():  # torch does not look at the checksums
                raise CheckpointError(f"{path}: '{name}' in it is damaged", "copy it again")
    try:
        state = torch.load(path, map_location="meta", weights_only=True)
        plain = all(isinstance(value, Tensor) and value.layout == torch.strided for value in state.values())
    except Exception:  # pickle and torch raise their own
        plain = False
    if not plain:
        problem = f"{path}: is damaged or holds more than plain tensors, and to read more could run code"
        raise CheckpointError(problem, "save a plain state dict, model.state_dict()")


def _load(
    folder: Path, config: RobertaConfig, renaming: dict[str, str] | None = None
) -> tuple[RobertaForTokenClassification, dict[str, list[str]]]:
    """The model, and the names of weights that are missing, unexpected, or of another shape (as transformers says)."""
    disable_progress_bar()  # of shards
    try:
        with quiet("transformers"):
            return RobertaForTokenClassification.from_pretrained(  # type: ignore[no-any-return]
                folder,
                config=config,
                key_mapping=renaming,
                local_files_only=True,
                weights_only=True,  # of a pickle, tensors are read and nothing is run
                ignore_mismatched_sizes=True,
                output_loading_info=True,
            )
    except Exception as error:  # torch, safetensors and transformers raise their own
        reason = " ".join(str(error).split())[:400].rstrip(".") or type(error).__name__
        problem = f"{folder}: transformers cannot load it: {reason}"
        raise CheckpointError(problem, "save it again with save_pretrained") from error


def _check_weights(
    folder: Path, model: RobertaForTokenClassification, problems: dict[str, list[str]], head: str
) -> None:
    """Raise CheckpointError for a weight that is missing, unexpected, of another shape, or no number.

    `problems` is what `_load` gives, `head` what the files call the last layer.
    """
    parameters = model.named_parameters()
    broken = [name for name, value in parameters if value.is_meta or not bool(torch.isfinite(value).all())]
    for names, problem in (
        (problems["missing_keys"], "lack '{}', which config.json describes"),
        (problems["mismatched_keys"], "hold '{}' in another shape than config.json and one output a token ask for"),
        (problems["unexpected_keys"], "hold '{}', which config.json does not describe"),
        (broken, "hold no numbers for '{}', or the index names another shard than theirs"),
    ):
        if names:
            name = names[0].replace("classifier.", head)
            raise CheckpointError(f"{folder}: the weights {problem.format(name)}", NEEDED)
