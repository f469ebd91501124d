"""`escore watch` as people use it: pipes, files, bad records, exit codes."""

import json
import os
import sqlite3
import subprocess
import sys
import time
from contextlib import closing
from pathlib import Path

import pytest
from tests.conftest import Run

RECORD = {"id": "a", "time": "2026-05-02T10:00:00Z", "text": "Oslo slept.", "words": [], "entities": []}


def line(**fields: object) -> bytes:
    return (
        json.dumps(RECORD | {"entities": [{"text": "Oslo", "start": 0, "end": 4, "score": 290}]} | fields).encode()
        + b"\n"
    )


def rows(path: Path, query: str = "SELECT date, entity, documents, mentions, model FROM daily ORDER BY date") -> list:  # type: ignore[type-arg]
    with closing(sqlite3.connect(path)) as connection:
        return connection.execute(query).fetchall()


def test_what_run_writes_is_counted(escore_here: Run, tmp_path: Path) -> None:
    """With and without --entities the same names come out, since words tell them."""
    texts = b"Ingrid Solheim met the mayor of Oslo.\nThe Bank of England and OSLO agreed.\n"
    scored = escore_here("run", "--lines", "--format", "jsonl", input=texts).stdout
    joined = escore_here("run", "--lines", "--entities", "--format", "jsonl", input=texts).stdout
    for name, content in (("words.db", scored), ("entities.db", joined)):
        done = escore_here("watch", "add", name, "--at", "2026-05-02", input=content)
        assert (done.returncode, done.stdout) == (0, b"")
        assert f"{name}: 2 documents added, 0 known before".encode() in done.stderr
        assert rows(tmp_path / name, "SELECT entity, documents, model FROM daily ORDER BY entity") == [
            ("bankofengland", 1, "escore-en 7"),
            ("ingridsolheim", 1, "escore-en 7"),
            ("oslo", 2, "escore-en 7"),
        ]
    again = escore_here("watch", "add", "words.db", "--at", "2026-05-02", input=scored)
    assert b"0 documents added, 2 known before" in again.stderr
    assert rows(tmp_path / "words.db", "SELECT words FROM days") == [(16,)]


def test_a_stream_is_counted_while_it_comes(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "escore_cli", "watch", "add", "x.db"]
    with subprocess.Popen(command, cwd=tmp_path, stdin=subprocess.PIPE, stderr=subprocess.PIPE) as process:
        assert process.stdin is not None
        assert process.stderr is not None
        process.stdin.write(line())
        process.stdin.flush()
        end = time.monotonic() + 60
        while not (tmp_path / "x.db").exists() or not rows(tmp_path / "x.db", "SELECT name FROM sqlite_master"):
            assert time.monotonic() < end
            time.sleep(0.05)
        while not rows(tmp_path / "x.db"):
            assert time.monotonic() < end
            time.sleep(0.05)
        process.stdin.write(line(id="b"))
        process.stdin.flush()
        time.sleep(0.3)
        process.send_signal(2)  # what was read is counted all the same
        assert b"2 documents added" in process.stderr.read()
    assert process.returncode == 130
    assert rows(tmp_path / "x.db")[0][2] == 2


def test_records_of_labels_are_counted(escore_here: Run, tmp_path: Path) -> None:
    spans = [
        {"start": 0, "end": 4, "label": "entity", "by": "model", "model": "mine 2", "score": 281.5},
        {"start": 5, "end": 9, "label": "entity", "by": "model", "model": "mine 2", "score": 230},
        {"start": 5, "end": 9, "label": "none", "by": "ann"},
        {"start": 14, "end": 19, "label": "entity", "kind": "person", "by": "ann"},
    ]
    record = {"id": "7", "text": "Oslo Mayo met Berit.", "time": "2026-05-02", "source": "notes", "spans": spans}
    (tmp_path / "labels.jsonl").write_text(json.dumps(record))
    assert escore_here("watch", "add", "x.db", "labels.jsonl").returncode == 0
    found = rows(tmp_path / "x.db", "SELECT entity, source, model, mean_score FROM daily ORDER BY entity")
    assert found == [("berit", "notes", "mine 2", 300.0), ("oslo", "notes", "mine 2", 281.5)]
    assert rows(tmp_path / "x.db", "SELECT kind FROM kinds") == [("person",)]


