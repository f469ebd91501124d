"""What is wrong with an input is listed, with its place; the rest is scored, and the exit code is 1."""

import gzip
import os
import resource
from dataclasses import replace
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from tests.batch.corpora import errors_of, output_rows, packed, rows, write_jsonl, write_parquet
from tests.conftest import Run

from escore import OutputError
from escore_batch import BatchError, BatchOptions, run_batch
from escore_batch.errors import ColumnError
from escore_batch.rows import LONGEST


def options(root: Path) -> BatchOptions:
    return BatchOptions((str(root / "in"),), str(root / "out"), workers=1)


def damage(path: Path, at: int, data: bytes = b"\xff" * 40) -> None:
    content = bytearray(path.read_bytes())
    content[at : at + len(data)] = data
    path.write_bytes(content)


@pytest.mark.parametrize("checksum", [True, False])
def test_a_corrupt_page_costs_the_rest_of_its_row_group(tmp_path: Path, checksum: bool) -> None:
    """And comes again with --resume, where what was read is not scored again."""
    path = write_parquet(tmp_path / "in" / "a.parquet", rows(30), row_group=10, write_page_checksum=checksum)
    column = pq.ParquetFile(path).metadata.row_group(1).column(2)
    damage(path, column.data_page_offset + column.total_compressed_size // 2)
    for resume in (False, True):
        summary = run_batch(replace(options(tmp_path), resume=resume))
        assert (summary.documents, summary.errors) == (20, 1)
    (error,) = errors_of(tmp_path / "out")
    assert error["place"] == f"{tmp_path}/in/a.parquet: rows 11 to 20, of row group 1"
    assert not error["scored"]
    assert {row["id"] for row in output_rows(tmp_path / "out")} == {f"d{i}" for i in [*range(10), *range(20, 30)]}


def test_a_file_that_is_no_parquet_may_be_repaired(tmp_path: Path) -> None:
    write_parquet(tmp_path / "in" / "a.parquet", rows(3))
    (tmp_path / "in" / "b.parquet").write_bytes(b"PAR1 is all there is")
    assert run_batch(options(tmp_path)).documents == 3
    assert [error["place"] for error in errors_of(tmp_path / "out")] == [f"{tmp_path}/in/b.parquet"]
    write_parquet(tmp_path / "in" / "b.parquet", rows(2, 3))
    summary = run_batch(replace(options(tmp_path), resume=True))
    assert (summary.documents, summary.errors) == (5, 0)
    assert errors_of(tmp_path / "out") == []


@pytest.mark.parametrize("ending", ["gz", "zst"])
def test_what_comes_before_a_bad_byte_of_packed_data_is_scored(tmp_path: Path, ending: str) -> None:
    (tmp_path / "in").mkdir()
    noise = "".join(map(chr, np.random.default_rng(1).integers(97, 123, 3_000_000)))  # packs badly: several blocks
    path = write_jsonl(tmp_path / "in" / f"a.jsonl.{ending}", [*rows(2), {"text": 5, "noise": noise}, *rows(2, 2)])
    content = path.read_bytes()
    path.write_bytes(content[: len(content) // 2])
    (tmp_path / "in" / "b.txt.gz").write_bytes(b"no gzip at all")
    summary = run_batch(options(tmp_path))
    assert summary.documents == 2
    places = {error["place"]: error["reason"] for error in errors_of(tmp_path / "out")}
    assert places.keys() == {f"{tmp_path}/in/a.jsonl.{ending}: after line 2", f"{tmp_path}/in/b.txt.gz"}
    assert places[f"{tmp_path}/in/a.jsonl.{ending}: after line 2"].startswith("cannot be read on: ")


def test_bad_lines_and_rows(tmp_path: Path) -> None:
    (tmp_path / "in").mkdir()
    (tmp_path / "in" / "a.jsonl").write_bytes(
        b'{"text": "good"}\n{"text": null}\n{"text": 7}\n{bad\n[1]\n{"txt": "x"}\n{"text": "\xff"}\n\n'
        b'{"text": "no time", "time": "yesterday"}\n'
    )
    (tmp_path / "in" / "b.csv").write_bytes(b"id,text\n1,good\n2\n3,\xff\n")
    (tmp_path / "in" / "c.txt").write_bytes(b"\xff\xfe")
    binary = pa.array([b"good", b"\xff", None], pa.binary())
    pq.write_table(pa.table({"text": binary, "id": ["a", "b", "c"]}), tmp_path / "in" / "d.parquet")
    invalid = pa.StringArray.from_buffers(1, pa.py_buffer(np.array([0, 1], np.int32)), pa.py_buffer(b"\xff"))
    pq.write_table(pa.table({"text": invalid}), tmp_path / "in" / "e.parquet")
    summary = run_batch(options(tmp_path))
    assert summary.documents == 4
    assert [(e["place"].removeprefix(f"{tmp_path}/in/"), e["reason"], e["scored"]) for e in sorted(
        errors_of(tmp_path / "out"), key=lambda error: str(error["place"]))
    ] == [
        ("a.jsonl: line 2", "text is null", False),
        ("a.jsonl: line 3", "text is no text, but 7", False),
        ("a.jsonl: line 4", "not JSON: JSON is malformed: object keys must be strings (byte 1)", False),
        ("a.jsonl: line 5", "not a JSON object", False),
        ("a.jsonl: line 6", "no field 'text'; it has txt", False),
        ("a.jsonl: line 7", "not JSON: Invalid UTF-8 encoded string", False),
        ("a.jsonl: line 9", "time is not in ISO 8601; the text is scored without one", True),
        ("b.csv: line 3", "1 columns, and the header has 2", False),
        ("b.csv: line 4", "not UTF-8", False),
        ("c.txt", "not UTF-8 (byte 0)", False),
        ("d.parquet: row 2", "text is not UTF-8 (byte 0)", False),
        ("d.parquet: row 3", "text is null", False),
        ("e.parquet: row 1", "text is not UTF-8 (byte 0)", False),
    ]  # fmt: skip


def test_a_column_that_only_a_later_file_lacks(tmp_path: Path) -> None:
    write_parquet(tmp_path / "in" / "a.parquet", rows(1))
    write_parquet(tmp_path / "in" / "b.parquet", [{"body": "x"}])
    assert run_batch(options(tmp_path)).documents == 1
    (error,) = errors_of(tmp_path / "out")
    assert error["place"] == f"{tmp_path}/in/b.parquet"
    assert error["reason"] == "no column 'text'; choose one with --text-column: body"


def test_columns_of_one_name_are_not_guessed_among(tmp_path: Path) -> None:
    write_parquet(tmp_path / "in" / "a.parquet", rows(1))
    pq.write_table(pa.table([pa.array(["a"])] * 2, ["text", "text"]), tmp_path / "in" / "b.parquet")
    (tmp_path / "in" / "c.csv").write_text("id,text,id\n1,a,2\n")
    (tmp_path / "in" / "d.csv").write_text("n,text,n\n1,Oslo,2\n")  # no column that is read
    with pytest.raises(ColumnError, match=r"c\.csv: 2 columns are called 'id'; rename all but one"):
        run_batch(options(tmp_path))  # the first table
    (tmp_path / "in" / "c.csv").unlink()
    assert run_batch(options(tmp_path)).documents == 2
    (error,) = errors_of(tmp_path / "out")
    assert (error["place"], error["reason"]) == (
        f"{tmp_path}/in/b.parquet", "2 columns are called 'text'; rename all but one",
    )  # fmt: skip


def test_a_pipe_is_not_waited_for(tmp_path: Path) -> None:
    write_jsonl(tmp_path / "in" / "a.jsonl", rows(1))
    os.mkfifo(tmp_path / "in" / "b.jsonl")
    notes: list[str] = []
    assert run_batch(options(tmp_path), notes.append).documents == 1
    assert notes == [f"{tmp_path}/in: 1 file of other kinds left out, such as b.jsonl"]
    with pytest.raises(BatchError, match=r"b\.jsonl: is no regular file; write what it gives to a file first"):
        run_batch(BatchOptions((f"{tmp_path}/in/b.jsonl",), str(tmp_path / "other")))


def test_a_summary_is_there_when_a_run_is_complete(tmp_path: Path) -> None:
    write_jsonl(tmp_path / "in" / "a.jsonl", rows(1))
    run_batch(options(tmp_path))
    summary = tmp_path / "out" / "_escore" / "summary.json"
    shown: list[bool] = []
    write_jsonl(tmp_path / "in" / "b.jsonl", rows(1))
    run_batch(replace(options(tmp_path), resume=True), show=lambda progress: shown.append(summary.exists()))
    assert shown[0] is False
    assert summary.exists()
    (tmp_path / "in" / "a.jsonl").unlink()
    with pytest.raises(BatchError, match="are missing"):
        run_batch(replace(options(tmp_path), resume=True))
    assert summary.exists()  # what was refused has changed nothing


def test_ids_that_are_not_unique_are_counted(tmp_path: Path) -> None:
    write_parquet(tmp_path / "in" / "a.parquet", [*rows(3), *rows(2)])
    write_jsonl(tmp_path / "in" / "b.jsonl", rows(1))
    summary = run_batch(options(tmp_path))
    assert (summary.documents, summary.errors, summary.repeated_ids) == (6, 0, 2)
    assert summary.repeated_id in ("d0", "d1")


@pytest.mark.long
def test_long_texts_are_said_and_too_long_ones_left_out(tmp_path: Path) -> None:
    (tmp_path / "in").mkdir()
    (tmp_path / "in" / "long.txt").write_text("Oslo " + " " * 50_000_000 + "Bergen")
    texts = ["x" * (LONGEST + 1), "Oslo", "x" * 4_200_000]
    pq.write_table(pa.table({"text": texts}), tmp_path / "in" / "b.parquet", compression="zstd")
    notes: list[str] = []
    summary = run_batch(options(tmp_path), notes.append)
    assert notes == [f"{tmp_path}/in/long.txt: a text of 50,000,011 characters; it may take minutes"]
    assert summary.documents == 2
    assert [(error.place, error.reason) for error, _ in summary.kinds] == [
        (f"{tmp_path}/in/b.parquet: row 1", "text has 100,000,001 characters, and 100,000,000 is the most; split it"),
        (f"{tmp_path}/in/b.parquet: row 3", "a word of more than 4194304 characters"),
    ]
    words = [word for row in output_rows(tmp_path / "out") for word in row["words"]]
    assert [word["text"] for word in words if word["start"] > 1000] == ["Bergen"]


def test_a_full_disk_is_one_line_and_goes_on_later(tmp_path: Path) -> None:
    """A file that may not grow stands in for a disk that is full: the system refuses in the same call."""
    write_jsonl(tmp_path / "in" / "a.jsonl", rows(2))
    write_parquet(tmp_path / "in" / "b.parquet", rows(60, 2))
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (9000, before[1]))
    try:
        with pytest.raises(OutputError, match=r"part-.*: File too large; free some, and go on with --resume"):
            run_batch(options(tmp_path))
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)
    summary = run_batch(replace(options(tmp_path), resume=True))
    assert (summary.documents, summary.errors) == (62, 0)


LINES: dict[str, tuple[list[str], str]] = {
    "no input": (["-o", "out"], "Missing argument 'INPUT...'"),
    "no output": (["in"], "Missing option '-o'"),
    "both": (["in", "-o", "out", "--resume", "--overwrite"], "give --resume or --overwrite, not both"),
    "score": (["in", "-o", "out", "--min", "301"], "'301' is not a score from 0 to 300"),
    "workers": (["in", "-o", "out", "--workers", "0"], "Invalid value for '--workers'"),
    "address": (["in", "-o", "out", "--address", "auto"], "--address goes with --engine ray"),
}


@pytest.mark.parametrize("name", LINES)
def test_wrong_usage(escore_here: Run, name: str) -> None:
    arguments, problem = LINES[name]
    done = escore_here("batch", *arguments)
    assert (done.returncode, done.stdout) == (2, b"")
    assert problem in done.stderr.decode()
    assert done.stderr.count(b"\n") == 1


def test_the_command_tells_what_it_did(escore_here: Run, tmp_path: Path) -> None:
    write_jsonl(tmp_path / "in" / "a.jsonl", [*rows(2), *rows(1), {"text": None}, {"text": None}])
    done = escore_here("batch", "in", "-o", "out", "--workers", "1")
    assert (done.returncode, done.stdout) == (1, b"")
    null, repeated, summary = done.stderr.decode().splitlines()
    assert null == "escore: in/a.jsonl: line 4: text is null; and 1 more like it"
    assert repeated == "escore: 1 id stands in several rows, such as 'd0'; each row is scored"
    assert summary.startswith("escore: out: 3 documents, ")
    assert summary.endswith(" words/s in this run); 2 errors, in out/_escore/errors.parquet")
    again = escore_here("batch", "in", "-o", "out", "--workers", "1")
    assert again.returncode == 1
    assert b"holds the output of a run already" in again.stderr
    assert escore_here("batch", "in", "-o", "out", "--resume", "--workers", "1").returncode == 1
    (tmp_path / "in" / "a.jsonl").write_bytes(packed(Path("x"), b'{"text": "Oslo"}\n'))
    assert escore_here("batch", "in", "-o", "out", "--overwrite", "--workers", "1").returncode == 0


def test_nothing_but_errors(tmp_path: Path) -> None:
    (tmp_path / "in").mkdir()
    (tmp_path / "in" / "a.jsonl.gz").write_bytes(gzip.compress(b"x")[:5])
    summary = run_batch(options(tmp_path))
    assert (summary.documents, summary.parts, summary.errors) == (0, 0, 1)
