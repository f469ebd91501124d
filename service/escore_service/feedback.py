"""The store of corrections: what a reader says a span is, beside what the model said."""

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

from escore_service import feedback_file
from escore_service.feedback_file import FeedbackFileError

LABELS = ("none", "noun", "proper", "entity")

_SURROGATE = re.compile("[\ud800-\udfff]")
_COLUMNS = 'id, text_sha256, "start", "end", word, label, score, model, time'


@dataclass(frozen=True, slots=True)
class Correction:
    """`text[start:end]` (code points, half open) of the text with that SHA-256 is a `label`.

    `score` (0..300) is what `model` had said, `time` when it was corrected (UTC, ISO 8601).
    """

    id: int
    text_sha256: str
    start: int
    end: int
    word: str
    label: str
    score: float
    model: str
    time: str


class Store:
    """Corrections in one file, which several threads and processes may share. Every method raises FeedbackFileError."""

    def __init__(self, path: Path) -> None:
        feedback_file.make(path)
        self._path = path.absolute()
        self._identity = feedback_file.identity(path)
        self._lock = threading.Lock()
        self._connection: sqlite3.Connection | None = None  # opened at first need, so that a fork comes before it
        self._owner = 0

    def correct(self, text: str, start: int, end: int, label: str, score: float, model: str) -> Correction:
        """Keep a correction of `text[start:end]`; it is on the disk when this returns.

        It takes the place, and the id, of an earlier one of the same text, span and model. A lone surrogate of the text
        is kept as U+FFFD, as it was scored.
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
        """Forget a correction, and its text when it was the last one there; whether there was such a correction."""
        if id >= 2**63:  # more than SQLite can be asked for
            return False
        with self._transaction() as connection:
            if not (found := list(_corrections(connection, "id = ?", (id,)))):
                return False
            connection.execute("DELETE FROM corrections WHERE id = ?", (id,))
            connection.execute(
                "DELETE FROM texts WHERE sha256 = ?1 AND NOT EXISTS (SELECT * FROM corrections WHERE text_sha256 = ?1)",
                (found[0].text_sha256,),
            )
        return True

    def of_text(self, sha256: str) -> list[Correction]:
        """The newest correction of each span of a text, in the order of the spans, whatever model was corrected."""
        with self._opened() as connection:
            rows = list(_corrections(connection, "text_sha256 = ?", (sha256,)))
        return list({(row.start, row.end): row for row in rows}.values())

    def close(self) -> None:
        """Tidy up the file. A store that is not closed loses nothing."""
        with self._lock:
            if self._connection is not None and self._owner == os.getpid():
                self._connection.close()
            self._connection = None

    @contextmanager
    def _transaction(self) -> Iterator[sqlite3.Connection]:
        with self._opened() as connection:
            connection.execute("BEGIN IMMEDIATE")
            try:
                yield connection
                connection.execute("COMMIT")
            except BaseException:
                if connection.in_transaction:  # SQLite itself has rolled back after most errors of the disk
                    connection.execute("ROLLBACK")
                raise

    @contextmanager
    def _opened(self) -> Iterator[sqlite3.Connection]:
        """The connection, for one thread at a time."""
        if not self._lock.acquire(timeout=feedback_file.WAIT):
            raise FeedbackFileError(self._path, "too slow for all who wait to write to it; try again")
        try:
            with feedback_file.telling(self._path):
                # SQLite would go on writing into a file that nobody finds any more.
                if feedback_file.identity(self._path) != self._identity:
                    raise FeedbackFileError(self._path, "not the file that it was; start the service again")
                if self._connection is None or self._owner != os.getpid():
                    self._connection, self._owner = feedback_file.connect(self._path), os.getpid()
                yield self._connection
        finally:
            self._lock.release()


def texts(path: Path) -> Iterator[tuple[str, str, list[Correction]]]:
    """SHA-256, text and corrections of every text in a file as it is now, oldest text first.

    The file may be in use. Raises FeedbackFileError.
    """
    with closing(feedback_file.connect(path)) as connection, feedback_file.telling(path):
        connection.execute("BEGIN")
        for sha256, text in connection.execute("SELECT sha256, text FROM texts ORDER BY rowid"):
            yield sha256, text, list(_corrections(connection, "text_sha256 = ?", (sha256,)))


def _corrections(connection: sqlite3.Connection, where: str, values: tuple[object, ...]) -> Iterator[Correction]:
    """The corrections for which `where` holds, by span and time."""
    order = '"start", "end", time, id'
    rows = connection.execute(f"SELECT {_COLUMNS} FROM corrections WHERE {where} ORDER BY {order}", values)  # noqa: S608
    return (Correction(*row) for row in rows)
