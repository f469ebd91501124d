"""The store of corrections: what a reader says a span is, and the score that the model gave it."""

import hashlib
import re
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import msgspec

from escore.kinds import Kind
from escore_labels.record import Label, Record, Span
from escore_service import feedback_file
from escore_service.feedback_connections import Connections

_SURROGATE = re.compile("[\ud800-\udfff]")
_COLUMNS = 'id, text_sha256, "start", "end", word, label, score, model, time, by, target, kind, settles'


@dataclass(frozen=True, slots=True)
class Correction:
    """A reader's label, or target, for a span of a text.

    text_sha256: SHA-256 of the text in UTF-8.
    start, end: the span, code point offsets into the text, half open.
    word: the text of the span.
    label: none, noun, proper or entity; None where there is a target.
    score: what `model` (name and version) gave the span, 0..300; None where it gave it none.
    time: when it was corrected, UTC, ISO 8601.
    by: who corrected it; "" where nobody is named.
    target: the score that it should get, 0..300.
    kind: what kind of entity it is.
    settles: see Span; 0 or 1, as the file has it.
    """

    id: int
    text_sha256: str
    start: int
    end: int
    word: str
    label: Label | None
    score: float | None
    model: str
    time: str
    by: str = ""
    target: float | None = None
    kind: Kind | None = None
    settles: int = 0

    def to_span(self) -> Span:
        """What it says, as a span of a record."""
        return Span(
            start=self.start,
            end=self.end,
            label=self.label,
            target=self.target,
            kind=self.kind,
            by=self.by or None,
            model=self.model or None,
            score=self.score,
            time=self.time,
            settles=bool(self.settles),
        )


@dataclass(frozen=True, slots=True)
class StoredText:
    """A text of the file.

    record: what was known of it when it was reviewed; None where it came with no record.
    spans: what people said of it.
    reviewed_by: who has read all of it.
    """

    text: str
    record: Record | None
    spans: tuple[Span, ...]
    reviewed_by: tuple[str, ...]

    @property
    def is_labeled(self) -> bool:
        """Whether somebody says something of it still."""
        return bool(self.spans or self.reviewed_by)

    def own_record(self) -> Record:
        """What the file alone knows of the text, with what people said of it."""
        return self.to_record(self.record or Record(text=self.text))

    def to_record(self, record: Record) -> Record:
        """A record of the text with what people said of it."""
        spans = (*record.spans, *self.spans)
        return msgspec.structs.replace(record, spans=spans, reviewed=record.reviewed or bool(self.reviewed_by))


class Store:
    """Corrections in a file that several threads and processes may share. Every method raises FeedbackFileError."""

    def __init__(self, path: Path) -> None:
        self.connections = Connections(path)
        self.on_change: Callable[[str], None] = _ignore  # is told the SHA-256 of a text that was corrected

    def correct(
        self, text: str, start: int, end: int, label: str, score: float, model: str, by: str = ""
    ) -> Correction:
        """Store a correction of `text[start:end]`; it is on the disk when this returns.

        It replaces an earlier one of the same text, span, model and person, and takes its id. A lone surrogate of the
        text is stored as U+FFFD, as it was scored.
        """
        text = without_surrogates(text)
        span = (text_sha256(text), start, end, model, by)
        with self.connections.writing() as connection:
            add_text(connection, text)
            connection.execute(
                'INSERT INTO corrections (text_sha256, "start", "end", model, by, word, label, score, time)'
                " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT DO UPDATE"
                " SET label = excluded.label, target = NULL, score = excluded.score, time = excluded.time",
                (*span, text[start:end], label, score, now()),
            )
            where = 'text_sha256 = ? AND "start" = ? AND "end" = ? AND model = ? AND by = ?'
            (correction,) = corrections(connection, where, span)
        self.on_change(correction.text_sha256)
        return correction

    def undo(self, id: int) -> Correction | None:
        """Delete a correction, and its text after the last one; the correction, None if there was none."""
        if id >= 2**63:  # more than an integer of SQLite holds
            return None
        with self.connections.writing() as connection:
            rows = list(corrections(connection, "id = ?", (id,)))
            if not rows:
                return None
            connection.execute("DELETE FROM corrections WHERE id = ?", (id,))
            delete_unused_text(connection, rows[0].text_sha256)
        self.on_change(rows[0].text_sha256)
        return rows[0]

    def of_text(self, sha256: str) -> list[Correction]:
        """The newest correction of each span of a text, of whatever model and person, in the order of the spans."""
        with self.connections.reading() as connection:
            rows = list(corrections(connection, "text_sha256 = ?", (sha256,)))
        return list({(row.start, row.end): row for row in rows}.values())

    def close(self) -> None:
        """See Connections.close."""
        self.connections.close()


