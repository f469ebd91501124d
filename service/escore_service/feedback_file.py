"""The file of corrections: SQLite, made for its owner's eyes, refused where it is something else."""

import os
import sqlite3
import stat
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

from escore import EscoreError

APPLICATION = 0x6573636F  # "esco": where SQLite keeps whose file it is
SCHEMA = 1
WAIT = 5.0  # seconds that a writer waits for the one before it

_TABLES = """
CREATE TABLE texts (
    sha256 TEXT PRIMARY KEY,
    text TEXT NOT NULL
);
CREATE TABLE corrections (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    text_sha256 TEXT NOT NULL REFERENCES texts,
    "start" INTEGER NOT NULL,
    "end" INTEGER NOT NULL,
    word TEXT NOT NULL,
    label TEXT NOT NULL,
    score REAL NOT NULL,
    model TEXT NOT NULL,
    time TEXT NOT NULL,
    UNIQUE (text_sha256, "start", "end", model)
);
"""

_REASONS = {
    "SQLITE_BUSY": f"another process has been writing to it for {WAIT:g} s; try again",
    "SQLITE_CANTOPEN": "cannot be opened; check that you may read and write it, and its folder",
    "SQLITE_CORRUPT": "damaged; use a copy from before, or save what is left with `sqlite3 FILE .recover`",
    "SQLITE_FULL": "the disk is full; make room",
    "SQLITE_NOTADB": "not a file of corrections; give another name",
    "SQLITE_READONLY": "cannot be written, and SQLite writes even to read; copy it into a folder of yours",
}


class FeedbackFileError(EscoreError, OSError):
    """A file of corrections that cannot be used. `reason` is the message without the file's name."""

    def __init__(self, path: Path, reason: str) -> None:
        super().__init__(f"{path}: {reason}")
        self.reason = reason


def make(path: Path) -> None:
    """See to it that `path` is a file of corrections that can be written; a new or empty one becomes one.

    Raises FeedbackFileError.
    """
    _create(path)
    with telling(path), closing(_connect(path)) as connection:
        connection.execute("BEGIN IMMEDIATE")  # fails where nothing can be written; of two processes one makes it
        if _is_empty(connection):
            for statement in _TABLES.split(";"):
                connection.execute(statement)
            connection.execute(f"PRAGMA application_id = {APPLICATION}")
            connection.execute(f"PRAGMA user_version = {SCHEMA}")
        _check(path, connection)
        connection.execute("COMMIT")
        connection.execute("PRAGMA journal_mode = WAL")  # stays with the file


def connect(path: Path) -> sqlite3.Connection:
    """A connection to a file of corrections that is there already. Raises FeedbackFileError.

    One thread at a time may use it. Transactions are begun and ended by hand.
    """
    identity(path)
    with telling(path):
        connection = _connect(path)
        try:
            _check(path, connection)
        except BaseException:
            connection.close()
            raise
    return connection


def identity(path: Path) -> tuple[int, int]:
    """Device and inode of a regular file. Raises FeedbackFileError where `path` is none, or is a link to one."""
    try:
        found = path.lstat()
    except OSError as error:
        raise FeedbackFileError(path, error.strerror or str(error)) from error
    if stat.S_ISLNK(found.st_mode):
        raise FeedbackFileError(path, "a link; give the file that it leads to")
    if stat.S_ISDIR(found.st_mode):
        raise FeedbackFileError(path, "a folder; give a file")
    if not stat.S_ISREG(found.st_mode):
        raise FeedbackFileError(path, "not a regular file; give another name")
    return found.st_dev, found.st_ino


@contextmanager
def telling(path: Path) -> Iterator[None]:
    """Turn what SQLite says of the file into one line. Raises FeedbackFileError."""
    try:
        yield
    except sqlite3.DatabaseError as error:
        full = getattr(error, "sqlite_errorname", "")
        name = "_".join(full.split("_")[:2])  # SQLITE_READONLY of SQLITE_READONLY_DIRECTORY
        raise FeedbackFileError(path, _REASONS.get(name, str(error))) from error


def _create(path: Path) -> None:
    try:
        os.close(os.open(path, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600))
    except FileExistsError:
        # Not opened here: closing a descriptor of it would end the locks that a connection of this process may hold.
        identity(path)
    except OSError as error:
        hint = "; make the folder first" if isinstance(error, FileNotFoundError) else ""
        raise FeedbackFileError(path, f"{error.strerror}{hint}") from error
    if path.lstat().st_size == 0:
        path.chmod(0o600)  # the umask may have taken bits, or someone made it with more; -wal and -shm follow it


def _connect(path: Path) -> sqlite3.Connection:
    where = f"{path.absolute().as_uri()}?mode=rw"  # never makes one: that would be by the umask
    connection = sqlite3.connect(where, uri=True, timeout=WAIT, isolation_level=None, check_same_thread=False)
    connection.execute("PRAGMA synchronous = FULL")  # a commit is on the disk, not only in the kernel
    connection.execute("PRAGMA foreign_keys = ON")
    return connection


def _is_empty(connection: sqlite3.Connection) -> bool:
    return not any(_number(connection, name) for name in ("application_id", "user_version", "schema_version"))


def _check(path: Path, connection: sqlite3.Connection) -> None:
    if _number(connection, "application_id") != APPLICATION:
        raise FeedbackFileError(path, _REASONS["SQLITE_NOTADB"])
    if (schema := _number(connection, "user_version")) > SCHEMA:
        raise FeedbackFileError(path, f"schema {schema} is newer than this escore reads ({SCHEMA}); upgrade escore")


def _number(connection: sqlite3.Connection, pragma: str) -> int:
    return int(connection.execute(f"PRAGMA {pragma}").fetchone()[0])
