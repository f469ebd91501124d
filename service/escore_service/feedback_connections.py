"""Connections to a file of corrections that several threads and processes share: one to write, one to read.

In WAL mode SQLite lets readers read what was there before a writer began, so no reader waits for a writer.
"""

import os
import sqlite3
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from escore_service import feedback_file
from escore_service.feedback_file import FeedbackFileError

MAX_WAITING = 16  # writers; each holds a thread of the service


class TooManyWritersError(FeedbackFileError):
    """Enough writers wait for the file already."""


class Connections:
    """Every method raises FeedbackFileError."""

    def __init__(self, path: Path) -> None:
        feedback_file.create(path)
        self.path = path.absolute()
        self._identity = feedback_file.identity(path)
        self._writer, self._reader = _Connection(), _Connection()
        self._places = threading.BoundedSemaphore(MAX_WAITING)

    @contextmanager
    def writing(self) -> Iterator[sqlite3.Connection]:
        """A transaction, on the disk when the `with` block ends, undone if it raises."""
        if not self._places.acquire(blocking=False):
            raise TooManyWritersError(self.path, "too many writers wait for it", "try again")
        try:
            with self._open(self._writer) as connection:
                connection.execute("BEGIN IMMEDIATE")
                try:
                    yield connection
                    connection.execute("COMMIT")
                except BaseException:
                    if connection.in_transaction:  # SQLite itself has rolled back after most errors of the disk
                        connection.execute("ROLLBACK")
                    raise
        finally:
            self._places.release()

    @contextmanager
    def reading(self) -> Iterator[sqlite3.Connection]:
        """The file as it is at one moment."""
        with self._open(self._reader) as connection:
            connection.execute("BEGIN")
            try:
                yield connection
            finally:
                connection.execute("COMMIT")

    def close(self) -> None:
        """Close the file, which merges SQLite's other files into it. A file that is not closed loses nothing."""
        for own in (self._reader, self._writer):
            with own.lock:
                if own.connection is not None and own.process == os.getpid():
                    own.connection.close()
                own.connection = None

    @contextmanager
    def _open(self, own: "_Connection") -> Iterator[sqlite3.Connection]:
        """The connection, for one thread at a time."""
        if not own.lock.acquire(timeout=feedback_file.WAIT):
            raise FeedbackFileError(self.path, "too many wait for it", "try again")
        try:
            with feedback_file.sqlite_errors(self.path):
                # SQLite would go on writing to a file that was deleted or moved.
                if feedback_file.identity(self.path) != self._identity:
                    raise FeedbackFileError(self.path, "replaced since the service started", "start the service again")
                if own.connection is None or own.process != os.getpid():
                    own.connection, own.process = feedback_file.connect(self.path), os.getpid()
                yield own.connection
        finally:
            own.lock.release()


class _Connection:
    """A connection that is opened when it is needed, so after a fork."""

    def __init__(self) -> None:
        self.lock = threading.Lock()
        self.connection: sqlite3.Connection | None = None
        self.process = 0  # the one that opened it