@pytest.mark.parametrize(
    ("record", "problem"),
    [
        (b"{", "left out: not JSON"),
        (b"[1]", "left out: not a JSON object"),
        (b'{"text": "Oslo"}', "left out: not scored; score the texts first, with: escore run --format jsonl"),
        (line(time="yesterday"), "left out: its time is no time; write times in ISO 8601"),
        (line(time="2100-01-01"), "left out: its time is in the future"),
        (line(time=4102444800), "left out: its time is in the future"),
        (line(time="0001-01-01"), "left out: its time is before 1900"),
        (line(time=-1), "left out: its time is no time"),
        (line(text=7), "left out: text: must be text or null, but is a whole number"),
        (line(text="Os"), "left out: a span that lies outside the text"),
        (line(entities=[{"text": "Oslo", "score": 301}]), "left out: a score that is no number from 0 to 300"),
        (line(entities=[{"text": "Oslo"}]), "left out: entities[0]: has no 'score'"),
        (line(entities=[{"text": "Oslo", "scor": 290}]), "left out: entities[0]: has no 'score'"),
        (line(entities=[{"text": "Oslo", "score": None}]), "left out: entities[0].score: must be"),
        (line(entities=[{"txt": "Oslo", "score": 290}]), "left out: an entity without a text"),
        (line(entities=[{"score": 290}]), "left out: an entity without a text"),
        (b'{"id": "a", "words": [{"start": 0, "end": 4, "score": 290}]}', "left out: words without their text"),
        (b'\xff{"id"', "left out: not JSON"),
    ],
)
def test_a_bad_record_is_left_out_and_said(escore_here: Run, tmp_path: Path, record: bytes, problem: str) -> None:
    done = escore_here(
        "watch", "add", "x.db", input=line(id="before") + record + (b"" if record[-1:] == b"\n" else b"\n")
    )
    assert done.returncode == 1
    assert problem in done.stderr.decode()
    assert rows(tmp_path / "x.db")[0][:3] == ("2026-05-02", "oslo", 1)


def test_a_wrong_byte_costs_no_other_record(escore_here: Run, tmp_path: Path) -> None:
    done = escore_here("watch", "add", "x.db", input=line().replace(b"slept", b"sl\xffpt") + line(id="b"))
    assert done.returncode == 0
    assert b"1 place that is not UTF-8 was read as U+FFFD" in done.stderr
    assert rows(tmp_path / "x.db")[0][2] == 2


def test_many_bad_records_take_few_lines(escore_here: Run) -> None:
    lines = b"".join(line(id=str(i), time=f"day {i}") for i in range(500))
    done = escore_here("watch", "add", "x.db", input=lines)
    assert done.stderr.count(b"\n") == 2
    assert b"(500 times, first in -: line 1)" in done.stderr


def test_records_without_time_count_as_of_now_or_of_at(escore_here: Run, tmp_path: Path) -> None:
    content = line(time=None) + line(id="b", time="2020-01-01", published=1777716000)
    done = escore_here(
        "watch", "add", "x.db", "--time-field", "published", "--at", "2026-05-03T23:00-05:00", input=content
    )
    assert b"no time" not in done.stderr
    assert [row[0] for row in rows(tmp_path / "x.db")] == ["2026-05-02", "2026-05-04"]
    done = escore_here("watch", "add", "y.db", input=line(time=None))
    assert b"counts as of now; name the field of times with --time-field" in done.stderr
    assert rows(tmp_path / "y.db")[0][0] == time.strftime("%Y-%m-%d", time.gmtime())
    escore_here("watch", "add", "z.db", "--at", "1777900000", input=line(time=None))
    assert rows(tmp_path / "z.db")[0][0] == "2026-05-04"


