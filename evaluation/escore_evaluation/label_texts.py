"""Labeled files of any format that `escore labels` reads as texts to measure on, and general text beside them."""

from collections.abc import Callable, Mapping, Sequence, Set
from dataclasses import dataclass, field, replace
from itertools import chain, compress
from pathlib import Path

import msgspec
import numpy as np

from escore_evaluation.perturbations import PERTURBATIONS
from escore_evaluation.scoring import LabeledTexts
from escore_evaluation.suite import Row
from escore_labels.adjudicate import adjudicate, to_labeled_text
from escore_labels.formats import read_placed
from escore_labels.general import general_records
from escore_labels.merge import merge_records
from escore_labels.notes import Note, Notes
from escore_labels.readers.source import Placed
from escore_labels.record import Record, RecordError
from escore_labels.split import is_held_out
from escore_labels.tag_map import USUAL_TAGS, TagMap
from escore_labels.texts import LabeledText, join_sentences
from escore_labels.tokens import ENTITY, NONE, CorpusError, Token

GENERAL = "general"  # the row of the general text that ships
ALL_FILES = "all files"  # the row of all texts of several files


@dataclass(frozen=True, slots=True)
class LabelOptions:
    """How labeled files are read.

    format: of all files, as escore_labels.formats names it; None: found by looking.
    tags: what the tags of foreign formats are worth.
    held_out: only the texts that training holds back.
    sentences: texts of a file that are scored as one, such as the sentences of a document.
    prefer: whose labels win where two people differ; None: such words are left open.
    feedback: files of corrections, which are read already.
    """

    format: str | None = None
    tags: TagMap = USUAL_TAGS
    held_out: bool = False
    sentences: int = 1
    prefer: str | None = None
    feedback: Mapping[Path, Sequence[Placed]] = field(default_factory=dict)


def read_label_rows(
    rows: Sequence[Row], options: LabelOptions, warn: Callable[[str], None]
) -> list[tuple[Row, LabeledTexts]]:
    """The texts of rows of labeled files, and after several of them a row of all, in which each text counts once.

    `warn` gets a line for all that is left out or cannot be said. Raises RecordError and CorpusError, also where no
    word is labeled, and MissingSpacyError.
    """
    _check_files([file for row in rows for file in row.files])
    notes = Notes()
    files = [_read(row, options, notes) for row in rows]
    read = [_file_row(row, placed, options, notes) for row, placed in zip(rows, files, strict=True)]
    are_there = [bool(texts.texts) for _, texts in read]
    if sum(are_there) > 1:
        pooled = _pooled_row(list(compress(rows, are_there)), list(compress(files, are_there)), options, notes)
        read, are_there = [*read, pooled], [*are_there, True]
    for line in notes.lines():
        warn(line)
    for row, texts in read:
        if not texts.texts:
            warn(f"{row.label}: no text is held out; the file is left out")
    if not any(are_there):
        raise RecordError("no text is held out", "leave out --held-out, or label more texts: every fifth is held out")
    return list(compress(read, are_there))


def read_general_row() -> tuple[Row, LabeledTexts]:
    """The general text that ships with escore, as a row."""
    records = [(record.id, record) for record in general_records()]
    return Row(GENERAL, ()), _texts([records], set(), "kept", LabelOptions())


def _check_files(files: Sequence[Path]) -> None:
    first: set[Path] = set()
    for file in files:
        if file.resolve() in first:
            raise RecordError(f"{file}: given twice", "give each file once")
        first.add(file.resolve())


def _read(row: Row, options: LabelOptions, notes: Notes) -> list[Placed]:
    """The records of a row's file that are to be measured, each text once."""
    (file,) = row.files
    if file in options.feedback:
        placed = list(options.feedback[file])
        if not placed:
            raise CorpusError(f"{file}: no corrections in it", "correct some words first")
    else:
        placed = list(read_placed(file, options.format, options.tags, notes.add))
    (united,) = _unite([placed], "a text is there again, and is measured once", notes)
    return [(place, record) for place, record in united if not options.held_out or is_held_out(record)]


