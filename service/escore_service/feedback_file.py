"""The file of corrections: SQLite, readable by its owner only; any other file is refused."""

import os
import sqlite3
import stat
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

from escore import EscoreError

APPLICATION = 0x6573636F  # "esco" in SQLite's field for the application whose file it is
SCHEMA = 1
WAIT = 5.0  # seconds that a writer waits for another one

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

_REASONS = {  # problem and advice
    "SQLITE_BUSY": (f"another process has been writing to it for {WAIT:g} s", "try again"),
    "SQLITE_CANTOPEN": ("cannot be opened", "check that you may read and write it, and its folder"),
    "SQLITE_CORRUPT": ("damaged", "use a copy from before, or save what is left with `sqlite3 FILE .recover`"),
    "SQLITE_FULL": ("the disk is full", "make room"),
    "SQLITE_NOTADB": ("not a file of corrections", "give another name"),
    "SQLITE_READONLY": ("cannot be written, and SQLite writes even to read", "copy it into a folder of yours"),
}


class FeedbackFileError(EscoreError, OSError):
    """A file of corrections that cannot be used. `reason` is the message without the file's name."""

    def __init__(self, path: Path, problem: str, advice: str = "") -> None:
        super().__init__(f"{path}: {problem}", advice)
        self.reason = f"{problem}; {advice}" if advice else problem


def create(path: Path) -> None:
    """Make a new or empty file a file of corrections, and check that an older one is one that can be written.

    Raises FeedbackFileError.
    """
    _touch(path)
    with sqlite_errors(path), closing(_connect(path)) as connection:
        connection.execute("BEGIN IMMEDIATE")  # fails if the file cannot be written; one of two processes creates it
        if _is_empty(connection):
            for statement in _TABLES.split(";"):
                connection.execute(statement)
            connection.execute(f"PRAGMA application_id = {APPLICATION}")
            connection.execute(f"PRAGMA user_version = {SCHEMA}")
        _check(path, connection)
        connection.execute("COMMIT")
        connection.execute("PRAGMA journal_mode = WAL")  # stays with the file


def connect(path: Path) -> sqlite3.Connection:
    """A connection to an existing file of corrections. Raises FeedbackFileError.

    One thread at a time may use it. The caller begins and ends transactions.
    """
    identity(path)
    with sqlite_errors(path):
        connection = _connect(path)
        try:
            _check(path, connection)
        except BaseException:
            connection.close()
            raise
    return connection


def identity(path: Path) -> tuple[int, int]:
    """Device and inode of a regular file. Raises FeedbackFileError if `path` is none, or a link to one."""
    try:
        status = path.lstat()
    except OSError as error:
        advice = "give the file that 'escore serve --feedback' keeps" if isinstance(error, FileNotFoundError) else ""
        raise FeedbackFileError(path, error.strerror or str(error), advice) from error
    if stat.S_ISLNK(status.st_mode):
        raise FeedbackFileError(path, "a link", "give the file that it leads to")
    if stat.S_ISDIR(status.st_mode):
        raise FeedbackFileError(path, "a folder", "give a file")
    if not stat.S_ISREG(status.st_mode):
        raise FeedbackFileError(path, "not a regular file", "give another name")
    return status.st_dev, status.st_ino


@contextmanager
def sqlite_errors(path: Path) -> Iterator[None]:
    """Raise SQLite's errors as FeedbackFileError."""
    try:
        yield
    except sqlite3.DatabaseError as error:
        name = getattr(error, "sqlite_errorname", "")
        primary = "_".join(name.split("_")[:2])  # SQLITE_READONLY of SQLITE_READONLY_DIRECTORY
        raise FeedbackFileError(path, *_REASONS.get(primary, (str(error),))) from error


def _touch(path: Path) -> None:
    try:
        os.close(os.open(path, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600))
    except FileExistsError:
        identity(path)  # not opened: closing it would end the locks that a connection of this process may hold
    except OSError as error:
        advice = "make the folder first" if isinstance(error, FileNotFoundError) else ""
        raise FeedbackFileError(path, error.strerror or str(error), advice) from error
    if path.lstat().st_size == 0:
        path.chmod(0o600)  # whatever the umask, or whoever created it; -wal and -shm get the same mode


def _connect(path: Path) -> sqlite3.Connection:
    uri = f"{path.absolute().as_uri()}?mode=rw"  # does not create it: that would be by the umask
    connection = sqlite3.connect(uri, uri=True, timeout=WAIT, isolation_level=None, check_same_thread=False)
    connection.execute("PRAGMA synchronous = FULL")  # a commit is on the disk, not only in the kernel
    connection.execute("PRAGMA foreign_keys = ON")
    return connection


def _is_empty(connection: sqlite3.Connection) -> bool:
    return not any(_number(connection, name) for name in ("application_id", "user_version", "schema_version"))


def _check(path: Path, connection: sqlite3.Connection) -> None:
    if _number(connection, "application_id") != APPLICATION:
        raise FeedbackFileError(path, *_REASONS["SQLITE_NOTADB"])
    if (schema := _number(connection, "user_version")) > SCHEMA:
        raise FeedbackFileError(path, f"schema {schema} is newer than this escore reads ({SCHEMA})", "upgrade escore")


def _number(connection: sqlite3.Connection, pragma: str) -> int:
    return int(connection.execute(f"PRAGMA {pragma}").fetchone()[0])
