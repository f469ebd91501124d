"""The store counts every document once, whatever happens, and says what is wrong with a file that is none."""

import json
import os
import random
import sqlite3
import subprocess
import sys
import threading
import time
from contextlib import closing
from pathlib import Path

import pytest
from tests.monitor.observations import DAY, observation

from escore_monitor import Store, StoreError, store_file
from escore_monitor.observation import Observation
from escore_monitor.report import ReportOptions, make_report

ROUNDS = int(os.environ.get("ESCORE_KILL_ROUNDS", "3"))
NAMES = ["Oslo", "Kattegat Lines", "Ostara", "OSLO", "oslo's"]


def documents(count: int, seed: int = 1) -> list[Observation]:
    chance = random.Random(seed)
    return [
        observation(f"d{i}", chance.choices(NAMES, k=chance.randrange(4)), DAY + chance.randrange(5))
        for i in range(count)
    ]


def content(path: Path) -> dict[str, list[tuple[object, ...]]]:
    """What a store says, whatever numbers its rows have."""
    queries = {
        "documents": "SELECT * FROM documents ORDER BY key",
        "days": "SELECT day, source, model, documents, words, pieces, mentions FROM days JOIN streams ON id = stream",
        "entities": "SELECT key, first_day, documents FROM entities ORDER BY key",
        "forms": "SELECT key, text, mentions FROM forms JOIN entities ON id = entity ORDER BY key, text",
        "counts": "SELECT day, key, c.documents, mentions, score FROM counts c JOIN entities e ON e.id = entity"
        " ORDER BY day, key",
        "bins": "SELECT day, signal, bin, count FROM bins ORDER BY day, signal, bin",
    }
    with closing(sqlite3.connect(path)) as connection:
        assert connection.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
        return {name: connection.execute(query).fetchall() for name, query in queries.items()}


def test_a_document_is_counted_once(tmp_path: Path) -> None:
    with Store(tmp_path / "x.db") as store:
        added = store.add([observation("a", ["Oslo"]), observation("b", ["Oslo"]), observation("a", ["Oslo"])])
        assert (added.documents, added.known, added.changed) == (2, 1, ())
        added = store.add([observation("b", ["Oslo"], text="other"), observation("a", ["Oslo"], model="m 2")])
        assert (added.documents, added.known, added.changed) == (1, 0, (0,))
    assert content(tmp_path / "x.db")["entities"] == [("oslo", DAY, 3)]


def test_batches_in_any_order_make_the_same_store(tmp_path: Path) -> None:
    items = documents(300)
    with Store(tmp_path / "whole.db") as store:
        store.add(items)
    random.Random(2).shuffle(items)
    for first in range(0, 300, 7):
        with Store(tmp_path / "parts.db") as store:
            store.add(items[first : first + 20])  # most are there already
    assert content(tmp_path / "whole.db") == content(tmp_path / "parts.db")


def test_what_is_counted_is_right(tmp_path: Path) -> None:
    with Store(tmp_path / "x.db") as store:
        store.add([observation("a", ["Oslo", "OSLO", "Ostara"]), observation("b", ["oslo's"], DAY + 1)])
    with closing(sqlite3.connect(tmp_path / "x.db")) as connection:
        rows = connection.execute("SELECT date, entity, documents, mentions, mean_score FROM daily").fetchall()
    assert sorted(rows) == [
        ("2024-10-04", "oslo", 1, 2, 290.5),
        ("2024-10-04", "ostara", 1, 1, 290.5),
        ("2024-10-05", "oslo", 1, 1, 290.5),
    ]