def _unite(files: Sequence[Sequence[Placed]], problem: str, notes: Notes) -> list[list[Placed]]:
    """Each text once, with all that is said of it, in the first of the files that has it; `problem` is noted of others.

    Ids are of no use here, and a sentence that a corpus has twice has two.
    """
    first: dict[str, tuple[int, str]] = {}
    for number, placed in enumerate(files):
        for place, record in placed:
            if first.setdefault(record.text, (number, place)) != (number, place):
                notes.add(Note(place, "duplicate", problem))
    without_ids = ((place, msgspec.structs.replace(record, id="")) for place, record in chain.from_iterable(files))
    united: list[list[Placed]] = [[] for _ in files]
    for record in merge_records(without_ids, notes.add):
        number, place = first[record.text]
        united[number].append((place, record))
    return united


def _file_row(row: Row, placed: Sequence[Placed], options: LabelOptions, notes: Notes) -> tuple[Row, LabeledTexts]:
    _note_conflicts(placed, options, notes)
    texts = _texts([placed], _first_half(placed, options), row.change, options)
    if texts.texts and not any(_says_something(token) for text in texts.texts for token in text.tokens):
        raise CorpusError(f"{row.files[0]}: no word is labeled", "label or review some first")
    return row, texts


def _pooled_row(
    rows: Sequence[Row], files: Sequence[Sequence[Placed]], options: LabelOptions, notes: Notes
) -> tuple[Row, LabeledTexts]:
    """All files as one. No text judges a calibration table that it fits in one of the files."""
    united = _unite(files, "a text is in another file too, and counts once in all files", notes)
    said_before = {record for placed in files for _, record in placed}
    new = [(place, record) for place, record in chain.from_iterable(united) if record not in said_before]
    _note_conflicts(new, options, notes)
    fitted: set[str] = set()
    for row, placed in zip(rows, files, strict=True):
        if row.calibrates:
            fitted |= _first_half(placed, options)
    pooled = Row(
        ALL_FILES,
        tuple(file for row in rows for file in row.files),
        rows[0].change,
        any(row.calibrates for row in rows),
    )
    return pooled, _texts(united, fitted, pooled.change, options)


def _note_conflicts(placed: Sequence[Placed], options: LabelOptions, notes: Notes) -> None:
    for place, record in placed:
        if len({span.by for span in record.spans}) > 1:
            for _ in adjudicate(record, options.prefer).conflicts:
                notes.add(Note(place, "conflict", "two people differ, and the words of both spans are left open"))


def _first_half(placed: Sequence[Placed], options: LabelOptions) -> set[str]:
    """The texts of the records of which every second measured text is made."""
    return {record.text for i, (_, record) in enumerate(placed) if i // options.sentences % 2 == 0}


def _texts(files: Sequence[Sequence[Placed]], fitted: Set[str], change: str, options: LabelOptions) -> LabeledTexts:
    """The records of files as texts to measure; those that hold one of the `fitted` may fit a calibration table."""
    texts: list[LabeledText] = []
    origins: list[str] = []
    first_half: list[bool] = []
    for placed in files:
        for start in range(0, len(placed), options.sentences):
            run = placed[start : start + options.sentences]
            text = _join([_labeled_text(record, change, options.prefer) for _, record in run])
            if text.tokens:
                texts.append(text)
                origins.append(run[0][0])
                first_half.append(any(record.text in fitted for _, record in run))
    return LabeledTexts(texts, np.arange(len(texts)), np.array(first_half, np.bool_), [""] * len(texts), origins)


def _labeled_text(record: Record, change: str, prefer: str | None) -> LabeledText:
    text = to_labeled_text(record, prefer)
    if change == "kept":
        return text
    ends = [*(start for start, _ in text.spans[1:]), len(text.text) + 1]
    spaced = [
        replace(token, space_after=end < next_start)
        for token, (_, end), next_start in zip(text.tokens, text.spans, ends, strict=True)
    ]
    return join_sentences([PERTURBATIONS[change](spaced)])


def _says_something(token: Token) -> bool:
    return (token.low, token.high, token.target) != (NONE, ENTITY, None)


def _join(texts: Sequence[LabeledText]) -> LabeledText:
    """Several texts as one, a space between them."""
    if len(texts) == 1:
        return texts[0]
    offset = 0
    spans: list[tuple[int, int]] = []
    for text in texts:
        spans += [(start + offset, end + offset) for start, end in text.spans]
        offset += len(text.text) + 1
    tokens = [token for text in texts for token in text.tokens]
    return LabeledText(" ".join(text.text for text in texts), tokens, spans)
