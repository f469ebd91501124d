"""The model that a personal training starts from: a bundle, or a checkpoint."""

import hashlib
from dataclasses import dataclass
from pathlib import Path

from transformers import RobertaForTokenClassification

from escore.bundle.bundle import Bundle, locate
from escore.bundle.manifest import MANIFEST_NAME, Source
from escore.bundle.tokenizer import WordTokenizer
from escore_export.checkpoint.checkpoint import read_checkpoint
from escore_export.checkpoint.from_bundle import roberta_of_bundle
from escore_export.errors import CheckpointError
from escore_training.model.finetune import set_dropout


@dataclass(frozen=True, slots=True, eq=False)
class StartModel:
    """A model to continue from.

    model: in float32; a score is 300 * sigmoid(logit).
    tokenizer_json: the content of its tokenizer.json, which finds the words of a text.
    name, license, trained_on: of the weights.
    max_tokens: of the longest window, <s> and </s> included.
    sha256: of what decides its scores, so that a killed training continues from the same model only.
    """

    model: RobertaForTokenClassification
    tokenizer_json: str
    name: str
    license: str
    trained_on: tuple[Source, ...]
    max_tokens: int
    sha256: str

    @property
    def tokenizer(self) -> WordTokenizer:
        """The tokenizer, ready for use."""
        return WordTokenizer(self.tokenizer_json, whole_words=False)


def open_start(place: str | Path, dropout: float) -> StartModel:
    """Open a bundle ("default" is the one that ships) or the folder of a checkpoint, with dropout for training.

    Raises what Bundle.open raises, and CheckpointError.
    """
    folder = locate(place)
    start = _from_bundle(folder) if (folder / MANIFEST_NAME).exists() else _from_checkpoint(folder)
    set_dropout(start.model, dropout)
    return start


def _from_bundle(folder: Path) -> StartModel:
    bundle = Bundle.open(folder, "cpu")
    manifest = bundle.manifest
    if manifest.whole_words:
        raise CheckpointError(f"{folder}: its tokenizer finds no words", "give a model that 'escore train' made")
    hashes = [manifest.files[name].sha256 for name in ("model.onnx", "tokenizer.json")]
    return StartModel(
        model=roberta_of_bundle(bundle),
        tokenizer_json=(folder / "tokenizer.json").read_text("utf-8"),
        name=f"{manifest.name} {manifest.version}",
        license=manifest.license,
        trained_on=manifest.trained_on,
        max_tokens=manifest.max_tokens,
        sha256=hashlib.sha256("".join(hashes).encode()).hexdigest(),
    )


def _from_checkpoint(folder: Path) -> StartModel:
    checkpoint = read_checkpoint(folder)
    if checkpoint.vocabulary.whole_words:
        raise CheckpointError(f"{folder}: its tokenizer finds no words", "give a model that 'escore train' made")
    notes = checkpoint.notes
    digest = hashlib.sha256(checkpoint.vocabulary.content.encode())
    for value in checkpoint.model.state_dict().values():
        digest.update(value.numpy().tobytes())
    return StartModel(
        model=checkpoint.model,
        tokenizer_json=checkpoint.vocabulary.content,
        name=f"{notes.name} {notes.version}",
        license=notes.license,
        trained_on=notes.trained_on,
        max_tokens=checkpoint.max_tokens,
        sha256=digest.hexdigest(),
    )
