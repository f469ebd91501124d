"""The model of a checkpoint: transformers' own, with every weight where config.json says, and nothing left over."""

from dataclasses import dataclass, field
from pathlib import Path

import torch
from torch import Tensor
from transformers import RobertaConfig, RobertaForTokenClassification

from escore_export.checkpoint.config import (
    CLASS,
    LABELS_OF_HEADS,
    MULTI_LABEL,
    NEEDED,
    WITHOUT_MEANING,
    architectures,
    check_type,
    heads_of_labels,
    labels_of,
    read_config,
)
from escore_export.checkpoint.entity_labels import list_labels, read_entity_labels
from escore_export.checkpoint.files import read_json_object
from escore_export.checkpoint.hidden_head import HiddenHead
from escore_export.checkpoint.outputs import EntityLabels, Logits, Outputs, RawNumbers
from escore_export.checkpoint.weight_files import read_tensors
from escore_export.checkpoint.weight_names import ENCODER, HIDDEN_HEAD, canonical_names
from escore_export.errors import CheckpointError

_FLOATS = (torch.float32, torch.float16, torch.bfloat16, torch.float64)
_HEAD, _ORIGINAL_HEAD = "classifier.", "weights."
_NAME_THEM = "if they are labels of entities, name them so in id2label of config.json: O, B-PER, I-PER, …"


@dataclass(frozen=True, slots=True)
class Meaning:
    """What the user says of a model's outputs.

    entity_labels: they are labels of entities (O, B-PER, ...).
    number_range: they are numbers from the first to the second, as trained on, without a sigmoid; None for logits.
    """

    entity_labels: bool = False
    number_range: tuple[float, float] | None = None


@dataclass(frozen=True, slots=True)
class ReadModel:
    """A model in float32, and what was seen on the way.

    outputs: what its logits mean.
    original: whether the folder is in the original demo's layout.
    remarks: what was done to what was found, in words.
    """

    model: RobertaForTokenClassification
    outputs: Outputs
    original: bool = False
    remarks: list[str] = field(default_factory=list)


def read_encoder(folder: Path, file: Path | None = None) -> tuple[RobertaForTokenClassification, bool, list[str]]:
    """The encoder of any RoBERTa in `folder`, whether its last layer gives one score a token, and remarks.

    Where it does not (a language model, a classifier of several classes), the last layer is a new one. Raises
    CheckpointError.
    """
    path = folder / "config.json"
    content = read_json_object(path)
    check_type(path, content)
    state, remarks = _read_state(folder, file)
    if _is_original(state):
        raise CheckpointError(f"{folder}: is in the original demo's layout", "give a checkpoint of Hugging Face")
    labels = LABELS_OF_HEADS[heads_of_labels(labels_of(content)) or ()]
    config = read_config(path, content, labels)
    needed = {name: value for name, value in state.items() if name.startswith(ENCODER)}
    shapes = {"classifier.weight": (len(labels), config.hidden_size), "classifier.bias": (len(labels),)}
    has_scores = all(name in state and state[name].shape == shape for name, shape in shapes.items())
    if has_scores:
        needed |= {name: state[name] for name in shapes}
    return _build(folder, config, needed, is_new_head=not has_scores), has_scores, remarks


def read_model(folder: Path, meaning: Meaning, file: Path | None = None) -> ReadModel:
    """The model in `folder`; `file` holds its weights, None: the usual one.

    The original demo's layout is a state dict with the encoder in use under `roberta.`, the last layer under
    `weights.`, and another encoder, never used, beside them. Raises CheckpointError.
    """
    path = folder / "config.json"
    content = read_json_object(path)
    check_type(path, content)
    if (name := architectures(content).removeprefix("TF").removeprefix("Flax")) == "RobertaForSequenceClassification":
        raise CheckpointError(f"{path}: holds {name}, which judges whole texts", NEEDED)
    state, remarks = _read_state(folder, file)
    original = _is_original(state)
    if original:
        state = {
            name.replace(_ORIGINAL_HEAD, _HEAD) if name.startswith(_ORIGINAL_HEAD) else name: value
            for name, value in state.items()
            if name.startswith((ENCODER, _ORIGINAL_HEAD))
        }
    elif name not in ("", CLASS):
        raise CheckpointError(f"{path}: holds {architectures(content)}", NEEDED)
    hidden = _has_hidden_head(folder, state, name)
    if hidden:
        remarks.append("the last layer has a hidden layer before it: dense, tanh, out_proj, for each token")
    rows = _rows(folder, state, _ORIGINAL_HEAD if original else _HEAD)
    labels, outputs = _outputs(path, labels_of(content), rows, meaning, original)
    if isinstance(outputs, EntityLabels) and content.get("problem_type") == MULTI_LABEL:
        problem = f"{path}: labels that do not exclude each other (problem_type {MULTI_LABEL})"
        raise CheckpointError(problem, "take problem_type out if the loss was cross-entropy; else fine-tune anew")
    model = _build(folder, read_config(path, content, labels), state, hidden, original)
    return ReadModel(model, outputs, original, remarks)


