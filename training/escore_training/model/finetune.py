"""A training that continues from a checkpoint: its weights, its vocabulary, and its predictions for the corpora."""

import hashlib
import math
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from tokenizers import Tokenizer
from torch import Tensor, nn
from transformers import RobertaForTokenClassification

from escore.bundle.manifest import Source as ManifestSource
from escore_export.checkpoint.checkpoint import read_checkpoint
from escore_export.checkpoint.files import read_json_object
from escore_export.checkpoint.training_notes import TrainingNotes
from escore_export.errors import CheckpointError
from escore_labels.tokens import ENTITY, PROPER
from escore_training.data.datasets import Source
from escore_training.data.packing import pack
from escore_training.labels.corpus_labels import annotation_schemes
from escore_training.labels.predictions import Predictions, predict_tokens
from escore_training.model.prune import check_size
from escore_training.model.student import edge_logits
from escore_training.recipe import Recipe, RecipeError
from escore_training.work import CHECKPOINT_FILES

_OLD_KEYS = {"logit_scale": "steepness", "logit_shift": "shift"}  # in training.json until escore 0.1


@dataclass(frozen=True, slots=True, eq=False)
class InitCheckpoint:
    """A checkpoint to continue from.

    model: its logits as they were before `logit_scale` and `logit_shift` of its own training.
    vocabulary: the content of tokenizer.json.
    notes: what its training.json says.
    sha256: of its files, one after the other.
    """

    model: RobertaForTokenClassification
    vocabulary: bytes
    notes: TrainingNotes
    sha256: str

    @property
    def tokenizer(self) -> Tokenizer:
        """The vocabulary, ready for use."""
        return Tokenizer.from_str(self.vocabulary.decode("utf-8"))

    def attributions(self) -> list[dict[str, str]]:
        """The checkpoint itself and what it was made from, each with its license."""
        notes = self.notes
        return attribute_weights(f"{notes.name} {notes.version}", notes.license, notes.trained_on)


def attribute_weights(name: str, license: str, trained_on: Sequence[ManifestSource]) -> list[dict[str, str]]:
    """Weights that a training starts from, and what they were made from, each with its license."""
    works = [(f"{name}, its weights", license), *((work.name, work.license) for work in trained_on)]
    return [{"name": work, "license": terms} for work, terms in works]


def read_init_checkpoint(folder: Path, recipe: Recipe) -> InitCheckpoint:
    """Open what `escore train` wrote. Raises CheckpointError, and RecipeError where the recipe does not fit it."""
    opened = read_checkpoint(folder)
    missing = [name for name in CHECKPOINT_FILES if not (folder / name).is_file()]
    if missing or opened.vocabulary.whole_words:
        reason = f"has no {missing[0]}" if missing else "its tokenizer does not find words"
        raise CheckpointError(f"{folder}: not from escore train ({reason})", "give what escore train wrote")
    check_size(opened.model.config, recipe.model)
    if recipe.model.max_tokens > opened.max_tokens:
        most = opened.max_tokens
        raise RecipeError(
            f"model.max_tokens: {recipe.model.max_tokens}, but {folder} has {most} positions", f"give at most {most}"
        )
    _undo_rescaling(opened.model, folder)
    set_dropout(opened.model, recipe.training.dropout)
    contents = {name: (folder / name).read_bytes() for name in CHECKPOINT_FILES}
    sha256 = hashlib.sha256(b"".join(contents.values())).hexdigest()
    return InitCheckpoint(opened.model, contents["tokenizer.json"], opened.notes, sha256)


def _undo_rescaling(model: RobertaForTokenClassification, folder: Path) -> None:
    """The inverse of `student.rescale_logits`, with the settings of the checkpoint's own training."""
    path = folder / "training.json"
    try:
        settings = read_json_object(path)["recipe"]["training"]
        scale, shift = (float(settings[key if key in settings else old]) for key, old in _OLD_KEYS.items())
        if not (scale > 0 and math.isfinite(scale) and math.isfinite(shift)):
            raise ValueError(f"logit_scale {scale}, logit_shift {shift}")
    except (KeyError, TypeError, ValueError) as error:
        raise CheckpointError(f"{path}: not what 'escore train' writes ({error})") from error
    with torch.no_grad():
        model.classifier.weight[0].div_(scale)
        model.classifier.bias[0].sub_(shift).div_(scale)


