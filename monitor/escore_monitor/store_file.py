"""The file of a store: SQLite, readable by its owner only; any other file is refused."""

import os
import sqlite3
import stat
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

from escore_monitor.errors import StoreError

APPLICATION = 0x65736377  # "escw" in SQLite's field for the application whose file it is
SCHEMA = 1
WAIT = 5.0  # seconds that a writer waits for another one

# A document's key is a hash (see observation.py). Days count from 1970-01-01, UTC. Sums of scores are in hundredths, so
# that they come out the same in any order. Tables whose key is the whole row's place have no other.
_TABLES = """
CREATE TABLE streams (
    id INTEGER PRIMARY KEY,
    source TEXT NOT NULL,
    model TEXT NOT NULL,
    UNIQUE (source, model)
);
CREATE TABLE documents (
    key INTEGER PRIMARY KEY,
    content INTEGER NOT NULL
);
CREATE TABLE days (
    day INTEGER NOT NULL,
    stream INTEGER NOT NULL REFERENCES streams,
    documents INTEGER NOT NULL,
    words INTEGER NOT NULL,
    pieces INTEGER NOT NULL,
    mentions INTEGER NOT NULL,
    PRIMARY KEY (day, stream)
) WITHOUT ROWID;
CREATE TABLE entities (
    id INTEGER PRIMARY KEY,
    key TEXT NOT NULL UNIQUE,
    first_day INTEGER NOT NULL,
    documents INTEGER NOT NULL
);
CREATE TABLE forms (
    entity INTEGER NOT NULL REFERENCES entities,
    text TEXT NOT NULL,
    mentions INTEGER NOT NULL,
    PRIMARY KEY (entity, text)
) WITHOUT ROWID;
CREATE TABLE kinds (
    entity INTEGER NOT NULL REFERENCES entities,
    kind TEXT NOT NULL,
    mentions INTEGER NOT NULL,
    PRIMARY KEY (entity, kind)
) WITHOUT ROWID;
CREATE TABLE counts (
    day INTEGER NOT NULL,
    entity INTEGER NOT NULL REFERENCES entities,
    stream INTEGER NOT NULL REFERENCES streams,
    documents INTEGER NOT NULL,
    mentions INTEGER NOT NULL,
    score INTEGER NOT NULL,
    PRIMARY KEY (day, entity, stream)
) WITHOUT ROWID;
CREATE TABLE bins (
    day INTEGER NOT NULL,
    stream INTEGER NOT NULL REFERENCES streams,
    signal TEXT NOT NULL,
    bin INTEGER NOT NULL,
    count INTEGER NOT NULL,
    PRIMARY KEY (day, stream, signal, bin)
) WITHOUT ROWID;
CREATE VIEW daily AS
    SELECT date(counts.day * 86400, 'unixepoch') AS date, entities.key AS entity, source, model,
        counts.documents AS documents, counts.mentions AS mentions, score / 100.0 / counts.mentions AS mean_score
    FROM counts JOIN entities ON entities.id = counts.entity JOIN streams ON streams.id = counts.stream
"""

_REASONS = {  # problem and advice
    "SQLITE_BUSY": (f"another process has been writing to it for {WAIT:g} s", "try again"),
    "SQLITE_CANTOPEN": ("cannot be opened", "check that you may read and write it, and its folder"),
    "SQLITE_CORRUPT": ("damaged", "use a copy from before, or save what is left with `sqlite3 FILE .recover`"),
    "SQLITE_FULL": ("the disk is full", "make room, and add the same records again: none is counted twice"),
    "SQLITE_NOTADB": ("not a store of 'escore watch'", "give another name"),
    "SQLITE_READONLY": ("cannot be written, and SQLite writes even to read", "copy it into a folder of yours"),
}


def create(path: Path) -> None:
    """Make a new or empty file a store, and check that another one is a store that can be written.

    Raises StoreError.
    """
    _touch(path)
    with sqlite_errors(path), closing(_connect(path)) as connection:
        connection.execute("BEGIN IMMEDIATE")  # fails if the file cannot be written; one of two processes creates it
        if not any(_number(connection, name) for name in ("application_id", "user_version", "schema_version")):
            _make_private(path)
            for statement in _TABLES.split(";\n"):
                connection.execute(statement)
            connection.execute(f"PRAGMA application_id = {APPLICATION}")
            connection.execute(f"PRAGMA user_version = {SCHEMA}")
        _check(path, connection)
        connection.execute("COMMIT")
        connection.execute("PRAGMA journal_mode = WAL")  # stays with the file; readers wait for no writer


def connect(path: Path) -> sqlite3.Connection:
    """A connection to an existing store, for any one thread at a time. Raises StoreError.

    The caller begins and ends transactions.
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
    """Device and inode of a regular file. Raises StoreError if `path` is none."""
    _check_name(path)
    try:
        status = path.stat()
    except OSError as error:
        advice = "make it with: escore watch add" if isinstance(error, FileNotFoundError) else ""
        raise StoreError(path, error.strerror or str(error), advice) from error
    if stat.S_ISDIR(status.st_mode):
        raise StoreError(path, "a folder", "give a file")
    if not stat.S_ISREG(status.st_mode):
        raise StoreError(path, "not a regular file", "give another name")
    return status.st_dev, status.st_ino


@contextmanager
def sqlite_errors(path: Path) -> Iterator[None]:
    """Raise SQLite's errors as StoreError."""
    try:
        yield
    except sqlite3.DatabaseError as error:
        name = getattr(error, "sqlite_errorname", "")
        primary = "_".join(name.split("_")[:2])  # SQLITE_READONLY of SQLITE_READONLY_DIRECTORY
        raise StoreError(path, *_REASONS.get(primary, (str(error),))) from error


def _check_name(path: Path) -> None:
    if str(path) == "-":
        raise StoreError(path, "a store is a file, not a stream", "give the name of a file")


def _make_private(path: Path) -> None:
    try:
        path.chmod(0o600)
    except OSError as error:
        raise StoreError(path, "cannot be made readable by its owner only", "give the name of a new file") from error


def _touch(path: Path) -> None:
    _check_name(path)
    try:
        os.close(os.open(path, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600))
    except FileExistsError:
        identity(path)
    except OSError as error:
        advice = "make the folder first" if isinstance(error, FileNotFoundError) else ""
        raise StoreError(path, error.strerror or str(error), advice) from error


def _connect(path: Path) -> sqlite3.Connection:
    uri = f"{path.absolute().as_uri()}?mode=rw"  # does not create it: that would be by the umask
    connection = sqlite3.connect(uri, uri=True, timeout=WAIT, isolation_level=None, check_same_thread=False)
    connection.execute("PRAGMA synchronous = FULL")  # a commit is on the disk, not only in the kernel
    return connection


def _check(path: Path, connection: sqlite3.Connection) -> None:
    if _number(connection, "application_id") != APPLICATION:
        raise StoreError(path, *_REASONS["SQLITE_NOTADB"])
    if (schema := _number(connection, "user_version")) > SCHEMA:
        raise StoreError(path, f"schema {schema} is newer than this escore reads ({SCHEMA})", "upgrade escore")


def _number(connection: sqlite3.Connection, pragma: str) -> int:
    return int(connection.execute(f"PRAGMA {pragma}").fetchone()[0])
