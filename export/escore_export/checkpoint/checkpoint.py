"""Open a checkpoint: a RoBERTa that scores tokens, its tokenizer, and notes on how it was made."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from torch import Tensor
from transformers import RobertaConfig, RobertaForTokenClassification

from escore_export.checkpoint import tokenizer as vocabulary
from escore_export.checkpoint import training_notes as notes
from escore_export.checkpoint import weights as files
from escore_export.checkpoint.tokenizer import Vocabulary
from escore_export.checkpoint.training_notes import Notes
from escore_export.errors import CheckpointError

NEEDED = "needed RobertaForTokenClassification with one output"
SEED_TOKENS = 192  # what the seed read at most, <s> and </s> included; it never saw a position beyond
MOST_TOKENS = 512  # RoBERTa's own window
_SIZES = (
    "vocab_size",
    "hidden_size",
    "num_hidden_layers",
    "num_attention_heads",
    "intermediate_size",
    "max_position_embeddings",
    "type_vocab_size",
)
_BUFFERS = (".position_ids", ".token_type_ids")  # what older versions of transformers saved beside the weights
LEAST_TOKENS = 16  # of a window that is any use


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """An opened checkpoint. `kind` says in words what was found; `max_tokens` is the longest window, ends included."""

    model: RobertaForTokenClassification
    vocabulary: Vocabulary
    notes: Notes
    kind: str
    max_tokens: int


def read(folder: Path) -> Checkpoint:
    """Open a Hugging Face checkpoint, what `escore train` wrote, or a checkpoint in the seed's layout.

    The seed's layout is a state dict with the encoder in use under `roberta.`, the last layer under `weights.`, and
    another encoder, never used, beside them; words were shown to it without a leading space.
    Raises CheckpointError with what was found and what is needed.
    """
    files.is_folder(folder)
    path = folder / "config.json"
    described = files.json_object(path)
    _refuse_other_kinds(path, described)
    state = {name: value for name, value in files.weights(folder).items() if not name.endswith(_BUFFERS)}
    seed = "weights.weight" in state
    if not seed:
        _refuse_other_heads(path, described)
    if not seed and "classifier.weight" not in state:
        raise CheckpointError(f"{folder}: the weights hold no last layer ('classifier.weight'); {NEEDED}")
    head = "weights." if seed else "classifier."
    if state[f"{head}weight"].ndim != 2:
        raise CheckpointError(f"{folder}: '{head}weight' is no matrix; {NEEDED}")
    outputs = len(state[f"{head}weight"])
    if outputs != 1:
        raise CheckpointError(
            f"{folder}: has {outputs} outputs a token, as a classifier of entities has{_labels(described)}; {NEEDED}"
        )
    used = {f"classifier.{name.removeprefix(head)}": value for name, value in state.items() if name.startswith(head)}
    used |= {
        name: value for name, value in state.items() if name.startswith(("roberta.embeddings.", "roberta.encoder."))
    }
    if not seed and (other := [name for name in state if not name.startswith(("roberta.", "classifier."))]):
        raise CheckpointError(
            f"{folder}: the weights hold '{other[0]}', which is no part of {NEEDED.removeprefix('needed ')}"
        )
    model = _model(path, described)
    _load(folder, model, used, head)
    words = vocabulary.read(folder, prefix_space=not seed)
    if words.size != model.config.vocab_size:
        raise CheckpointError(
            f"{folder}: the tokenizer has {words.size} tokens, the embedding {model.config.vocab_size}; they must agree"
        )
    told = notes.read(folder)
    room = positions(model)
    if room < LEAST_TOKENS:
        raise CheckpointError(f"{folder}: has {room} positions for tokens; needed {LEAST_TOKENS} or more")
    most = min(room, told.max_tokens or (SEED_TOKENS if seed else MOST_TOKENS))
    kind = "the seed's layout" if seed else "from escore train" if told.max_tokens else "Hugging Face"
    return Checkpoint(model, words, told, kind, most)


def positions(model: RobertaForTokenClassification) -> int:
    """How many tokens the model has places for, <s> and </s> included; RoBERTa counts from its padding's id on."""
    return int(model.config.max_position_embeddings) - int(model.roberta.embeddings.padding_idx) - 1