def set_dropout(model: RobertaForTokenClassification, dropout: float) -> None:
    """Dropout of hidden states, and none of the attention, as in `minilm.roberta_from_minilm`."""
    for name, module in model.named_modules():
        if isinstance(module, nn.Dropout):
            module.p = 0.0 if name.endswith("attention.self.dropout") else dropout
    model.config.hidden_dropout_prob = dropout


def set_outputs(model: RobertaForTokenClassification, names: tuple[str, ...]) -> None:
    """Give the model outputs of these names: its own where it has them, new ones that say nothing elsewhere."""
    old = list((model.config.id2label or {}).values())
    classifier = nn.Linear(model.config.hidden_size, len(names))
    with torch.no_grad():
        classifier.weight.zero_()
        classifier.bias.zero_()
        for number, name in enumerate(names):
            if name in old:
                classifier.weight[number] = model.classifier.weight[old.index(name)]
                classifier.bias[number] = model.classifier.bias[old.index(name)]
    model.classifier = classifier
    model.num_labels = len(names)
    model.config.id2label = dict(enumerate(names))
    model.config.label2id = {name: number for number, name in enumerate(names)}


def freeze(model: RobertaForTokenClassification, layers: int, embeddings: bool = False) -> None:
    """Keep the first layers, and what is below them, from learning; with `embeddings`, these at least."""
    frozen = [model.roberta.embeddings, *model.roberta.encoder.layer[:layers]] if layers or embeddings else []
    for module in frozen:
        module.requires_grad_(False)


def reset_head(model: RobertaForTokenClassification) -> None:
    """Start the last layer anew, the same way each time: a score near 150 for every token."""
    generator = torch.Generator().manual_seed(1)
    with torch.no_grad():
        model.classifier.weight.normal_(0.0, 0.02, generator=generator)
        model.classifier.bias.zero_()


def checkpoint_predictions(init: InitCheckpoint, recipe: Recipe, sources: list[Source], work: Path) -> Predictions:
    """What the checkpoint predicts for the sources, the same for all annotation schemes; the folder `work` keeps it.

    Sources that leave nothing open are not predicted: they have what their labels say.
    """
    path = work / "predictions.npz"
    if path.exists():
        return Predictions.load(path)
    started = time.monotonic()
    open_sources = [source for source in sources if not _is_decided(source)]
    packed = pack(open_sources, init.tokenizer, recipe.model.max_tokens)
    ids = torch.from_numpy(packed.ids.astype(np.int64))
    padding = init.model.roberta.embeddings.padding_idx
    token_count = sum(map(_count_tokens, open_sources))

    def model(index: Tensor, mask: Tensor) -> Tensor:
        logits = init.model(torch.where(mask.bool(), ids[index], padding), attention_mask=mask).logits[..., 0]
        return class_probabilities(logits.float())

    init.model.eval()
    predicted = predict_tokens(packed, token_count, "the checkpoint's predictions", model, recipe.training.bfloat16)
    parts = iter(np.split(predicted, np.cumsum([_count_tokens(source) for source in open_sources])))
    mean = np.concatenate([_label_rows(source) if _is_decided(source) else next(parts) for source in sources])
    columns = max(1, len(annotation_schemes(sources)))
    predictions = Predictions(mean[:, :3], np.repeat(mean[:, 3:], columns, axis=1), time.monotonic() - started)
    predictions.save(path)
    return predictions


def _count_tokens(source: Source) -> int:
    return sum(map(len, source.sentences()))


def _is_decided(source: Source) -> bool:
    """Whether a corpus labels the class of every token."""
    return all(token.low == token.high for sentence in source.sentences() for token in sentence)


def _label_rows(source: Source) -> NDArray[np.float32]:
    """What the labels say, as `class_probabilities` (float32, [tokens, 4]); a token of an entity is a proper noun."""
    classes = [token.low for sentence in source.sentences() for token in sentence]
    rows = np.eye(4, dtype=np.float32)
    rows[ENTITY, PROPER] = 1
    labels: NDArray[np.float32] = rows[classes]
    return labels


def class_probabilities(logits: Tensor) -> Tensor:
    """p(none), p(common noun) and p(proper noun) of what is in no entity, and p(entity): [...] to [..., 4].

    By the probabilities of being beyond each edge between two classes, as in the ordinal loss of `student.score_loss`.
    """
    noun, proper, entity = torch.sigmoid(edge_logits(logits)).unbind(-1)
    outside = torch.stack([1 - noun, noun - proper, proper - entity], -1).clamp(min=1e-6)
    return torch.cat([outside / outside.sum(-1, keepdim=True), entity[..., None]], -1)