def test_writers_side_by_side_lose_nothing(tmp_path: Path) -> None:
    items = documents(400)
    Store(tmp_path / "x.db").close()

    def write(part: int) -> None:
        with Store(tmp_path / "x.db") as store:
            for first in range(0, 400, 40):
                store.add(items[first + part : first + 40 + part])  # which overlap

    threads = [threading.Thread(target=write, args=(part,)) for part in (0, 5, 11)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    with Store(tmp_path / "whole.db") as store:
        store.add(items)
    assert content(tmp_path / "whole.db") == content(tmp_path / "x.db")


def records(count: int) -> list[bytes]:
    chance = random.Random(3)
    lines = []
    for i in range(count):
        text = f"{chance.choice(['Oslo', 'The Ostara', 'Ingrid Solheim'])} left on day {i}."
        entities = [{"text": text.split(" left", 1)[0].removeprefix("The "), "start": 0, "end": 4, "score": 290}]
        times = f"2024-10-0{chance.randrange(1, 8)}T10:00:00Z"
        lines.append(
            json.dumps({"id": f"r{i}", "time": times, "text": text, "words": [], "entities": entities}).encode()
        )
    return lines


def test_a_process_killed_at_any_moment_and_repeated_counts_nothing_twice(tmp_path: Path) -> None:
    lines = records(9000)
    (tmp_path / "in.jsonl").write_bytes(b"\n".join(lines))
    command = [sys.executable, "-m", "escore_cli", "watch", "add"]
    subprocess.run([*command, tmp_path / "whole.db", tmp_path / "in.jsonl"], check=True, capture_output=True)
    expected = content(tmp_path / "whole.db")
    assert len(expected["documents"]) == 9000
    chance = random.Random(5)
    killed = 0
    for number in range(ROUNDS):
        path = tmp_path / f"{number}.db"
        for _ in range(3):
            with subprocess.Popen([*command, path, tmp_path / "in.jsonl"], stderr=subprocess.DEVNULL) as process:
                end = time.monotonic() + 60
                while not path.exists() and time.monotonic() < end:
                    time.sleep(0.002)
                time.sleep(chance.uniform(0, 1.2))
                process.kill()
            killed += process.returncode != 0
        with closing(sqlite3.connect(path)) as connection:
            assert connection.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
        done = subprocess.run([*command, path, tmp_path / "in.jsonl"], check=True, capture_output=True, text=True)
        assert "left out" not in done.stderr
        assert content(path) == expected
    assert killed


def test_a_file_that_is_no_store_stays_as_it_is(tmp_path: Path) -> None:
    path = tmp_path / "x.db"
    path.write_text("no database " * 500)
    with pytest.raises(StoreError, match="not a store of 'escore watch'; give another name"):
        Store(path)
    assert path.read_text() == "no database " * 500
    path.unlink()
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("CREATE TABLE mine (a)")
    with pytest.raises(StoreError, match="not a store"):
        Store(path)
    with pytest.raises(StoreError, match="a folder; give a file"):
        Store(tmp_path)
    with pytest.raises(StoreError, match="make the folder first"):
        Store(tmp_path / "none" / "x.db")
    with pytest.raises(StoreError, match="make it with: escore watch add"):
        make_report(tmp_path / "missing.db")


def test_a_newer_store_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "x.db"
    Store(path).close()
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("PRAGMA user_version = 99")
    for use in (Store, make_report):
        with pytest.raises(StoreError, match=r"schema 99 is newer than this escore reads .*; upgrade escore"):
            use(path)


def test_an_empty_file_becomes_a_store_that_only_its_owner_reads(tmp_path: Path) -> None:
    (tmp_path / "x.db").touch(0o644)
    for name in ("x.db", "y.db"):
        with Store(tmp_path / name) as store:
            store.add(documents(3))
        assert (tmp_path / name).stat().st_mode & 0o777 == 0o600


def test_a_locked_store_says_so(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "x.db"
    with Store(path) as store:
        store.add(documents(3))
    monkeypatch.setattr(store_file, "WAIT", 0.1)
    with closing(sqlite3.connect(path, isolation_level=None)) as other, Store(tmp_path / "y.db"):
        store = Store(path)
        other.execute("BEGIN IMMEDIATE")
        with pytest.raises(StoreError, match="another process has been writing to it"):
            store.add([observation("new")])
        assert make_report(path, ReportOptions())["window"]["documents"] == 3  # readers do not wait
        other.execute("ROLLBACK")
        assert store.add([observation("new")]).documents == 1
        store.close()


def test_a_full_disk_loses_no_more_than_the_batch(tmp_path: Path) -> None:
    path = tmp_path / "x.db"
    with Store(path) as store:
        store.add(documents(50))
        before = content(path)
        with store._writing() as connection:
            pages = connection.execute("PRAGMA page_count").fetchone()[0]
            connection.execute(f"PRAGMA max_page_count = {pages}")
        with pytest.raises(StoreError, match="the disk is full; make room, and add the same records again"):
            store.add([observation(f"e{i}", [f"Name {i}"]) for i in range(5000)])
        assert content(path) == before
        with store._writing() as connection:
            connection.execute("PRAGMA max_page_count = 1000000")
        assert store.add([observation(f"e{i}", [f"Name {i}"]) for i in range(5000)]).documents == 5000


def test_a_store_that_was_replaced_is_not_written_to(tmp_path: Path) -> None:
    path = tmp_path / "x.db"
    store = Store(path)
    store.add(documents(3))
    path.rename(tmp_path / "moved.db")
    with pytest.raises(StoreError, match="No such file"):
        store.add(documents(3))
    Store(path).close()
    with pytest.raises(StoreError, match="replaced since it was opened"):
        store.add(documents(3))
    store.close()
