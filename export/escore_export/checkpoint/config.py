"""config.json: the architecture that it describes, and the names of the outputs."""

import re
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated, Any, Literal

import msgspec
from transformers import RobertaConfig

from escore.bundle.session import HEADS, JOINS
from escore.kinds import KINDS
from escore_export.errors import CheckpointError

CLASS = "RobertaForTokenClassification"
NEEDED = f"give a {CLASS} with one output a token"
# What config.json's id2label calls the outputs of a model, by the heads that it has beside the score.
LABELS_OF_HEADS: dict[tuple[str, ...], tuple[str, ...]] = {
    (): ("score",),
    (JOINS,): ("score", "join"),
    HEADS: ("score", "join", *KINDS),
}

WITHOUT_MEANING = re.compile(
    r"LABEL[-_ ]?\d+|\d+", re.IGNORECASE
)  # what transformers calls outputs that nobody named; numbers

REGRESSION, MULTI_LABEL = "regression", "multi_label_classification"
PROBLEM_TYPES = (REGRESSION, MULTI_LABEL, "single_label_classification")  # transformers knows no others
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


def read_config(path: Path, content: dict[str, Any], labels: Sequence[str]) -> RobertaConfig:
    """The architecture that config.json describes, with these outputs; what else it says is left out.

    Raises CheckpointError where it is not that of a RoBERTa.
    """
    try:
        msgspec.convert(content, _Config)
    except msgspec.ValidationError as error:
        raise CheckpointError(f"{path}: {error}", f"{NEEDED}, GELU and absolute positions") from error
    values = {key: content[key] for key in _Config.__struct_fields__ if key in content}
    # Eager attention is what exports to plain operators.
    problem_type = content.get("problem_type")  # what people write there, which this class of model does not look at
    values |= {"problem_type": problem_type} if problem_type in PROBLEM_TYPES else {}
    return RobertaConfig(**values, **label_fields(labels), attn_implementation="eager")


def check_type(path: Path, content: dict[str, Any]) -> None:
    """Raise CheckpointError for another model than a RoBERTa, and for one whose weights are quantized."""
    if (kind := content.get("model_type")) != "roberta":
        problem = f"holds {architectures(content) or 'a model'} of type {kind or 'unknown'}"
        raise CheckpointError(f"{path}: {problem}", NEEDED)
    if content.get("is_decoder"):
        raise CheckpointError(f"{path}: holds a decoder (is_decoder)", NEEDED)
    if quantization := content.get("quantization_config"):
        method = quantization.get("quant_method") if isinstance(quantization, dict) else None
        problem = f"{path}: the weights are quantized (quantization_config, {method or 'of an unknown method'})"
        raise CheckpointError(problem, "export the model that it was quantized from")


def label_fields(labels: Sequence[str]) -> dict[str, dict[Any, Any]]:
    """The fields of a config that name its model's outputs."""
    return {"id2label": dict(enumerate(labels)), "label2id": {label: i for i, label in enumerate(labels)}}


def labels_of(content: dict[str, Any]) -> list[str]:
    """The names of the outputs, in order; [] where config.json has none, or not one for each number from 0 on.

    They are those of id2label; of label2id where id2label says nothing (LABEL_0), as where only one of both was set.
    """
    names, numbers = content.get("id2label"), content.get("label2id")
    named = _in_order(dict(enumerate(names)) if isinstance(names, list) else names)
    if all(map(WITHOUT_MEANING.fullmatch, named)):
        inverse = {number: label for label, number in numbers.items()} if isinstance(numbers, dict) else {}
        return _in_order(inverse) or named
    return named


def _in_order(names: object) -> list[str]:
    """The names by their numbers, which may be strings; [] where a number is missing."""
    if not isinstance(names, dict):
        return []
    by_number = {str(number): str(name) for number, name in names.items()}
    labels = [by_number.get(str(number)) for number in range(len(by_number))]
    return [label for label in labels if label is not None] if None not in labels else []


def heads_of(config: RobertaConfig) -> tuple[str, ...]:
    """Which heads a model of this config has beside the score, by their names in a bundle."""
    return heads_of_labels(labels_of(config.to_dict())) or ()


def heads_of_labels(labels: Sequence[str]) -> tuple[str, ...] | None:
    """The heads that outputs of these names are; None where they are another classifier's."""
    return next((heads for heads, known in LABELS_OF_HEADS.items() if known == tuple(labels)), None)


def architectures(content: dict[str, Any]) -> str:
    """The classes that config.json names; "" for none."""
    names = content.get("architectures") or []
    return ", ".join(map(str, names)) if isinstance(names, list) else str(names)
