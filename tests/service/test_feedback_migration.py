"""Files of corrections of an older schema: nothing in them is lost."""

import sqlite3
import threading
from contextlib import closing
from pathlib import Path

import pytest
from tests.service.test_feedback import MODEL, TEXT, digest

from escore_service.feedback import Store, records, texts
from escore_service.feedback_file import APPLICATION, SCHEMA, FeedbackFileError

SCHEMA_1 = f"""
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
PRAGMA application_id = {APPLICATION};
PRAGMA user_version = 1;
PRAGMA journal_mode = WAL;
"""
TIME = "2026-01-02T03:04:05.000006+00:00"


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """A file of schema 1 with two corrections; a third one, with id 9, was undone."""
    path = tmp_path / "old.db"
    with closing(sqlite3.connect(path)) as connection:
        connection.executescript(SCHEMA_1)
        connection.execute("INSERT INTO texts VALUES (?, ?)", (digest(TEXT), TEXT))
        for number, start, end, label in ((4, 0, 9, "entity"), (7, 17, 22, "proper"), (9, 0, 3, "none")):
            row = (number, digest(TEXT), start, end, TEXT[start:end], label, 250.5, MODEL, TIME)
            connection.execute("INSERT INTO corrections VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)", row)
        connection.execute("DELETE FROM corrections WHERE id = 9")
        connection.commit()
    return path


def test_an_older_file_is_migrated_with_all_that_is_in_it(path: Path) -> None:
    (record,) = records(path)  # reading is enough
    assert [(span.start, span.end, span.label, span.score, span.by, span.time) for span in record.spans] == [
        (0, 9, "entity", 250.5, None, TIME),
        (17, 22, "proper", 250.5, None, TIME),
    ]
    with closing(sqlite3.connect(path)) as connection:
        assert connection.execute("PRAGMA user_version").fetchone() == (SCHEMA,)
        assert connection.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
        assert connection.execute("PRAGMA foreign_key_check").fetchall() == []


def test_ids_go_on_where_they_were(path: Path) -> None:
    with closing(Store(path)) as store:
        assert store.correct(TEXT, 0, 9, "none", 250.5, MODEL).id == 4
        assert store.correct(TEXT, 4, 9, "none", 250.5, MODEL).id > 9  # which was given out once
        assert store.undo(7)


def test_several_at_once_migrate_it_once(path: Path) -> None:
    failures: list[Exception] = []

    def read() -> None:
        try:
            assert len(next(iter(texts(path)))[2]) == 2
        except Exception as error:
            failures.append(error)

    threads = [threading.Thread(target=read) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failures == []


def test_a_file_that_cannot_be_migrated_stays_as_it_was(path: Path) -> None:
    with closing(sqlite3.connect(path)) as connection:  # whatever is wrong with it
        connection.execute("CREATE TABLE actions (other TEXT)")
    with pytest.raises(FeedbackFileError, match="actions already exists"):
        Store(path)
    with closing(sqlite3.connect(path)) as connection:
        assert connection.execute("PRAGMA user_version").fetchone() == (1,)
        assert connection.execute("SELECT count(*) FROM corrections").fetchone() == (2,)
