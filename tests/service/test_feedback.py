"""The store: what is stored, replaced and undone, who may read it, and which files are refused."""

import hashlib
import multiprocessing
import os
import re
import sqlite3
import threading
from collections.abc import Iterator
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from escore_labels.record import LABELS
from escore_service import feedback_file
from escore_service.feedback import Store, texts
from escore_service.feedback_file import FeedbackFileError

TEXT = "Joe Biden told 🙂 Boris."
MODEL = "escore-en 7"


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "corrections.db"


@pytest.fixture
def store(path: Path) -> Iterator[Store]:
    with closing(Store(path)) as store:
        yield store


def digest(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()


def test_a_correction_is_there_for_its_text(path: Path, store: Store) -> None:
    before = datetime.now(UTC)
    correction = store.correct(TEXT, 17, 22, "proper", 281.5, MODEL)
    assert (correction.word, correction.text_sha256, correction.start, correction.end) == (
        "Boris",
        digest(TEXT),
        17,
        22,
    )
    assert (correction.label, correction.score, correction.model) == ("proper", 281.5, MODEL)
    time = datetime.fromisoformat(correction.time)
    assert time.utcoffset() == timedelta(0)
    assert before <= time <= datetime.now(UTC)
    assert store.of_text(digest("another")) == []
    with closing(Store(path)) as another:
        assert another.of_text(digest(TEXT)) == [correction]


def test_a_later_correction_replaces_one_of_the_same_span_and_model(path: Path, store: Store) -> None:
    first = store.correct(TEXT, 0, 9, "proper", 281.5, MODEL)
    other = store.correct(TEXT, 0, 3, "noun", 270.0, MODEL)
    later = store.correct(TEXT, 0, 9, "none", 281.0, MODEL)
    assert later.id == first.id
    assert (later.label, later.score) == ("none", 281.0)
    assert later.time >= first.time
    assert store.of_text(digest(TEXT)) == [other, later]


def test_another_models_correction_is_stored_beside_and_the_newest_is_answered(path: Path, store: Store) -> None:
    old = store.correct(TEXT, 0, 3, "noun", 270.0, "escore-en 1")
    new = store.correct(TEXT, 0, 3, "entity", 290.0, "escore-en 7")
    assert store.of_text(digest(TEXT)) == [new]
    assert [corrections for _, _, corrections in texts(path)] == [[old, new]]
    again = store.correct(TEXT, 0, 3, "none", 270.0, "escore-en 1")
    assert store.of_text(digest(TEXT)) == [again]


def test_undoing_forgets_the_correction_and_at_last_the_text(path: Path, store: Store) -> None:
    one, two = (store.correct(TEXT, start, 9, "none", 250.0, MODEL) for start in (0, 4))
    assert store.undo(one.id)
    assert not store.undo(one.id)
    assert store.of_text(digest(TEXT)) == [two]
    assert store.undo(two.id)
    assert list(texts(path)) == []
    once_more = store.correct(TEXT, 4, 9, "none", 250.0, MODEL)
    assert once_more.id > two.id  # who still holds an old id must not undo a newer correction
    assert not store.undo(2**63)


@pytest.mark.parametrize(
    ("text", "word"),
    [
        ("a \ud800 b", "\ufffd"),
        ("\0\0x", "x"),
        ("🙂🙂é", "é"),
        ("\u202eabc", "c"),
        ("a\r\nb\t\u2028c", "\u2028"),
        ("x" * 1_000_000 + "Zoë", "Zoë"),
    ],
    ids=["surrogate", "null", "emoji", "bidi", "lines", "1 MB"],
)
def test_any_text_can_be_stored(path: Path, store: Store, text: str, word: str) -> None:
    stored = text.replace("\ud800", "\ufffd")
    start = stored.index(word)
    correction = store.correct(text, start, start + len(word), "entity", 1.0, MODEL)
    assert correction.word == word
    assert list(texts(path)) == [(digest(stored), stored, [correction])]


@pytest.mark.parametrize("umask", [0, 0o277, 0o777])
@pytest.mark.parametrize("there", [False, True])
def test_only_the_owner_can_read(path: Path, umask: int, there: bool) -> None:
    if there:
        path.touch(0o666)
    before = os.umask(umask)
    try:
        store = Store(path)
        store.correct(TEXT, 0, 3, "none", 250.0, MODEL)
    finally:
        os.umask(before)
    modes = {file.name: file.stat().st_mode & 0o777 for file in path.parent.iterdir()}
    assert modes == {f"corrections.db{part}": 0o600 for part in ("", "-shm", "-wal")}
    store.close()
    assert [file.name for file in path.parent.iterdir()] == ["corrections.db"]


def test_commits_wait_for_the_disk(path: Path) -> None:
    Store(path)
    with closing(feedback_file.connect(path)) as connection:
        assert connection.execute("PRAGMA journal_mode").fetchone() == ("wal",)
        assert connection.execute("PRAGMA synchronous").fetchone() == (2,)


def database(path: Path, *statements: str) -> None:
    with closing(sqlite3.connect(path)) as connection:
        for statement in statements:
            connection.execute(statement)


def newer(path: Path) -> None:
    Store(path)
    database(path, f"PRAGMA user_version = {feedback_file.SCHEMA + 1}")


def linked(path: Path) -> None:
    Store(path.with_name("real.db"))
    path.symlink_to("real.db")


REFUSED = {
    "a folder; give a file": Path.mkdir,
    "a link; give the file": linked,
    "not a regular file": os.mkfifo,
    "not a file of corrections": lambda path: path.write_bytes(b"Joe Biden\n" * 100),
    "not a file of corrections; give another": lambda path: database(path, "CREATE TABLE texts (a)"),
    "not a file of corrections; give another name": lambda path: database(path, "PRAGMA user_version = 1"),
    "schema 3 is newer than this escore reads (2); upgrade escore": newer,
}


@pytest.mark.parametrize("reason", REFUSED)
def test_what_is_no_file_of_corrections_is_refused_and_left_as_it_is(path: Path, reason: str) -> None:
    REFUSED[reason](path)
    before = path.lstat()
    content = path.read_bytes() if path.is_file() else b""
    for use in (Store, lambda path: list(texts(path))):
        with pytest.raises(FeedbackFileError, match=f"^{re.escape(f'{path}: {reason}')}") as caught:
            use(path)
        assert "\n" not in str(caught.value)
    assert (path.lstat().st_mode, path.lstat().st_mtime_ns) == (before.st_mode, before.st_mtime_ns)
    assert content == (path.read_bytes() if path.is_file() else b"")


def test_a_damaged_file_is_answered(path: Path) -> None:
    Store(path)
    path.write_bytes(path.read_bytes()[:5000])
    with pytest.raises(FeedbackFileError, match="damaged; use a copy"):
        list(texts(path))


def test_a_folder_that_is_missing_is_named(path: Path) -> None:
    with pytest.raises(FeedbackFileError, match="No such file or directory; make the folder first"):
        Store(path / "corrections.db")


def test_a_file_with_an_odd_name_is_that_file(tmp_path: Path) -> None:
    path = tmp_path / "a?mode=memory#%41 ü.db"
    with closing(Store(path)) as store:
        store.correct(TEXT, 0, 3, "none", 250.0, MODEL)
    assert path.exists()
    assert len(list(texts(path))) == 1


def test_a_file_that_was_moved_away_takes_nothing_more(path: Path, store: Store) -> None:
    """SQLite would write on into the file that was moved, or deleted, and all that would be lost."""
    store.correct(TEXT, 0, 3, "none", 250.0, MODEL)
    path.rename(path.with_suffix(".old"))
    with pytest.raises(FeedbackFileError, match="No such file"):
        store.correct(TEXT, 4, 9, "none", 250.0, MODEL)
    path.touch()
    with pytest.raises(FeedbackFileError, match="start the service again"):
        store.correct(TEXT, 4, 9, "none", 250.0, MODEL)


def write_many(path: Path, who: int, count: int) -> None:
    """The same correction from everyone, and `count` of one's own."""
    with closing(Store(path)) as store:
        for number in range(count):
            store.correct(TEXT, 0, 3, LABELS[number % 4], 250.0, MODEL)
            store.correct(TEXT, 0, 9, "entity", 250.0, f"{who} {number}")


def test_processes_share_a_file(path: Path) -> None:
    context = multiprocessing.get_context("spawn")
    writers = [context.Process(target=write_many, args=(path, who, 25)) for who in range(4)]
    for writer in writers:
        writer.start()
    for writer in writers:
        writer.join(60)
    assert [writer.exitcode for writer in writers] == [0] * 4
    ((_, text, corrections),) = texts(path)
    assert text == TEXT
    assert len(corrections) == 1 + 4 * 25


def test_threads_share_a_store(path: Path, store: Store) -> None:
    ids: list[int] = []

    def write(who: int) -> None:
        for number in range(25):
            ids.append(store.correct(TEXT, 0, 3, LABELS[number % 4], 250.0, MODEL).id)
            store.correct(f"{who} {number}", 0, 1, "none", 250.0, MODEL)
            assert len(store.of_text(digest(TEXT))) == 1

    threads = [threading.Thread(target=write, args=(who,)) for who in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(ids) == 200
    assert len(set(ids)) == 1
    assert len(list(texts(path))) == 1 + 8 * 25


def test_a_writer_that_never_ends_is_answered(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(feedback_file, "WAIT", 0.1)
    store = Store(path)
    with closing(sqlite3.connect(path, isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        with pytest.raises(FeedbackFileError, match="another process has been writing"):
            store.correct(TEXT, 0, 3, "none", 250.0, MODEL)
        other.execute("ROLLBACK")
    assert store.correct(TEXT, 0, 3, "none", 250.0, MODEL).id


@pytest.mark.filterwarnings("ignore:.*multi-threaded.*fork:DeprecationWarning")
def test_a_forked_process_writes_too(path: Path, store: Store) -> None:
    store.correct(TEXT, 0, 3, "none", 250.0, MODEL)
    child = os.fork()
    if child == 0:
        try:
            store.correct(TEXT, 4, 9, "none", 250.0, MODEL)
            os._exit(0)
        finally:
            os._exit(1)
    assert os.waitpid(child, 0)[1] == 0
    store.correct(TEXT, 17, 22, "none", 250.0, MODEL)
    assert [correction.word for correction in store.of_text(digest(TEXT))] == ["Joe", "Biden", "Boris"]


def test_reading_all_texts_sees_one_moment(path: Path, store: Store) -> None:
    for text in ("first", "second"):
        store.correct(text, 0, 5, "none", 250.0, MODEL)
    reading = texts(path)
    assert next(reading)[1] == "first"
    store.correct("third", 0, 5, "none", 250.0, MODEL)
    assert [text for _, text, _ in reading] == ["second"]
    assert [text for _, text, _ in texts(path)] == ["first", "second", "third"]
