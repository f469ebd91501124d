"""The store of corrections: what a reader says a span is, and the score that the model gave it."""

import hashlib
import os
import re
import sqlite3
import threading
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from escore_labels.record import Label, Record, Span
from escore_service import feedback_file
from escore_service.feedback_file import FeedbackFileError

_SURROGATE = re.compile("[\ud800-\udfff]")
_COLUMNS = 'id, text_sha256, "start", "end", word, label, score, model, time'


@dataclass(frozen=True, slots=True)
class Correction:
    """A reader's label for a span of a text.

    text_sha256: SHA-256 of the text in UTF-8.
    start, end: the span, code point offsets into the text, half open.
    word: the text of the span.
    label: none, noun, proper or entity.
    score: what `model` (name and version) gave the span, 0..300.
    time: when it was corrected, UTC, ISO 8601.
    """

    id: int
    text_sha256: str
    start: int
    end: int
    word: str
    label: Label
    score: float
    model: str
    time: str


class Store:
    """Corrections in a file that several threads and processes may share. Every method raises FeedbackFileError."""

    def __init__(self, path: Path) -> None:
        feedback_file.create(path)
        self._path = path.absolute()
        self._identity = feedback_file.identity(path)
        self._lock = threading.Lock()
        self._connection: sqlite3.Connection | None = None  # opened when needed, so after a fork
        self._process = 0  # the one that opened it

    def correct(self, text: str, start: int, end: int, label: str, score: float, model: str) -> Correction:
        """Store a correction of `text[start:end]`; it is on the disk when this returns.

        It replaces an earlier one of the same text, span and model, and takes its id. A lone surrogate of the text is
        stored as U+FFFD, as it was scored.
        """
        text = _SURROGATE.sub("\ufffd", text)
        sha256 = hashlib.sha256(text.encode()).hexdigest()
        time = datetime.now(UTC).isoformat(timespec="microseconds")
        span = (sha256, start, end, model)
        with self._transaction() as connection:
            connection.execute("INSERT INTO texts VALUES (?, ?) ON CONFLICT DO NOTHING", (sha256, text))
            connection.execute(
                'INSERT INTO corrections (text_sha256, "start", "end", model, word, label, score, time)'
                " VALUES (?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT DO UPDATE"
                " SET label = excluded.label, score = excluded.score, time = excluded.time",
                (*span, text[start:end], label, score, time),
            )
            where = 'text_sha256 = ? AND "start" = ? AND "end" = ? AND model = ?'
            (correction,) = _corrections(connection, where, span)
        return correction

    def undo(self, id: int) -> bool:
        """Delete a correction, and its text after the last one; whether there was such a correction."""
        if id >= 2**63:  # more than an integer of SQLite holds
            return False
        with self._transaction() as connection:
            corrections = list(_corrections(connection, "id = ?", (id,)))
            if not corrections:
                return False
            connection.execute("DELETE FROM corrections WHERE id = ?", (id,))
            connection.execute(
                "DELETE FROM texts WHERE sha256 = ?1 AND NOT EXISTS (SELECT * FROM corrections WHERE text_sha256 = ?1)",
                (corrections[0].text_sha256,),
            )
        return True

    def of_text(self, sha256: str) -> list[Correction]:
        """The newest correction of each span of a text, of whatever model, in the order of the spans."""
        with self._connect() as connection:
            rows = list(_corrections(connection, "text_sha256 = ?", (sha256,)))
        return list({(row.start, row.end): row for row in rows}.values())

    def close(self) -> None:
        """Close the file, which merges SQLite's other files into it. A store that is not closed loses nothing."""
        with self._lock:
            if self._connection is not None and self._process == os.getpid():
                self._connection.close()
            self._connection = None

    @contextmanager
    def _transaction(self) -> Iterator[sqlite3.Connection]:
        with self._connect() as connection:
            connection.execute("BEGIN IMMEDIATE")
            try:
                yield connection
                connection.execute("COMMIT")
            except BaseException:
                if connection.in_transaction:  # SQLite itself has rolled back after most errors of the disk
                    connection.execute("ROLLBACK")
                raise

    @contextmanager
    def _connect(self) -> Iterator[sqlite3.Connection]:
        """The connection, for one thread at a time."""
        if not self._lock.acquire(timeout=feedback_file.WAIT):
            raise FeedbackFileError(self._path, "too many writers wait for it", "try again")
        try:
            with feedback_file.sqlite_errors(self._path):
                # SQLite would go on writing to a file that was deleted or moved.
                if feedback_file.identity(self._path) != self._identity:
                    raise FeedbackFileError(self._path, "replaced since the service started", "start the service again")
                if self._connection is None or self._process != os.getpid():
                    self._connection, self._process = feedback_file.connect(self._path), os.getpid()
                yield self._connection
        finally:
            self._lock.release()


def texts(path: Path) -> Iterator[tuple[str, str, list[Correction]]]:
    """SHA-256, text and corrections of every text in a file as it is now, oldest text first.

    The file may be in use. Raises FeedbackFileError.
    """
    with closing(feedback_file.connect(path)) as connection, feedback_file.sqlite_errors(path):
        connection.execute("BEGIN")
        for sha256, text in connection.execute("SELECT sha256, text FROM texts ORDER BY rowid"):
            yield sha256, text, list(_corrections(connection, "text_sha256 = ?", (sha256,)))


def records(path: Path) -> Iterator[Record]:
    """The texts of a file and their corrections as records, oldest text first; who corrected is not known.

    The file may be in use. Raises FeedbackFileError.
    """
    for _, text, corrections in texts(path):
        spans = [
            Span(start=row.start, end=row.end, label=row.label, model=row.model, score=row.score, time=row.time)
            for row in corrections
        ]
        yield Record(text=text, spans=tuple(spans))


def _corrections(connection: sqlite3.Connection, where: str, values: tuple[object, ...]) -> Iterator[Correction]:
    """The corrections for which `where` holds, by span and time."""
    order = '"start", "end", time, id'
    rows = connection.execute(f"SELECT {_COLUMNS} FROM corrections WHERE {where} ORDER BY {order}", values)  # noqa: S608
    return (Correction(*row) for row in rows)