def texts(path: Path) -> Iterator[tuple[str, str, list[Correction]]]:
    """SHA-256, text and corrections of every text in a file as it is now, oldest text first.

    The file may be in use. Raises FeedbackFileError.
    """
    with closing(feedback_file.connect(path)) as connection, feedback_file.sqlite_errors(path):
        connection.execute("BEGIN")
        for sha256, text in connection.execute("SELECT sha256, text FROM texts ORDER BY rowid"):
            yield sha256, text, list(corrections(connection, "text_sha256 = ?", (sha256,)))


def records(path: Path) -> Iterator[Record]:
    """The texts of a file as records, oldest text first: what was known of a text, and what people said of it.

    The file may be in use. Raises FeedbackFileError.
    """
    with closing(feedback_file.connect(path)) as connection, feedback_file.sqlite_errors(path):
        connection.execute("BEGIN")
        for (sha256,) in connection.execute("SELECT sha256 FROM texts ORDER BY rowid"):
            stored = stored_text(connection, sha256)
            if stored is not None and stored.is_labeled:
                yield stored.own_record()


def stored_text(connection: sqlite3.Connection, sha256: str) -> StoredText | None:
    """A text of the file; None where it is not there."""
    row = connection.execute("SELECT text, record FROM texts WHERE sha256 = ?", (sha256,)).fetchone()
    if row is None:
        return None
    text, content = row
    record = None
    if content is not None:
        record = msgspec.convert(msgspec.json.decode(content) | {"text": text}, Record)
    spans = tuple(correction.to_span() for correction in corrections(connection, "text_sha256 = ?", (sha256,)))
    reviews = connection.execute("SELECT by FROM reviews WHERE text_sha256 = ? ORDER BY time", (sha256,))
    return StoredText(text, record, spans, tuple(by for (by,) in reviews))


def corrections(connection: sqlite3.Connection, where: str, values: tuple[object, ...]) -> Iterator[Correction]:
    """The corrections for which `where` holds, by span and time."""
    order = '"start", "end", time, id'
    rows = connection.execute(f"SELECT {_COLUMNS} FROM corrections WHERE {where} ORDER BY {order}", values)  # noqa: S608
    return (Correction(*row) for row in rows)


def add_text(connection: sqlite3.Connection, text: str) -> None:
    """Store a text, unless it is there."""
    values = (text_sha256(text), text)
    connection.execute("INSERT INTO texts (sha256, text) VALUES (?, ?) ON CONFLICT DO NOTHING", values)


def add_record(connection: sqlite3.Connection, record: Record) -> None:
    """Store a text, and what is known of it: all of the record, in place of what was known before."""
    fields = msgspec.to_builtins(record)
    values = (text_sha256(record.text), fields.pop("text"), msgspec.json.encode(fields).decode())
    connection.execute("INSERT INTO texts VALUES (?, ?, ?) ON CONFLICT DO UPDATE SET record = excluded.record", values)


def delete_unused_text(connection: sqlite3.Connection, sha256: str) -> None:
    """Delete a text of which nobody says anything any more, nor could again by undoing something."""
    connection.execute(
        "DELETE FROM texts WHERE sha256 = ?1 AND NOT EXISTS (SELECT * FROM corrections WHERE text_sha256 = ?1)"
        " AND NOT EXISTS (SELECT * FROM reviews WHERE text_sha256 = ?1)"
        " AND NOT EXISTS (SELECT * FROM actions WHERE text_sha256 = ?1)",
        (sha256,),
    )


def without_surrogates(text: str) -> str:
    """The text with U+FFFD for each lone surrogate, which no file can hold."""
    return _SURROGATE.sub("\ufffd", text)


def text_sha256(text: str) -> str:
    """SHA-256 of a text in UTF-8, in hexadecimal digits."""
    return hashlib.sha256(text.encode()).hexdigest()


def now() -> str:
    """The time in UTC, ISO 8601."""
    return datetime.now(UTC).isoformat(timespec="microseconds")


def _ignore(_: str) -> None:
    """Nobody wants to know."""
