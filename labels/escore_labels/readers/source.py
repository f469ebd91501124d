"""What all readers of labels share: from texts and foreign tags to records, with notes of what had to change."""

import json
import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeVar

from escore import EscoreError, WordLengthError
from escore.segmentation import word_offsets
from escore_labels.notes import Broken, Note, NoteKind, Report, raise_error
from escore_labels.readers.json_objects import decode_json, json_items, object_format
from escore_labels.record import Record, RecordError, Span
from escore_labels.tag_map import TARGET, TagMap
from escore_labels.texts import covered

Item = TypeVar("Item")

Placed = tuple[str, Record]  # a record, and where it stands: the file, and the line or the id

MOVED = "a span does not lie on word edges, and was moved to them"
OVERLAP = "spans overlap"
EMPTY = "a text without words"


@dataclass(frozen=True, slots=True)
class TaggedSpan:
    """What a foreign file says of `text[start:end]`: its tag, and the fields of a Span that it has besides."""

    start: int
    end: int
    tag: str
    fields: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Source:
    """A file that is read, what its tags are worth, and who is told of what a record cannot say.

    format: what looking at a part of the file has found; "" if somebody named the format.
    broken: is told of each line, or text, that cannot be read; it raises the error, or the line is left out.
    """

    path: Path
    tags: TagMap
    report: Report
    format: str = ""
    broken: Broken = raise_error

    def line(self, number: int) -> str:
        """The place of a line."""
        return f"{self.path}: line {number}"

    def read_each(self, read: Callable[["Source", Item], Placed], items: Iterable[Item]) -> Iterator[Placed]:
        """What `read` makes of each item; an item that it raises an error for is broken."""
        for item in items:
            try:
                placed = read(self, item)
            except EscoreError as error:
                self.broken(error)
            else:
                yield placed

    def read_objects(self, read: Callable[["Source", str, Any], Placed]) -> Iterator[Placed]:
        """What `read` makes of each JSON value and its place; a value of another format is broken."""

        def read_item(source: Source, item: tuple[str, bytes]) -> Placed:
            place, value = item[0], decode_json(item[1], item[0])
            other = object_format(value) if isinstance(value, dict) else None
            if source.format not in ("", "records") and other not in (None, source.format):  # a record names its errors
                raise RecordError(f"{place}: {other}, in a file of {source.format}", "give a file of one format")
            return read(source, place, value)

        return self.read_each(read_item, json_items(self.path))

    def note(self, place: str, kind: NoteKind, problem: str, advice: str = "") -> None:
        """Report something that is changed or left out."""
        self.report(Note(place, kind, problem, advice))

    def lost(self, place: str, what: str) -> None:
        """Report what a record cannot say."""
        self.note(place, "lost", what)

    def record(self, place: str, text: str, spans: Iterable[TaggedSpan], **fields: Any) -> Placed:
        """A record whose spans lie on word edges, tagged as the tag map says. Raises RecordError."""
        try:
            offsets = word_offsets(text)
        except WordLengthError as error:
            raise RecordError(f"{place}: {error.problem}", error.advice) from error
        if not offsets:
            self.note(place, "empty", EMPTY)
        unique = dict.fromkeys(self._span(place, text, offsets, span) for span in spans)
        placed = sorted((span for span in unique if span is not None), key=lambda span: (span.start, span.end))
        end = 0
        for span in placed:
            if span.start < end:
                self.note(place, "overlap", OVERLAP)
            end = max(end, span.end)
        try:
            return place, Record(text=text, spans=tuple(placed), **fields)
        except ValueError as error:
            raise RecordError(f"{place}: {error}") from error

    def _span(self, place: str, text: str, offsets: list[tuple[int, int]], span: TaggedSpan) -> Span | None:
        if not 0 <= span.start <= span.end <= len(text):
            problem = f"span {span.start}..{span.end}: outside the text, which has {len(text)} characters"
            raise RecordError(f"{place}: {problem}")
        if span.start == span.end:
            self.lost(place, "an empty span is left out")
            return None
        touched = covered(offsets, span.start, span.end)
        if not touched:
            self.lost(place, "a span of white space is left out")
            return None
        start, end = offsets[touched[0]][0], offsets[touched[-1]][1]
        if (start, end) != (span.start, span.end):
            self.note(place, "moved", MOVED)
        try:
            return Span(start=start, end=end, **self._meaning(place, span))
        except ValueError as error:
            raise RecordError(f"{place}: span {start}..{end}: {error}") from error

    def _meaning(self, place: str, span: TaggedSpan) -> dict[str, Any]:
        if span.tag == TARGET and "target" in span.fields:
            return dict(span.fields)
        if span.tag and not self.tags.knows(span.tag):
            key = span.tag if re.fullmatch(r"[\w-]+", span.tag, re.ASCII) else json.dumps(span.tag)
            problem = f"tag '{span.tag}' is not in the tag map, and counts as {self.tags.default}"
            other = "none" if self.tags.default == "entity" else "entity"
            advice = f'say what it is worth in --tags FILE, below [tags]: {key} = "{other}", or another worth'
            self.note(place, "unknown tag", problem, advice)
        fields = {name: value for name, value in span.fields.items() if name != "target"}
        return fields | self.tags.fields(span.tag or "entity")
