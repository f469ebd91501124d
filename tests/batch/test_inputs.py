"""Every kind of input gives the rows that it holds, with the scores that the Scorer gives."""

import os
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from tests.batch.corpora import output_rows, rows, write_csv, write_jsonl, write_parquet
from tests.files import write_files

from escore import Scorer
from escore_batch import BatchError, BatchOptions, ColumnError, Columns, run_batch
from escore_batch.inputs import find_sources
from escore_batch.readers import read_source
from escore_batch.rows import Item, Position, Problem, Ranges, Row


def read(*inputs: Path | str, columns: Columns | None = None) -> list[Item]:
    sources = find_sources(list(map(str, inputs)), lambda line: None)
    return [item for source in sources for item in read_source(source, columns or Columns(), Ranges(), Position())]


def good(items: list[Item]) -> list[Row]:
    assert all(isinstance(item, Row) for item in items), items
    return [item for item in items if isinstance(item, Row)]


def test_a_mixed_folder_is_scored_like_plain_texts(tmp_path: Path, scorer: Scorer) -> None:
    """The union of the output is exactly the input, and each score is the Scorer's, bit for bit."""
    corpus, everything = tmp_path / "corpus", rows(24)
    write_parquet(corpus / "year=2025" / "a.parquet", everything[:6], row_group=4)
    write_jsonl(corpus / "b.jsonl.gz", everything[6:10])
    write_jsonl(corpus / "c.ndjson.zst", everything[10:14])
    write_csv(corpus / "d.csv", everything[14:18])
    write_csv(corpus / "deep" / "e.tsv.gz", everything[18:20])
    write_files(
        corpus, {f"texts/{row['id']}.txt": row["text"] for row in everything[20:]} | {"_SUCCESS": "", "x.pdf": ""}
    )
    notes: list[str] = []
    summary = run_batch(BatchOptions((str(corpus),), str(tmp_path / "out"), workers=1, minimum=0), notes.append)
    assert notes == [f"{corpus}: 1 file of other kinds left out, such as x.pdf"]
    assert (summary.documents, summary.errors, summary.repeated_ids) == (24, 0, 0)
    scored = {Path(row["id"]).stem: row for row in output_rows(tmp_path / "out")}
    assert scored.keys() == {row["id"] for row in everything}
    for row in everything:
        document, item = scorer(row["text"]), scored[row["id"]]
        assert item["text"] == row["text"]
        assert [(word["start"], word["end"]) for word in item["words"]] == [(w.start, w.end) for w in document.words]
        assert np.array_equal(np.array([word["score"] for word in item["words"]], np.float32), document.scores)
        assert item["time"] in (None, datetime.fromisoformat(row["time"]))
    assert summary.words == sum(len(item["words"]) for item in scored.values())


def test_columns_may_have_other_names_and_types(tmp_path: Path) -> None:
    table = pa.table(
        {
            "body": pa.array(["Oslo slept.", "Berlin woke."]).dictionary_encode(),
            "key": pa.array([7, None], pa.int64()),
            "at": pa.array([datetime(2026, 5, 2), None], pa.timestamp("ns")),
        }
    )
    (tmp_path / "lang=en").mkdir()
    pq.write_table(table, tmp_path / "lang=en" / "x.parquet")
    file = tmp_path / "lang=en" / "x.parquet"
    one, two = good(read(file, columns=Columns("body", "key", "at")))
    assert (one.id, one.text, one.time) == ("7", "Oslo slept.", datetime(2026, 5, 2, tzinfo=UTC))
    assert (two.id, two.text, two.time) == (f"{file}:2", "Berlin woke.", None)
    assert [row.id for row in good(read(tmp_path, columns=Columns("body", "lang")))] == ["en", "en"]


def test_ids_and_times_of_their_usual_names_are_taken(tmp_path: Path) -> None:
    write_jsonl(tmp_path / "a.jsonl", [{"text": "x", "id": 3, "time": 1777716000}, {"text": "y", "time": ""}])
    one, two = good(read(tmp_path / "a.jsonl"))
    assert (one.id, one.time) == ("3", datetime(2026, 5, 2, 10, tzinfo=UTC))
    assert (two.id, two.time) == (f"{tmp_path}/a.jsonl:2", None)