def _read_state(folder: Path, file: Path | None) -> tuple[dict[str, Tensor], list[str]]:
    """The weights by transformers' names, and remarks. Raises CheckpointError."""
    tensors, remarks = read_tensors(folder, file)
    try:
        state, more = canonical_names(tensors)
    except ValueError as error:
        raise CheckpointError(f"{folder}: the weights {error}", NEEDED) from error
    for name, value in state.items():
        if value.dtype not in _FLOATS:
            dtype = str(value.dtype).removeprefix("torch.")
            problem = f"{folder}: the weights hold '{name}' as {dtype}, not as floating point numbers"
            raise CheckpointError(problem, "if it was quantized, export the model that it was quantized from")
    return state, [*remarks, *more]


def _is_original(state: dict[str, Tensor]) -> bool:
    return f"{_ORIGINAL_HEAD}weight" in state


def _has_hidden_head(folder: Path, state: dict[str, Tensor], architecture: str) -> bool:
    """Whether the last layer is transformers' own RobertaClassificationHead. Raises CheckpointError for another."""
    head = [name for name in state if name.startswith(_HEAD)]
    if not head:
        others = sorted({name.partition(".")[0] for name in state if not name.startswith(ENCODER)})
        if not others:
            raise CheckpointError(f"{folder}: the weights hold an encoder, and no last layer", NEEDED)
        problem = f"{folder}: the weights hold no last layer '{_HEAD}weight', but '{others[0]}'"
        raise CheckpointError(
            problem, f"{NEEDED}; if it is a linear layer of a score's logit, rename it to 'classifier'"
        )
    if all(name in (f"{_HEAD}weight", f"{_HEAD}bias") for name in head):
        return False
    own = all(name.startswith(HIDDEN_HEAD) for name in head)
    if own and architecture == CLASS:
        return True
    problem = f"{folder}: the last layer is several, such as '{head[0]}'"
    if own:
        raise CheckpointError(f"{problem}, as in a RobertaForSequenceClassification, which judges whole texts", NEEDED)
    raise CheckpointError(f"{problem}, and what is between them the weights do not say", NEEDED)


def _rows(folder: Path, state: dict[str, Tensor], head: str) -> int:
    """How many outputs a token has. Raises CheckpointError."""
    weight = state.get("classifier.weight", state.get("classifier.out_proj.weight"))
    if weight is None:
        raise CheckpointError(f"{folder}: the weights lack '{head}weight', which config.json describes", NEEDED)
    if weight.ndim != 2:
        asked = "config.json and one output a token ask for"
        raise CheckpointError(f"{folder}: the weights hold '{head}weight' in another shape than {asked}", NEEDED)
    return len(weight)


