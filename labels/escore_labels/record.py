"""The record: one labeled text as one line of JSON, read and written by every command of the loop.

    {"id": "notes/7.txt", "text": "…", "time": "2026-05-02T10:00:00Z", "reviewed": false,
     "spans": [{"start": 0, "end": 9, "label": "entity", "by": "model", "model": "escore-en 7", "score": 281.5},
               {"start": 14, "end": 22, "label": "none", "by": "ann"},
               {"start": 30, "end": 41, "target": 250, "by": "ann"}]}

Words in no span are open: nothing is said about them, unless the record is `reviewed`.
"""

import json
import re
from collections.abc import Iterable, Iterator
from datetime import datetime
from pathlib import Path
from typing import Any, Literal, get_args

import msgspec

from escore import EscoreError, document
from escore.atomic import atomic_file
from escore.kinds import KINDS, Kind
from escore_labels.inputs import open_input
from escore_labels.json_errors import decoding_problem, validation_problem

Label = Literal["none", "noun", "proper", "entity"]
LABELS: tuple[Label, ...] = get_args(Label)
CHOICES = {"label": LABELS, "kind": KINDS}

MODEL, LIST = document.MODEL, document.LIST  # values of `by` that are no person: a model, and a term list


class RecordError(EscoreError, ValueError):
    """A line that is no record, or a file of records that cannot be read."""


class Span(msgspec.Struct, frozen=True, omit_defaults=True, forbid_unknown_fields=True, kw_only=True):
    """What somebody says of `text[start:end]` (code points, half open): either `label` or `target`.

    label: none, noun (common noun), proper (proper noun in no entity) or entity (a whole entity).
    target: the score that its words should get, 0..300: how much they matter to the person.
    kind: what kind of entity it is.
    by: a person's name, "model", or "list" for a term list; None where nobody is named.
    model: name and version of the model that said it, or that was corrected.
    score, probability: what that model gave: 0..300, and 0..1 of being part of an entity.
    time: when it was said (ISO 8601).
    settles: it decides where people differ: it beats what others say of its words.
    """

    start: int
    end: int
    label: Label | None = None
    target: float | None = None
    kind: Kind | None = None
    by: str | None = None
    model: str | None = None
    score: float | None = None
    probability: float | None = None
    time: str | None = None
    settles: bool = False

    def __post_init__(self) -> None:
        if not 0 <= self.start < self.end:
            raise ValueError(f"start {self.start}, end {self.end}: not 0 <= start < end")
        if (self.label is None) == (self.target is None):
            problem = "has neither a label nor a target" if self.label is None else "has both a label and a target"
            raise ValueError(f"{problem}; a span needs one of the two")
        for name, value, most in (
            ("target", self.target, 300), ("score", self.score, 300), ("probability", self.probability, 1),
        ):  # fmt: skip
            if value is not None and not 0 <= value <= most:
                raise ValueError(f"{name} {value:g}: not a number from 0 to {most}")
        _check_time(self.time)

    @property
    def by_person(self) -> bool:
        """Whether a person said it: everything that is not from a model or a term list."""
        return self.by not in (MODEL, LIST)


class Record(msgspec.Struct, frozen=True, omit_defaults=True, forbid_unknown_fields=True, kw_only=True):
    """One text and what is said of its spans.

    reviewed: a person has read the whole text, so that words in no entity span are in no entity, and the spans that a
    model suggested and nobody corrected are right.
    held_out: the text is for measuring only; no training may read it.
    """

    text: str
    id: str = ""
    time: str | None = None
    source: str | None = None
    reviewed: bool = False
    held_out: bool = False
    spans: tuple[Span, ...] = ()

    def __post_init__(self) -> None:
        for span in self.spans:
            if span.end > len(self.text):
                raise ValueError(
                    f"span {span.start}..{span.end}: outside the text, which has {len(self.text)} characters"
                )
        _check_time(self.time)

    @property
    def is_labeled(self) -> bool:
        """Whether a person or a list said something of a word: a span, or that the text is reviewed."""
        return any(span.by != MODEL for span in self.spans) or (self.reviewed and bool(self.text.strip()))


def _check_time(time: str | None) -> None:
    if time is not None:
        try:
            datetime.fromisoformat(time)
        except ValueError:
            raise ValueError(f"time '{time}': not a date and time in ISO 8601") from None


def read_records(path: Path) -> Iterator[Record]:
    """The records of a JSON Lines file, in order; blank lines are skipped. Raises RecordError with file and line."""
    for place, line in json_lines(path):
        yield parse_record(line, place)


def json_lines(path: Path) -> Iterator[tuple[str, bytes]]:
    """The lines of a file that are not blank, each with its place; no byte-order mark. Raises RecordError."""
    try:
        with open_input(path) as file:
            for number, line in enumerate(file, 1):
                if content := line.removeprefix(b"\xef\xbb\xbf").strip():
                    yield f"{path}: line {number}", content
    except OSError as error:
        raise RecordError(f"{path}: {error.strerror}", "give a file of records that can be read") from error


def parse_record(line: bytes | str, place: str) -> Record:
    """One line as a record; `place` says in an error where it stands. Raises RecordError."""
    try:
        return msgspec.json.decode(line, type=Record)
    except msgspec.ValidationError as error:
        problem, advice = validation_problem(error, CHOICES)
        raise RecordError(f"{place}: {problem}", advice) from error
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        problem, advice = decoding_problem(error, line)
        raise RecordError(f"{place}: {problem}", advice) from error


def render_record(record: Record) -> str:
    """The record as one line of JSON, its line end included; keys that hold their default are left out."""
    return msgspec.json.encode(without_surrogates(record)).decode() + "\n"


def without_surrogates(record: Record) -> Record:
    """The record with U+FFFD for each lone surrogate, which no file can hold: offsets stay the same."""
    try:
        msgspec.json.encode(record)
    except UnicodeEncodeError:
        content = json.dumps(msgspec.to_builtins(record), ensure_ascii=False)
        return msgspec.json.decode(re.sub("[\ud800-\udfff]", "\ufffd", content), type=Record)
    return record


def write_records(path: Path, records: Iterable[Record]) -> int:
    """Write a JSON Lines file, whole or not at all; the number of records. Raises what the system raises."""
    count = 0
    with atomic_file(path) as part, part.open("w", encoding="utf-8", newline="\n") as file:
        for record in records:
            file.write(render_record(record))
            count += 1
    return count


def record_schema() -> dict[str, Any]:
    """The JSON Schema of a record."""
    return msgspec.json.schema(Record)
