"""The names of weights as transformers gives them, whatever a training wrapped its model in."""

import re
from collections.abc import Iterable

from torch import Tensor

ENCODER = "roberta."
HIDDEN_HEAD = ("classifier.dense.", "classifier.out_proj.")  # of transformers' RobertaClassificationHead
# Parts of a name that DistributedDataParallel, compile, FSDP, activation checkpointing and Lightning put there; no name
# of a RoBERTa has one of them.
WRAPPERS = ("module", "_orig_mod", "model", "_fsdp_wrapped_module", "_checkpoint_wrapped_module")
_LM_HEAD = "lm_head."
_EMBEDDING = "embeddings.word_embeddings.weight"
# Buffers of old versions of transformers, the pooler, which scores nothing, and what losses, metrics and averages keep.
_UNUSED = re.compile(
    r"(.*\.)?embeddings\.(position_ids|token_type_ids)|(.*\.)?pooler\.dense\.(weight|bias)|n_averaged|"
    r"((loss|criterion|metric|val_|train_|test_|valid_)\w*|\w*(loss|loss_fn|f1|accuracy|metrics?))\..*"
)
_ADAPTER = re.compile(r"(^|.*\.)(lora_\w+|base_layer|modules_to_save|ia3_l|adapter\w*)(\..*|$)")
_QUANTIZED = re.compile(
    r".*(\.SCB|\.weight_format|\.absmax|\.quant_map|\.qweight|\.qzeros|\.scales|weight_scale(_inv)?|\._packed_params.*|"
    r"\.weight_quantizer.*|\.quant_state\..*)"
)


def canonical_names(state: dict[str, Tensor]) -> tuple[dict[str, Tensor], list[str]]:
    """The tensors by the names that RobertaForTokenClassification gives them, and remarks on what was taken off.

    Raises ValueError with what keeps the names from being those of one model.
    """
    for name in state:
        if _ADAPTER.fullmatch(name):
            raise ValueError(f"hold an adapter ('{name}'), not merged into its model")
        if _QUANTIZED.fullmatch(name):
            raise ValueError(f"are quantized ('{name}')")
    named, wrappers = _unwrap(state)
    named, prefix = _strip(named)
    remarks = [f"'{part}' is taken off the names of weights" for part in (*wrappers, prefix) if part]
    named = {_legacy(name): value for name, value in named.items() if not _UNUSED.fullmatch(name)}
    if "classifier.weight" in named and any(name.startswith(_LM_HEAD) for name in named):
        named = {name: value for name, value in named.items() if not name.startswith(_LM_HEAD)}
        remarks.append("a language model's last layer (lm_head) is left out")
    return named, remarks


def _unwrap(state: dict[str, Tensor]) -> tuple[dict[str, Tensor], list[str]]:
    """Names without WRAPPERS, and those that were there."""
    named: dict[str, Tensor] = {}
    found: dict[str, None] = {}
    for name, value in state.items():
        parts = name.split(".")
        found |= dict.fromkeys(f"{part}." for part in parts if part in WRAPPERS)
        short = ".".join(part for part in parts if part not in WRAPPERS)
        if short in named:
            raise ValueError(f"hold '{short}' twice, once under another prefix")
        named[short] = value
    return named, list(found)


def _strip(state: dict[str, Tensor]) -> tuple[dict[str, Tensor], str]:
    """Names whose encoder is under "roberta.", and what stood before that, "" for nothing."""
    places = [name.removesuffix(_EMBEDDING) for name in state if name.endswith(_EMBEDDING)]
    if not places:
        raise ValueError(f"hold no encoder of a RoBERTa (nothing named '…{_EMBEDDING}')")
    if ENCODER in places:
        return state, ""
    inner = [place for place in places if place.endswith(f".{ENCODER}")]
    if len(inner or places) > 1:
        raise ValueError(f"hold several encoders, under {_list(inner or places)}: which one is meant they do not say")
    (place,) = inner or places
    if inner:  # all of the model is one level deeper
        outer = place.removesuffix(ENCODER)
        return {name.removeprefix(outer): value for name, value in state.items()}, outer
    # A bare encoder, or one by another name in a module of somebody's own.
    outer = place.rpartition(".")[0].rpartition(".")[0]
    outer = f"{outer}." if outer else ""
    named = {
        ENCODER + name.removeprefix(place) if name.startswith(place) and _is_encoder(name.removeprefix(place))
        else name.removeprefix(outer): value
        for name, value in state.items()
    }  # fmt: skip
    return named, place


def _is_encoder(name: str) -> bool:
    return name.startswith(("embeddings.", "encoder.", "pooler."))


def _legacy(name: str) -> str:
    """Until 2020 a layer norm's weight and bias were gamma and beta."""
    return re.sub(r"LayerNorm\.gamma$", "LayerNorm.weight", re.sub(r"LayerNorm\.beta$", "LayerNorm.bias", name))


def _list(names: Iterable[str]) -> str:
    return " and ".join(f"'{name}'" for name in names)
