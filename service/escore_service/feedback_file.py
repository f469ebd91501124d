"""The file of corrections: SQLite, readable by its owner only; any other file is refused, an older one is migrated."""

import os
import sqlite3
import stat
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

from escore import EscoreError

APPLICATION = 0x6573636F  # "esco" in SQLite's field for the application whose file it is
SCHEMA = 2
WAIT = 5.0  # seconds that a writer waits for another one

# A text's `record` holds what was known of it when it was reviewed. `by` is "" where nobody is named. An action is what
# somebody did in a review; its changes keep what was there before, so that it can be undone.
_CORRECTIONS = """
CREATE TABLE corrections (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    text_sha256 TEXT NOT NULL REFERENCES texts,
    "start" INTEGER NOT NULL,
    "end" INTEGER NOT NULL,
    word TEXT NOT NULL,
    label TEXT,
    score REAL,
    model TEXT NOT NULL DEFAULT '',
    time TEXT NOT NULL,
    by TEXT NOT NULL DEFAULT '',
    target REAL,
    kind TEXT,
    settles INTEGER NOT NULL DEFAULT 0,
    UNIQUE (text_sha256, "start", "end", model, by)
);
"""
_REVIEWS = """
CREATE TABLE reviews (
    text_sha256 TEXT NOT NULL REFERENCES texts,
    by TEXT NOT NULL,
    time TEXT NOT NULL,
    PRIMARY KEY (text_sha256, by)
);
CREATE TABLE actions (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    by TEXT NOT NULL,
    text_sha256 TEXT NOT NULL,
    time TEXT NOT NULL
);
CREATE TABLE changes (
    action INTEGER NOT NULL REFERENCES actions ON DELETE CASCADE,
    name TEXT NOT NULL,
    key TEXT NOT NULL,
    before TEXT
);
CREATE INDEX changes_of_action ON changes (action);
CREATE INDEX actions_of_text ON actions (text_sha256);
"""
_TEXTS = """
CREATE TABLE texts (
    sha256 TEXT PRIMARY KEY,
    text TEXT NOT NULL,
    record TEXT
);
"""
_FROM_1 = f"""
ALTER TABLE texts ADD COLUMN record TEXT;
ALTER TABLE corrections RENAME TO corrections_1;
{_CORRECTIONS}
INSERT INTO corrections (id, text_sha256, "start", "end", word, label, score, model, time)
    SELECT id, text_sha256, "start", "end", word, label, score, model, time FROM corrections_1;
UPDATE sqlite_sequence SET seq = (SELECT seq FROM sqlite_sequence WHERE name = 'corrections_1')
    WHERE name = 'corrections' AND EXISTS (SELECT * FROM sqlite_sequence WHERE name = 'corrections_1');
DROP TABLE corrections_1;
{_REVIEWS}
"""  # noqa: S608

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
            _run(connection, _TEXTS + _CORRECTIONS + _REVIEWS)
            connection.execute(f"PRAGMA application_id = {APPLICATION}")
            connection.execute(f"PRAGMA user_version = {SCHEMA}")
        _check(path, connection)
        connection.execute("COMMIT")
        connection.execute("PRAGMA journal_mode = WAL")  # stays with the file
    connect(path).close()


def connect(path: Path) -> sqlite3.Connection:
    """A connection to an existing file of corrections, which is migrated if it is older. Raises FeedbackFileError.

    One thread at a time may use it. The caller begins and ends transactions.
    """
    identity(path)
    with sqlite_errors(path):
        connection = _connect(path)
        try:
            if _check(path, connection) < SCHEMA:
                _migrate(path, connection)
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


def _migrate(path: Path, connection: sqlite3.Connection) -> None:
    """Bring a file of schema 1 to this one, whole or not at all."""
    connection.execute("BEGIN IMMEDIATE")
    try:
        if _check(path, connection) < SCHEMA:  # else another process was quicker
            _run(connection, _FROM_1)
            connection.execute(f"PRAGMA user_version = {SCHEMA}")
        connection.execute("COMMIT")
    except BaseException:
        if connection.in_transaction:
            connection.execute("ROLLBACK")
        raise


def _run(connection: sqlite3.Connection, statements: str) -> None:
    for statement in statements.split(";"):  # executescript would end the transaction
        connection.execute(statement)


def _is_empty(connection: sqlite3.Connection) -> bool:
    return not any(_number(connection, name) for name in ("application_id", "user_version", "schema_version"))


def _check(path: Path, connection: sqlite3.Connection) -> int:
    """The schema of the file. Raises FeedbackFileError if it is none of ours, or newer."""
    if _number(connection, "application_id") != APPLICATION:
        raise FeedbackFileError(path, *_REASONS["SQLITE_NOTADB"])
    if (schema := _number(connection, "user_version")) > SCHEMA:
        raise FeedbackFileError(path, f"schema {schema} is newer than this escore reads ({SCHEMA})", "upgrade escore")
    return schema


def _number(connection: sqlite3.Connection, pragma: str) -> int:
    return int(connection.execute(f"PRAGMA {pragma}").fetchone()[0])