def _refuse_other_kinds(path: Path, described: dict[str, Any]) -> None:
    """What can be told from config.json before any weights are read."""
    kind = described.get("model_type")
    if kind != "roberta":
        raise CheckpointError(f"{path}: holds {_names(described) or 'a model'} of type {kind or 'unknown'}; {NEEDED}")
    for key, usual in (("hidden_act", "gelu"), ("position_embedding_type", "absolute"), ("is_decoder", False)):
        if described.get(key, usual) != usual:
            raise CheckpointError(f"{path}: has {key} {described[key]!r}; needed {usual!r}")


def _refuse_other_heads(path: Path, described: dict[str, Any]) -> None:
    """A RoBERTa for something else; the seed's layout, whose weights tell it, may say anything here."""
    if (name := _names(described)) not in ("", "RobertaForTokenClassification"):
        raise CheckpointError(f"{path}: holds {name}; {NEEDED}")


def _names(described: dict[str, Any]) -> str:
    found = described.get("architectures") or []
    return ", ".join(map(str, found)) if isinstance(found, list) else str(found)


def _labels(described: dict[str, Any]) -> str:
    labels = described.get("id2label")
    names = list(map(str, labels.values()))[:3] if isinstance(labels, dict) else []
    return f" ({', '.join(names)}, …)" if names else ""


def _model(path: Path, described: dict[str, Any]) -> RobertaForTokenClassification:
    """The architecture that config.json describes, its weights not yet there. Nothing of its size is held."""
    for key in _SIZES:
        if key in described and not (type(described[key]) is int and described[key] > 0):
            raise CheckpointError(f"{path}: describes no model that can be built: {key} is {described[key]!r}")
    ours = {
        "num_labels": 1,
        "id2label": {0: "score"},
        "label2id": {"score": 0},
        "chunk_size_feed_forward": 0,
        "gradient_checkpointing": False,
        "_attn_implementation": "eager",  # a name of another kind would be looked for on the network
    }
    try:
        with torch.device("meta"):
            model: RobertaForTokenClassification = RobertaForTokenClassification(
                RobertaConfig.from_dict(described | ours)
            )
        padding, epsilon = model.roberta.embeddings.padding_idx, model.config.layer_norm_eps
        if type(padding) is not int or padding < 0:
            raise ValueError(f"pad_token_id is {padding!r}")
        if type(epsilon) not in (float, int) or not 0 < epsilon < 1:
            raise ValueError(f"layer_norm_eps is {epsilon!r}")
    except Exception as error:  # whatever a wrong number or type makes torch and transformers raise
        reason = files.first_line(error)
        raise CheckpointError(f"{path}: describes no model that can be built: {reason}") from error
    return model


def _load(folder: Path, model: RobertaForTokenClassification, state: dict[str, Tensor], head: str) -> None:
    """Give the model its weights, in float32. Raises CheckpointError for a missing, superfluous or broken one.

    `head` is what the file calls the last layer.
    """
    loaded = {}
    for name, value in model.state_dict().items():
        told = name.replace("classifier.", head, 1)
        if name not in state:
            raise CheckpointError(f"{folder}: the weights lack '{told}', which config.json describes")
        if state[name].shape != value.shape:
            shape = tuple(state[name].shape)
            raise CheckpointError(f"{folder}: '{told}' has shape {shape}, by config.json {tuple(value.shape)}")
        loaded[name] = state[name].float()
        if not state[name].is_floating_point() or not bool(torch.isfinite(loaded[name]).all()):
            raise CheckpointError(f"{folder}: '{told}' holds values that are no numbers")
    if extra := sorted(state.keys() - loaded.keys()):
        raise CheckpointError(f"{folder}: the weights hold '{extra[0]}', which config.json does not describe")
    model.load_state_dict(loaded, assign=True)
    embeddings = model.roberta.embeddings  # what is no weight, and so came from no file
    places = torch.arange(model.config.max_position_embeddings).expand((1, -1))
    embeddings.register_buffer("position_ids", places, persistent=False)
    embeddings.register_buffer("token_type_ids", torch.zeros_like(places), persistent=False)
    model.train(False)