@pytest.mark.parametrize(
    ("time", "problem"),
    [
        ("soon", "'soon' is no time; write times in ISO 8601"),
        ("2099-01-01", "'2099-01-01' is in the future"),
        ("0001-01-01", "'0001-01-01' is before 1900"),
    ],
)
def test_at_is_a_time_that_a_record_may_have(escore_here: Run, tmp_path: Path, time: str, problem: str) -> None:
    done = escore_here("watch", "add", "x.db", "--at", time, input=line(time=None))
    assert (done.returncode, problem in done.stderr.decode()) == (2, True)
    assert not (tmp_path / "x.db").exists()


def test_an_id_with_another_text_is_said_and_counted_if_wanted(escore_here: Run, tmp_path: Path) -> None:
    content = line() + line(text="Oslo woke.")
    done = escore_here("watch", "add", "x.db", input=content)
    assert b"another text than before under the same id is not counted; --by-content counts it" in done.stderr
    assert b"x.db: 1 document added, 0 known before, 1 not counted for another text\n" in done.stderr
    assert (done.returncode, rows(tmp_path / "x.db")[0][2]) == (0, 1)
    escore_here("watch", "add", "y.db", "--by-content", input=content + content)
    assert rows(tmp_path / "y.db")[0][2] == 2


def test_lines_of_standard_input_are_told_apart_by_their_text(escore_here: Run, tmp_path: Path) -> None:
    """Their ids begin at -:1 again in every run."""
    first = line(id="-:1") + line(id="-:2")
    escore_here("watch", "add", "x.db", input=first)
    escore_here("watch", "add", "x.db", input=first + line(id="-:1", text="Oslo woke."))
    assert rows(tmp_path / "x.db")[0][2] == 3


def test_records_without_an_id_go_by_their_content(escore_here: Run, tmp_path: Path) -> None:
    content = line(id=None) + line(id=None) + line(id=None, time="2026-05-02T11:00Z") + line(id=None, source="b")
    escore_here("watch", "add", "x.db", input=content)
    escore_here("watch", "add", "x.db", input=content)
    assert sum(row[2] for row in rows(tmp_path / "x.db")) == 3


def test_models_are_kept_apart(escore_here: Run, tmp_path: Path) -> None:
    content = line(model="m 1") + line(model="m 2") + line(id="b", model="m 1")
    escore_here("watch", "add", "x.db", input=content)
    assert sorted(row[2:] for row in rows(tmp_path / "x.db")) == [(1, 1, "m 2"), (2, 2, "m 1")]
    report = json.loads(escore_here("watch", "report", "x.db", "--json", "--model", "m 1").stdout)
    assert (report["window"]["documents"], report["top"][0]["documents"]) == (2, 2)
    assert report["has_drift"] is None
    done = escore_here("watch", "report", "x.db", "--model", "m 3")
    assert (done.returncode, done.stderr) == (
        1,
        b"escore: x.db: no document of model 'm 3'; choose one of 'm 1', 'm 2'\n",
    )


def test_names_come_apart_where_words_are_missing(escore_here: Run) -> None:
    scored = escore_here("run", "--min", "150", "--format", "jsonl", input=b"Anna Berg slept.").stdout
    done = escore_here("watch", "add", "x.db", "--at", "2026-05-02", input=scored)
    assert b"words that join names are missing" in done.stderr