def test_a_table_keeps_line_ends_in_cells_and_counts_lines(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_bytes(b'\xef\xbb\xbftext;id\r\n"two\r\nlines; one cell";a\r\n\r\nx;\r\n')
    one, two = good(read(tmp_path / "a.csv"))
    assert (one.id, one.text) == ("a", "two\r\nlines; one cell")
    assert (two.id, two.place) == (f"{tmp_path}/a.csv:5", f"{tmp_path}/a.csv: line 5")


def test_globs_and_files_that_are_named_twice(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write_files(tmp_path, {"in/a/1.txt": "one", "in/b/1.txt": "two", "in/b/2.txt": "three"})
    assert [row.id for row in good(read(f"{tmp_path}/in/*/1.txt"))] == [f"{tmp_path}/in/{name}/1.txt" for name in "ab"]
    monkeypatch.chdir(tmp_path)
    assert [row.id for row in good(read("in/*/1.txt", "in"))] == ["in/a/1.txt", "in/b/1.txt", "in/b/2.txt"]


def test_globs_and_folders_follow_links_to_files_alike(tmp_path: Path) -> None:
    write_files(tmp_path, {"else/1.txt": "one", "else/deep/2.txt": "two", "in/3.txt": "three"})
    (tmp_path / "in" / "link.txt").symlink_to(tmp_path / "else" / "1.txt")
    (tmp_path / "in" / "folder.txt").symlink_to(tmp_path / "else" / "deep")
    os.mkfifo(tmp_path / "in" / "pipe.txt")
    for name in ("in", "in/*"):
        assert [row.text for row in good(read(tmp_path / name))] == ["three", "one"]


def test_what_is_done_is_not_read_again(tmp_path: Path) -> None:
    write_parquet(tmp_path / "a.parquet", rows(10), row_group=4)
    write_jsonl(tmp_path / "b.jsonl", rows(10))
    write_csv(tmp_path / "c.csv", rows(10))
    for name in ("a.parquet", "b.jsonl", "c.csv"):
        (source,) = find_sources([str(tmp_path / name)], print)
        items = read_source(source, Columns(), Ranges.of([(0, 4), (5, 7)]), Position())
        assert [item.index for item in items if isinstance(item, Row)] == [4, 7, 8, 9]


@pytest.mark.parametrize(
    ("columns", "problem"),
    [
        (Columns("body"), "no column 'body'; choose one with --text-column: "),
        (Columns("text", "key"), "no column 'key'; choose one with --id-column: "),
        (Columns("text", None, "at"), "no column 'at'; choose one with --time-column: "),
        (Columns("n"), "column 'n' holds int64, not text; choose another with --text-column"),
    ],
)
def test_a_missing_column_is_said_before_anything_is_written(tmp_path: Path, columns: Columns, problem: str) -> None:
    write_parquet(tmp_path / "a.parquet", [{"text": "x", "n": 1}])
    with pytest.raises(ColumnError) as error:
        run_batch(BatchOptions((str(tmp_path / "a.parquet"),), str(tmp_path / "out"), columns=columns, workers=1))
    assert str(error.value).startswith(f"{tmp_path}/a.parquet: {problem}")
    assert not (tmp_path / "out").exists()


def test_json_lines_without_the_field_are_said_too(tmp_path: Path) -> None:
    write_jsonl(tmp_path / "a.jsonl", [{"body": "x", "n": 1}])
    with pytest.raises(ColumnError, match=r"a\.jsonl: no column 'text'; choose one with --text-column: body, n"):
        run_batch(BatchOptions((str(tmp_path / "a.jsonl"),), str(tmp_path / "out"), workers=1))


@pytest.mark.parametrize(
    ("name", "problem"),
    [
        ("nothing", "nothing: no such file or folder; give files, folders or globs"),
        ("*.parquet", "*.parquet: no such file; give a glob that matches files"),
        ("empty", "empty: no file in it that can be read; give Parquet, JSON Lines, CSV or text"),
        ("nothing://x", "nothing://x: Protocol not known: nothing"),
        ("gs://bucket/x", "gs://bucket/x: the driver of gs:// is not installed"),
    ],
)
def test_inputs_that_are_not_there(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str, problem: str) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "empty").mkdir()
    with pytest.raises(BatchError) as error:
        read(name)
    assert str(error.value).startswith(problem)


def test_what_is_read_of_a_damaged_table_stays(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text('text,id\none,1\n"two" 2,2\nthree,3\n')
    row, problem = read(tmp_path / "a.csv")
    assert isinstance(row, Row)
    assert problem == Problem(f"{tmp_path}/a.csv: line 3 and all after it", "not CSV: ',' expected after '\"'")
