"""Labeled files of any format that `escore labels` reads as texts to measure on, and general text beside them."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
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


@dataclass(frozen=True, slots=True)
class LabelOptions:
    """How labeled files are read.

    format: of all files, as escore_labels.formats names it; None: found by looking.
    tags: what the tags of foreign formats are worth.
    held_out: only the texts that training holds back.
    sentences: texts of a file that are scored as one, such as the sentences of a document.
    """

    format: str | None = None
    tags: TagMap = USUAL_TAGS
    held_out: bool = False
    sentences: int = 1


def read_label_rows(
    rows: Sequence[Row], options: LabelOptions, warn: Callable[[str], None]
) -> list[tuple[Row, LabeledTexts]]:
    """The texts of rows of labeled files; `warn` gets a line for all that is left out or cannot be said.

    Raises RecordError and CorpusError, also where no word is labeled, and MissingSpacyError.
    """
    _check_files([file for row in rows for file in row.files])
    notes = Notes()
    read = [(row, _read(row, options, notes)) for row in rows]
    for line in notes.lines():
        warn(line)
    for row, texts in read:
        if not texts.texts:
            warn(f"{row.label}: no text is held out; the file is left out")
    read = [(row, texts) for row, texts in read if texts.texts]
    if not read:
        raise RecordError("no text is held out", "leave out --held-out, or label more texts: every fifth is held out")
    return read


def read_general_row() -> tuple[Row, LabeledTexts]:
    """The general text that ships with escore, as a row."""
    records = general_records()
    labeled = [to_labeled_text(record) for record in records]
    return Row(GENERAL, ()), _texts(labeled, [record.id for record in records])


def pool_texts(parts: Sequence[LabeledTexts]) -> LabeledTexts:
    """All texts as those of one row."""
    texts = [text for part in parts for text in part.texts]
    return _texts(texts, [origin for part in parts for origin in part.origins])


def _check_files(files: Sequence[Path]) -> None:
    first: set[Path] = set()
    for file in files:
        if file.resolve() in first:
            raise RecordError(f"{file}: given twice", "give each file once")
        first.add(file.resolve())


def _read(row: Row, options: LabelOptions, notes: Notes) -> LabeledTexts:
    labeled: list[LabeledText] = []
    origins: list[str] = []
    places: list[int] = []
    for file in row.files:
        placed = _unite(list(read_placed(file, options.format, options.tags, notes.add)), notes)
        placed = [(place, record) for place, record in placed if not options.held_out or is_held_out(record)]
        texts = [_labeled_text(place, record, row.change, notes) for place, record in placed]
        if texts and not any(_says_something(token) for text in texts for token in text.tokens):
            raise CorpusError(f"{file}: no word is labeled", "label or review some first")
        for start in range(0, len(texts), options.sentences):
            text = _join(texts[start : start + options.sentences])
            if text.tokens:
                labeled.append(text)
                origins.append(placed[start][0])
                places.append(start // options.sentences)
    return _texts(labeled, origins, places)


def _unite(placed: Sequence[Placed], notes: Notes) -> list[Placed]:
    """Each text once, with all that is said of it."""
    places: dict[str, str] = {}
    for place, record in placed:
        if places.setdefault(record.text, place) != place:
            notes.add(Note(place, "duplicate", "a text is there again, and is measured once"))
    # Ids are of no use here, and a sentence that a corpus has twice has two.
    records = merge_records(((place, msgspec.structs.replace(record, id="")) for place, record in placed), notes.add)
    return [(places[record.text], record) for record in records]


def _labeled_text(place: str, record: Record, change: str, notes: Notes) -> LabeledText:
    if len({span.by for span in record.spans}) > 1:
        for _ in adjudicate(record).conflicts:
            notes.add(Note(place, "conflict", "two people differ, and the words of both spans are left open"))
    text = to_labeled_text(record)
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


def _texts(texts: list[LabeledText], origins: list[str], places: Sequence[int] = ()) -> LabeledTexts:
    numbers = np.array(places) if places else np.arange(len(texts))
    return LabeledTexts(texts, numbers, numbers, [""] * len(texts), origins)