def _outputs(
    path: Path, labels: list[str], rows: int, meaning: Meaning, original: bool
) -> tuple[tuple[str, ...], Outputs]:
    """The names of a model's outputs, and what they mean. Raises CheckpointError."""
    heads = heads_of_labels(labels)
    if len(labels) != rows and not original and not all(map(WITHOUT_MEANING.fullmatch, labels)):
        problem = f"{path}: id2label names {len(labels)} outputs ({list_labels(labels)}), the weights have {rows}"
        raise CheckpointError(problem, "they must agree")
    if meaning.entity_labels:
        if heads is not None or rows == 1:
            raise CheckpointError(f"{path}: a model that gives scores, not labels", "leave out --entity-labels")
        try:
            return tuple(labels), read_entity_labels(labels or [f"LABEL_{number}" for number in range(rows)])
        except ValueError as error:
            raise CheckpointError(f"{path}: {error}", _NAME_THEM) from error
    if heads is not None and (rows == len(labels) or original) and meaning.number_range is None:
        return LABELS_OF_HEADS[heads], Logits(heads)
    if rows != 1 and not original and heads is None:
        names = list_labels(labels) if labels else "without names"
        advice = f"{NEEDED}, or --entity-labels if they are labels of entities (O, B-PER, …)"
        raise CheckpointError(f"{path}: a classifier of {rows} labels ({names})", advice)
    outputs = Logits() if meaning.number_range is None else RawNumbers(*meaning.number_range)
    return LABELS_OF_HEADS[heads or () if meaning.number_range is None else ()], outputs


def _make(config: RobertaConfig, hidden: bool) -> RobertaForTokenClassification:
    model: RobertaForTokenClassification = RobertaForTokenClassification(config)
    if hidden:
        model.add_module("classifier", HiddenHead(config))  # type: ignore[no-untyped-call]
    return model


def _build(
    folder: Path,
    config: RobertaConfig,
    state: dict[str, Tensor],
    hidden: bool = False,
    original: bool = False,
    is_new_head: bool = False,
) -> RobertaForTokenClassification:
    """The model of transformers with these weights, in float32.

    Raises CheckpointError for a weight that is missing, unexpected, of another shape, or no number.
    """
    try:
        with torch.device("meta"):  # shapes alone, so that a damaged config.json does not use up the memory
            shapes = {name: value.shape for name, value in _make(config, hidden).state_dict().items()}
    except Exception as error:  # transformers and torch raise their own
        reason = " ".join(str(error).split())[:300].rstrip(".") or type(error).__name__
        raise CheckpointError(
            f"{folder / 'config.json'}: transformers cannot make this model: {reason}", NEEDED
        ) from error
    if is_new_head:
        shapes = {name: shape for name, shape in shapes.items() if name.startswith(ENCODER)}
    missing = [name for name in shapes if name not in state]
    mismatched = [name for name, shape in shapes.items() if name in state and state[name].shape != shape]
    unexpected = [name for name in state if name not in shapes]
    _refuse(folder, missing, "lack '{}', which config.json describes", original)
    asked = "config.json and one output a token ask for" if config.num_labels == 1 else "config.json asks for"
    _refuse(folder, mismatched, f"hold '{{}}' in another shape than {asked}", original)
    _refuse(folder, unexpected, "hold '{}', which config.json does not describe", original)
    model = _make(config, hidden)
    model.load_state_dict(state, strict=not is_new_head)  # this is what makes them float32
    broken = [name for name, value in model.named_parameters() if not bool(torch.isfinite(value).all())]
    _refuse(folder, broken, "hold no numbers for '{}'", original)
    model.train(False)
    return model


def _refuse(folder: Path, names: list[str], problem: str, original: bool) -> None:
    if names:
        name = names[0].replace(_HEAD, _ORIGINAL_HEAD) if original else names[0]
        raise CheckpointError(f"{folder}: the weights {problem.format(name)}", NEEDED)


def trim_embedding(model: RobertaForTokenClassification, size: int) -> None:
    """Keep the first `size` token embeddings: the others are padding that no token has."""
    embedding = model.roberta.embeddings.word_embeddings
    embedding.weight = torch.nn.Parameter(embedding.weight.detach()[:size].clone())
    embedding.num_embeddings = model.config.vocab_size = size


def describe(outputs: Outputs, labels: dict[int, str] | None) -> str:
    """What a score is, in words, where it is not the sigmoid of a logit; else ""."""
    if isinstance(outputs, RawNumbers):
        return f"a score is the model's own number, of {outputs.low:g} to {outputs.high:g}, on the scale of 0 to 300"
    if isinstance(outputs, EntityLabels):
        names = ", ".join((labels or {})[number] for number in outputs.outside)
        return f"a score is 300 * (1 - P({names})): it says nothing of nouns that are in no entity"
    return ""
