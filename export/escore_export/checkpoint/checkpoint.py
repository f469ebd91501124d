"""A checkpoint: a RoBERTa that scores tokens, its tokenizer, and notes on how it was trained."""

from dataclasses import dataclass, replace
from pathlib import Path

from transformers import RobertaForTokenClassification

from escore_export.checkpoint.model import read_encoder, read_model
from escore_export.checkpoint.tokenizer import Vocabulary, read_vocabulary
from escore_export.checkpoint.training_notes import TrainingNotes, read_notes
from escore_export.errors import CheckpointError

MIN_TOKENS = 16  # the shortest window that is of any use
MAX_TOKENS = 512  # RoBERTa's own window
OVERLAP = 48  # tokens that neighboring windows share; see docs/decisions.md
ORIGINAL_MAX_TOKENS = 192  # the original demo's window: its model never saw a position beyond


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """An opened checkpoint.

    kind: where it comes from, in words.
    max_tokens: the longest window that the model was trained on, <s> and </s> included.
    has_scores: whether the last layer gives a score; else it is a new one, to be trained.
    """

    model: RobertaForTokenClassification
    vocabulary: Vocabulary
    notes: TrainingNotes
    kind: str
    max_tokens: int
    has_scores: bool = True


def read_checkpoint(folder: Path) -> Checkpoint:
    """Open a Hugging Face checkpoint, what `escore train` wrote, or a checkpoint in the original demo's layout.

    The original demo showed its words to the model without a leading space.
    Raises CheckpointError with what is wrong and what is needed.
    """
    _check_folder(folder)
    model, original = read_model(folder)
    kind = "the original demo's layout" if original else ""
    return _with_tokenizer(folder, model, kind)


def read_start(folder: Path) -> Checkpoint:
    """Open any RoBERTa of Hugging Face, to train it further; one that gives no scores gets a new last layer.

    Raises CheckpointError as read_checkpoint, and for the original demo's layout.
    """
    _check_folder(folder)
    model, has_scores = read_encoder(folder)
    return replace(_with_tokenizer(folder, model), has_scores=has_scores)


def _check_folder(folder: Path) -> None:
    if not folder.is_dir():
        problem = "not a folder" if folder.exists() else "no such folder"
        raise CheckpointError(f"{folder}: {problem}", "give a checkpoint")


def _with_tokenizer(folder: Path, model: RobertaForTokenClassification, kind: str = "") -> Checkpoint:
    """The checkpoint of a model that was read; `kind` is "" for one that Hugging Face's or our own code wrote."""
    vocabulary = read_vocabulary(folder, prefix_space=not kind)
    size = model.config.vocab_size
    if vocabulary.size != size:
        problem = f"{folder}: the tokenizer has {vocabulary.size} tokens, the embedding {size}"
        raise CheckpointError(problem, "they must agree")
    notes = read_notes(folder)
    positions = count_positions(model)
    if positions < MIN_TOKENS:
        raise CheckpointError(f"{folder}: has {positions} positions for tokens", f"{MIN_TOKENS} or more are needed")
    max_tokens = notes.max_tokens or (ORIGINAL_MAX_TOKENS if kind else MAX_TOKENS)
    kind = kind or ("from escore train" if notes.max_tokens else "Hugging Face")
    return Checkpoint(model, vocabulary, notes, kind, min(positions, max_tokens))


def count_positions(model: RobertaForTokenClassification) -> int:
    """How many tokens the model has positions for, <s> and </s> included; RoBERTa's begin behind its padding id."""
    return int(model.config.max_position_embeddings) - int(model.roberta.embeddings.padding_idx) - 1
