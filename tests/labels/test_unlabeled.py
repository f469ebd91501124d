"""Unlabeled texts from lines, JSON lines and tables."""

import datetime
import sys
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path

import pytest

from escore_labels.notes import Notes
from escore_labels.record import Record
from escore_labels.unlabeled import (
    Text,
    TextError,
    jsonl_texts,
    line_texts,
    parquet_texts,
    table_texts,
    unlabeled_record,
)

Read = Callable[[list[str]], Iterator[Text]]


@pytest.fixture
def notes() -> Notes:
    return Notes()


@pytest.fixture
def jsonl(notes: Notes) -> Read:
    return partial(jsonl_texts, file="a.jsonl", field="body", report=notes.add)


@pytest.fixture
def table(notes: Notes) -> Read:
    return partial(table_texts, file="a.csv", column="body", delimiter=",", report=notes.add)


def test_blank_lines_are_skipped_and_counted_in_ids() -> None:
    assert list(line_texts(["Anna", "", " \t", " Ben "], "a")) == [Text("Anna", "a:1", "a"), Text(" Ben ", "a:4", "a")]


def test_json_lines_keep_id_time_and_source(jsonl: Read, notes: Notes) -> None:
    lines = [
        '{"body": "Anna", "id": "x", "time": "2026-05-02T10:00:00Z", "source": "mail", "more": [1]}',
        "",
        '{"id": 7, "body": "🙂 Ben"}',
        '{"id": 1.5, "body": "Eve", "source": 3, "time": null}',
    ]
    assert list(jsonl(lines)) == [
        Text("Anna", "x", "mail", "2026-05-02T10:00:00Z"),
        Text("🙂 Ben", "7", "a.jsonl"),
        Text("Eve", "a.jsonl:4", "a.jsonl"),
    ]
    assert notes.lines() == []


def test_what_is_left_out_is_counted(jsonl: Read, notes: Notes) -> None:
    lines = ['{"body": ""}', '{"body": null}', '{"body": "Anna", "time": "last week", "spans": []}']
    assert list(jsonl(lines)) == [Text("Anna", "a.jsonl:3", "a.jsonl")]
    assert notes.lines() == [
        "an empty text is left out (2 times, first in a.jsonl: line 1)",
        "a.jsonl: line 3: spans that a text has already are not read",
        "a.jsonl: line 3: a time that is not in ISO 8601 is left out",
    ]


def test_semicolons_separate_where_they_do_in_the_header(notes: Notes) -> None:
    table = ["id;note", '7;"Anna, Ben"', "8;1,5 tons; or so"]
    texts = table_texts(table[:2], "a.csv", "note", ",", notes.add)
    assert [(text.id, text.text) for text in texts] == [("7", "Anna, Ben")]
    with pytest.raises(TextError, match="line 3: 3 columns, and the header has 2"):
        list(table_texts(table, "a.csv", "note", ",", notes.add))
    (text,) = table_texts(["id,a;b", "7,x;y"], "a.csv", "a;b", ",", notes.add)
    assert text.text == "x;y"


@pytest.mark.parametrize(
    ("line", "problem"),
    [
        ("{", "not JSON"),
        ('{"body": "\\ud800"}', "not JSON"),
        ("[" * 100_000, "not JSON"),
        ('["Anna"]', "not a JSON object"),
        ("{}", "no field 'body'"),
        ('{"text": "Anna", "id": 1}', "it has text, id"),
        ('{"body": 3}', "'body' is no text, but 3"),
    ],
)
def test_a_line_that_is_no_text_is_named(jsonl: Read, line: str, problem: str) -> None:
    with pytest.raises(TextError, match=r"^a\.jsonl: line 3: ") as error:
        list(jsonl(['{"body": "Anna"}', "", line]))
    assert problem in str(error.value)


def test_rows_may_span_lines_and_hold_delimiters(table: Read, notes: Notes) -> None:
    long = "x" * 200_000  # more than the module's own limit
    lines = ["id,body,time", '7,"Anna, ""Ann""', 'Lee",2026-05-02', "", f",{long},", "9,,"]
    assert list(table(lines)) == [
        Text('Anna, "Ann"\nLee', "7", "a.csv", "2026-05-02"),
        Text(long, "a.csv:5", "a.csv"),
    ]
    assert notes.lines() == ["a.csv: line 6: an empty text is left out"]


def test_tables_may_be_divided_by_tabs(notes: Notes) -> None:
    rows = table_texts(["text\tid", "Anna, Ben\t1"], "a.tsv", "text", "\t", notes.add)
    assert list(rows) == [Text("Anna, Ben", "1", "a.tsv")]


@pytest.mark.parametrize(
    ("lines", "message"),
    [
        (["id,text", "1,x"], "a.csv: no column 'body'; choose one with --column: id, text"),
        (["body,id", "Anna, Ben,7"], "a.csv: line 2: 3 columns, and the header has 2"),
        (["body,id", "a,1", '"Anna'], "a.csv: line 3: unexpected end of data"),
        (["body", '"Anna" Ben'], "a.csv: line 2: ',' expected after '\"'"),
    ],
)
def test_a_broken_table_is_reported_with_its_line(table: Read, lines: list[str], message: str) -> None:
    with pytest.raises(TextError) as error:
        list(table(lines))
    assert str(error.value).startswith(message)


def test_nothing_is_in_an_empty_file(jsonl: Read, table: Read) -> None:
    assert [*line_texts([], "a"), *jsonl([]), *table([]), *table(["body"])] == []


def test_parquet_needs_pyarrow(monkeypatch: pytest.MonkeyPatch, notes: Notes) -> None:
    monkeypatch.setitem(sys.modules, "pyarrow", None)
    monkeypatch.delitem(sys.modules, "pyarrow.parquet", raising=False)
    with pytest.raises(TextError, match=r"a.parquet: pyarrow is not installed; pip install pyarrow"):
        list(parquet_texts("a.parquet", "text", notes.add))


def test_parquet_columns(tmp_path: Path, notes: Notes) -> None:
    arrow = pytest.importorskip("pyarrow")
    parquet = pytest.importorskip("pyarrow.parquet")
    path = str(tmp_path / "a.parquet")
    time = datetime.datetime(2026, 5, 2, tzinfo=datetime.UTC)
    rows = {"n": range(300), "text": ["Anna", None, *["Ben"] * 298], "id": [None, *range(299)], "time": [time] * 300}
    parquet.write_table(arrow.table(rows), path)
    texts = list(parquet_texts(path, "text", notes.add))
    assert len(texts) == 299
    assert texts[0] == Text("Anna", f"{path}:1", path, "2026-05-02T00:00:00+00:00")
    assert texts[-1] == Text("Ben", "298", path, "2026-05-02T00:00:00+00:00")
    assert notes.lines() == [f"{path}: line 2: an empty text is left out"]
    with pytest.raises(TextError, match="no column 'body'; choose one with --column: n, text, id, time"):
        list(parquet_texts(path, "body", notes.add))
    Path(path).write_text("text")
    with pytest.raises(TextError, match=r"; give a Parquet file"):
        list(parquet_texts(path, "text", notes.add))
    with pytest.raises(TextError, match="No such file"):
        list(parquet_texts(f"{path}2", "text", notes.add))


def test_a_record_says_nothing_of_its_text_yet() -> None:
    text = Text("Anna", "1", "a", "2026-05-02")
    assert unlabeled_record(text, held_out=True) == Record(
        text="Anna", id="1", source="a", time="2026-05-02", held_out=True
    )
