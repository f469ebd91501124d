"""A checkpoint: a RoBERTa that scores tokens, its tokenizer, and notes on how it was trained."""

from dataclasses import dataclass, replace
from pathlib import Path

from transformers import RobertaForTokenClassification

from escore_export.checkpoint.config import heads_of
from escore_export.checkpoint.folder import find_checkpoint
from escore_export.checkpoint.model import Meaning, describe, read_encoder, read_model, trim_embedding
from escore_export.checkpoint.outputs import Logits, Outputs
from escore_export.checkpoint.tokenizer import Vocabulary, read_vocabulary
from escore_export.checkpoint.training_notes import TrainingNotes, read_notes
from escore_export.errors import CheckpointError

MIN_TOKENS = 16  # the shortest window that is of any use
MAX_TOKENS = 512  # RoBERTa's own window
OVERLAP = 16  # tokens that neighboring windows share; see docs/decisions.md
HUGGING_FACE, ORIGINAL = "Hugging Face", "the original demo's layout"
ORIGINAL_MAX_TOKENS = 192  # the original demo's window: its model never saw a position beyond
ORIGINAL_REMARK = "the demo cut texts into sentences and scored one at a time: give sentences to get its scores"
ORIGINAL_TEXTS = """\
Texts are cut sentence by sentence: the demo that this model was made for scored one sentence at a time, and the model
has seen nothing else. A window of a longer text holds several sentences, whose scores differ from the demo's. To get
those, give it a sentence at a time: a line each with `escore run --lines`, or the words of each to
`Scorer.score_words`."""
PADDINGS = (8, 16, 32, 64, 128, 256, 512, 1024)


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """An opened checkpoint.

    outputs: what its logits mean.
    kind: where it comes from, in words.
    max_tokens: the longest window that the model was trained on, <s> and </s> included.
    has_scores: whether the last layer gives a score; else it is a new one, to be trained.
    remarks: what was changed of what the folder holds, in words.
    """

    model: RobertaForTokenClassification
    outputs: Outputs
    vocabulary: Vocabulary
    notes: TrainingNotes
    kind: str
    max_tokens: int
    has_scores: bool = True
    remarks: tuple[str, ...] = ()


def read_checkpoint(path: Path, meaning: Meaning | None = None) -> Checkpoint:
    """Open a Hugging Face checkpoint, what `escore train` wrote, or a checkpoint in the original demo's layout.

    path: its folder, or one of several files of weights in that.
    meaning: what its outputs are, where they are no logits of scores.

    The original demo showed its words to the model without a leading space, and a sentence at a time.
    Raises CheckpointError with what is wrong and what is needed.
    """
    folder, file = find_checkpoint(path)
    read = read_model(folder, meaning or Meaning(), file)
    checkpoint = _with_tokenizer(folder, read.model, read.outputs, ORIGINAL if read.original else "")
    remarks, limits = [*read.remarks, *checkpoint.remarks], checkpoint.notes.limits
    if read.original:
        remarks.append(ORIGINAL_REMARK)
        limits = f"{ORIGINAL_TEXTS}\n\n{limits}"
    if about := describe(read.outputs, read.model.config.id2label):
        remarks.append(about)
        limits = f"{about[0].upper()}{about[1:]}.\n\n{limits}"
    notes = replace(checkpoint.notes, limits=limits.strip())
    return replace(checkpoint, notes=notes, remarks=tuple(remarks))


def read_start(path: Path) -> Checkpoint:
    """Open any RoBERTa of Hugging Face, to train it further; one that gives no scores gets a new last layer.

    Raises CheckpointError as read_checkpoint, and for the original demo's layout.
    """
    folder, file = find_checkpoint(path)
    model, has_scores, remarks = read_encoder(folder, file)
    checkpoint = _with_tokenizer(folder, model, Logits(heads_of(model.config)), is_start=True)
    return replace(checkpoint, has_scores=has_scores, remarks=(*remarks, *checkpoint.remarks))


def _with_tokenizer(
    folder: Path, model: RobertaForTokenClassification, outputs: Outputs, kind: str = "", is_start: bool = False
) -> Checkpoint:
    """The checkpoint of a model that was read; `kind` is "" for one that Hugging Face's or our own code wrote."""
    notes = read_notes(folder)
    vocabulary = read_vocabulary(folder, not kind, adds_ends=is_start or notes.max_tokens is not None)
    remarks = list(vocabulary.remarks)
    rows, tokens = model.config.vocab_size, vocabulary.reach
    if rows > tokens and _is_padded(tokens, rows):
        trim_embedding(model, tokens)
        remarks.append(f"the embedding is cut from {rows} to {tokens} tokens, those of the tokenizer")
    elif not vocabulary.size <= rows <= tokens:
        problem = f"{folder}: the tokenizer has {vocabulary.size} tokens, the embedding {rows}"
        raise CheckpointError(problem, "they must agree")
    if max(ends := vocabulary.tokenizer.special_ids) >= model.config.vocab_size:
        problem = f"{folder}: the tokenizer puts the ids {ends} at the ends of a text, the embedding has {rows} tokens"
        raise CheckpointError(problem, "they must agree")
    positions = count_positions(model)
    if positions < MIN_TOKENS:
        raise CheckpointError(f"{folder}: has {positions} positions for tokens", f"{MIN_TOKENS} or more are needed")
    max_tokens = notes.max_tokens or (ORIGINAL_MAX_TOKENS if kind else MAX_TOKENS)
    kind = kind or ("from escore train" if notes.max_tokens else HUGGING_FACE)
    return Checkpoint(model, outputs, vocabulary, notes, kind, min(positions, max_tokens), remarks=tuple(remarks))


def _is_padded(tokens: int, rows: int) -> bool:
    """Whether an embedding is only padded: to a multiple of a power of two, which matrix units multiply faster."""
    return any(rows % multiple == 0 and 0 < rows - tokens < multiple for multiple in PADDINGS)


def count_positions(model: RobertaForTokenClassification) -> int:
    """How many tokens the model has positions for, <s> and </s> included; RoBERTa's begin behind its padding id."""
    return int(model.config.max_position_embeddings) - int(model.roberta.embeddings.padding_idx) - 1
