"""The model that a personal training starts from: a bundle, or a checkpoint."""

import hashlib
from dataclasses import dataclass
from pathlib import Path

from transformers import RobertaForTokenClassification

from escore.bundle.bundle import Bundle, locate
from escore.bundle.manifest import MANIFEST_NAME, Source
from escore.bundle.tokenizer import WordTokenizer
from escore_export.checkpoint.checkpoint import read_start
from escore_export.checkpoint.from_bundle import roberta_of_bundle
from escore_export.errors import CheckpointError
from escore_training.model.finetune import reset_head, set_dropout


@dataclass(frozen=True, slots=True, eq=False)
class StartModel:
    """A model to continue from.

    model: in float32; a score is 300 * sigmoid(logit).
    tokenizer: finds the words of a text and their tokens.
    tokenizer_json: what a checkpoint keeps of it.
    name, license, trained_on: of the weights.
    max_tokens: of the longest window, <s> and </s> included.
    has_scores: whether it scores already; else its last layer is new.
    sha256: of what decides its scores, so that a killed training continues from the same model only.
    """

    model: RobertaForTokenClassification
    tokenizer: WordTokenizer
    tokenizer_json: bytes
    name: str
    license: str
    trained_on: tuple[Source, ...]
    max_tokens: int
    has_scores: bool
    sha256: str


def open_start(place: str | Path, dropout: float) -> StartModel:
    """Open a bundle ("default" and "fast" ship with escore) or a checkpoint's folder, with dropout for training.

    A checkpoint may be any RoBERTa of Hugging Face with its tokenizer. Raises what Bundle.open raises, and
    CheckpointError.
    """
    folder = locate(place)
    start = _from_bundle(folder) if (folder / MANIFEST_NAME).exists() else _from_checkpoint(folder)
    set_dropout(start.model, dropout)
    config = start.model.config
    config.bos_token_id, config.eos_token_id = start.tokenizer.special_ids
    return start


def _from_bundle(folder: Path) -> StartModel:
    bundle = Bundle.open(folder, "cpu")
    manifest = bundle.manifest
    if manifest.whole_words:
        problem = f"{folder}: was not trained by escore, and the bundle has lost a part of its tokenizer"
        raise CheckpointError(problem, "give the checkpoint that it was exported from")
    if manifest.personal_head is not None:
        problem = f"{folder}: has a personal head, which a training does not take over"
        raise CheckpointError(problem, "give --from its base, and all labels")
    hashes = [manifest.files[name].sha256 for name in ("model.onnx", "tokenizer.json")]
    return StartModel(
        model=roberta_of_bundle(bundle),
        tokenizer=bundle.tokenizer,
        tokenizer_json=(folder / "tokenizer.json").read_bytes(),
        name=manifest.model_name,
        license=manifest.license,
        trained_on=manifest.trained_on,
        max_tokens=manifest.max_tokens,
        has_scores=True,
        sha256=hashlib.sha256("".join(hashes).encode()).hexdigest(),
    )


def _from_checkpoint(folder: Path) -> StartModel:
    checkpoint = read_start(folder)
    if not checkpoint.has_scores:
        reset_head(checkpoint.model)
    notes = checkpoint.notes
    digest = hashlib.sha256(checkpoint.vocabulary.content.encode())
    for value in checkpoint.model.state_dict().values():
        digest.update(value.numpy().tobytes())
    return StartModel(
        model=checkpoint.model,
        tokenizer=checkpoint.vocabulary.tokenizer,
        tokenizer_json=checkpoint.vocabulary.source.encode(),
        name=f"{notes.name} {notes.version}",
        license=notes.license,
        trained_on=notes.trained_on,
        max_tokens=checkpoint.max_tokens,
        has_scores=checkpoint.has_scores,
        sha256=digest.hexdigest(),
    )