@pytest.mark.parametrize(
    ("arguments", "code", "problem"),
    [
        (("add", "x.db", "missing.jsonl"), 1, "missing.jsonl: No such file or directory"),
        (("report", "missing.db"), 1, "missing.db: No such file or directory; make it with: escore watch add"),
        (("report", "empty.db"), 1, "empty.db: no document is counted in it yet; add some with: escore watch add"),
        (("report", "text.db"), 1, "text.db: not a store of 'escore watch'; give another name"),
        (("add", "text.db"), 1, "text.db: not a store of 'escore watch'; give another name"),
        (("report", "full.db", "--since", "soon"), 2, "--since: 'soon' is neither a span of days nor a date"),
        (("report", "full.db", "--since", "2027-01-01"), 1, "full.db: nothing since 2027-01-01"),
        (("report", "full.db", "--until", "may"), 2, "--until: 'may' is no date"),
        (("report", "full.db", "--until", "0001-01-01"), 2, "--until: '0001-01-01' is before 1900"),
        (("report", "full.db", "--since", "0001-01-01"), 2, "--since: '0001-01-01' is before 1900"),
        (("report", "full.db", "--until", "2020-01-01"), 1, "no document from 2019-12-26 to 2020-01-01"),
        (("report", "full.db", "--reference", "0d"), 2, "--reference: '0d' is no span of days"),
        (
            ("report", "full.db", "--since", "2026-05-02", "--until", "2026-05-01"),
            2,
            "2026-05-02 is after --until 2026",
        ),
        (("report", "full.db", "--source", "x"), 1, "full.db: its documents name no source; leave out --source"),
        (("report", "full.db", "--kind", "x"), 1, "full.db: its models say no kinds of entities; leave out --kind"),
        (("report", "full.db", "--limit", "0"), 2, "--limit"),
        (("report", "full.db", "--html", "full.db"), 2, "full.db is an input too"),
        (("report", "full.db", "--feedback", "missing.db"), 1, "missing.db: No such file"),
        (("report", "full.db", "--json", "--html", "-"), 2, "--json and '--html -' both write to standard output"),
        (("add", "-"), 1, "-: a store is a file, not a stream; give the name of a file"),
        (("report", "-"), 1, "-: a store is a file, not a stream"),
        ((), 2, "Usage: escore watch"),
    ],
)
def test_what_is_wrong_is_one_line(
    escore_here: Run, tmp_path: Path, arguments: tuple[str, ...], code: int, problem: str
) -> None:
    escore_here("watch", "add", "full.db", input=line())
    escore_here("watch", "add", "empty.db", input=b"")
    (tmp_path / "text.db").write_text("no store " * 99)
    done = escore_here("watch", *arguments, input=line())
    assert (done.returncode, done.stdout) == (code, b"")
    assert problem in done.stderr.decode()
    assert done.stderr.count(b"\n") == 1 or not arguments
    assert sorted(file.name for file in tmp_path.iterdir()) == ["empty.db", "full.db", "text.db"]


def test_a_page_on_standard_output_is_alone_there(escore_here: Run) -> None:
    escore_here("watch", "add", "x.db", input=line())
    done = escore_here("watch", "report", "x.db", "--html", "-")
    assert done.stdout.startswith(b"<!doctype html>")
    assert done.stderr == b"escore: too little to compare with: 0 days with documents before these; 7 needed\n"
    text = escore_here("watch", "report", "x.db").stdout.decode()
    assert "1 document on 1 day, 1 mention\n" in text


def test_names_are_shown_safely(escore_here: Run, tmp_path: Path) -> None:
    name = "<script>alert(1)</script>\x1b[31m\u202e"
    content = line(entities=[{"text": name, "score": 290}], source="<b>")
    escore_here("watch", "add", "x.db", input=content)
    assert b"\x1b" not in escore_here("watch", "report", "x.db").stdout
    done = escore_here("watch", "report", "x.db", "--html", "x.html")
    assert (done.returncode, done.stdout) == (0, b"")
    page = (tmp_path / "x.html").read_text("utf-8")
    assert "<script" not in page
    assert "\u202e" not in page
    assert json.loads(escore_here("watch", "report", "x.db", "--json").stdout)["top"][0]["entity"] == name


def test_without_scipy_records_are_added_and_the_report_says_what_to_install(tmp_path: Path) -> None:
    (tmp_path / "scipy.py").write_text("raise ImportError(name='scipy')")
    command = [sys.executable, "-m", "escore_cli", "watch"]
    environment = os.environ | {"PYTHONPATH": f"{tmp_path}{os.pathsep}{os.environ.get('PYTHONPATH', '')}"}

    def run(*arguments: str) -> subprocess.CompletedProcess[bytes]:
        whole = [*command, *arguments]
        return subprocess.run(whole, input=line(), cwd=tmp_path, capture_output=True, env=environment, check=False)

    assert run("add", "x.db").returncode == 0
    done = run("report", "x.db")
    assert (done.returncode, b"pip install -c constraints.txt '.[watch]'" in done.stderr) == (1, True)
