"""A training that goes on from a checkpoint: its weights, its vocabulary, and what it thinks of the corpora."""

import hashlib
import math
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from tokenizers import Tokenizer
from torch import Tensor, nn
from transformers import RobertaForTokenClassification

from escore.scale import EDGES
from escore_export.checkpoint import checkpoint
from escore_export.checkpoint import weights as files
from escore_export.checkpoint.training_notes import Notes
from escore_export.errors import CheckpointError
from escore_training.data import packing as pieces
from escore_training.data.datasets import Source
from escore_training.labels.teacher import Opinion, keep, kept, manners
from escore_training.model.encoders import autocast
from escore_training.model.student import STEEP
from escore_training.recipe import Further, Recipe, RecipeError

FILES = ("config.json", "model.safetensors", "tokenizer.json", "training.json")  # of what `escore train` writes


@dataclass(frozen=True, slots=True, eq=False)
class Begun:
    """A checkpoint to go on from: its `model`, on the scale of training, its vocabulary, and its `notes`.

    `vocabulary` is the content of tokenizer.json, `sha256` that of all its files, one after the other.
    """

    model: RobertaForTokenClassification
    vocabulary: bytes
    notes: Notes
    sha256: str

    @property
    def tokenizer(self) -> Tokenizer:
        """The vocabulary, ready for use."""
        return Tokenizer.from_str(self.vocabulary.decode("utf-8"))

    def sources(self) -> list[dict[str, str]]:
        """The checkpoint itself and what it was made from, each under its license, as a recipe's attributions."""
        told = self.notes
        own = {"name": f"{told.name} {told.version}, its weights", "license": told.license}
        return [own, *({"name": source.name, "license": source.license} for source in told.trained_on)]


def read(folder: Path, recipe: Recipe) -> Begun:
    """Open what `escore train` wrote. Raises CheckpointError, and RecipeError where the recipe does not fit it."""
    opened = checkpoint.read(folder)
    missing = [name for name in FILES if not (folder / name).is_file()]
    if missing or opened.vocabulary.whole_words:
        found = f"has no {missing[0]}" if missing else "its tokenizer does not find words"
        raise CheckpointError(f"{folder}: not from escore train ({found}); only what that wrote can be gone on from")
    layers = int(opened.model.config.num_hidden_layers)
    if recipe.model.layers != layers:
        raise RecipeError(f"[model]: layers = {recipe.model.layers}, but {folder} has {layers}; give {layers}")
    if recipe.model.max_tokens > opened.max_tokens:
        most = opened.max_tokens
        raise RecipeError(f"[model]: max_tokens = {recipe.model.max_tokens}, but {folder} has places for {most}")
    _unscaled(opened.model, folder)
    _dropping(opened.model, recipe.training.dropout)
    contents = {name: (folder / name).read_bytes() for name in FILES}
    sha256 = hashlib.sha256(b"".join(contents.values())).hexdigest()
    return Begun(opened.model, contents["tokenizer.json"], opened.notes, sha256)


def _unscaled(model: RobertaForTokenClassification, folder: Path) -> None:
    """Take off what the checkpoint's own training did to its scale at the end (Training.steepness and shift)."""
    try:
        settings = files.json_object(folder / "training.json")["recipe"]["training"]
        steepness, shift = float(settings["steepness"]), float(settings["shift"])
        if not (steepness > 0 and math.isfinite(steepness) and math.isfinite(shift)):
            raise ValueError(f"steepness {steepness}, shift {shift}")
    except (KeyError, TypeError, ValueError) as error:
        raise CheckpointError(f"{folder / 'training.json'}: not what 'escore train' writes ({error})") from error
    with torch.no_grad():
        model.classifier.weight.div_(steepness)
        model.classifier.bias.sub_(shift).div_(steepness)


def _dropping(model: RobertaForTokenClassification, dropout: float) -> None:
    """Leave out that share of hidden values, and nothing of the attention, as minilm.start does."""
    for name, module in model.named_modules():
        if isinstance(module, nn.Dropout):
            module.p = 0.0 if name.endswith("attention.self.dropout") else dropout
    model.config.hidden_dropout_prob = dropout


def opinion(begun: Begun, recipe: Recipe, sources: list[Source], work: Path) -> Opinion:
    """What the checkpoint thinks of each token of the sources, the same for all manners; `work` keeps it."""
    path = work / "opinion.npz"
    if path.exists():
        return kept(path)
    started = time.monotonic()
    cut = pieces.of(sources, begun.tokenizer, recipe.model.max_tokens)
    ids = torch.from_numpy(cut.ids.astype(np.int64))
    padding = begun.model.roberta.embeddings.padding_idx
    tokens = sum(len(sentence) for source in sources for document in source.documents for sentence in document)

    def judge(at: Tensor, mask: Tensor) -> Tensor:
        logits = begun.model(torch.where(mask.bool(), ids[at], padding), attention_mask=mask).logits[..., 0].float()
        return classes(logits)

    begun.model.eval()
    with autocast(recipe.training.bfloat16):
        mean = pieces.asked(cut, tokens, "the checkpoint's opinion", judge)
    columns = max(1, len(manners(sources)))
    found = Opinion(mean[:, :3], np.repeat(mean[:, 3:], columns, axis=1), time.monotonic() - started)
    keep(found, path)
    return found


def classes(logits: Tensor) -> Tensor:
    """p(none), p(common noun) and p(proper noun) of what is in no entity, and p(entity): [...] to [..., 4].

    The probabilities that the ordinal loss of `student` gives a logit: of lying beyond each edge between two classes.
    """
    beyond = torch.sigmoid(STEEP * (logits[..., None] - torch.logit(torch.tensor(EDGES) / 300)))
    noun, proper, entity = beyond.unbind(-1)
    outside = torch.stack([1 - noun, noun - proper, proper - entity], -1).clamp(min=1e-6)
    return torch.cat([outside / outside.sum(-1, keepdim=True), entity[..., None]], -1)


def mean(model: RobertaForTokenClassification, before: dict[str, Any], settings: Further) -> None:
    """Give the model the mean of its weights and those `before` (WiSE-FT; Wortsman et al. 2022)."""
    with torch.no_grad():
        for name, value in model.state_dict().items():
            value.lerp_(before[name], 1 - settings.share)
