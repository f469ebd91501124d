"""What a batch writes is what other commands read."""

import json
import re
import sqlite3
from contextlib import closing
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from tests.batch.corpora import rows, write_jsonl
from tests.conftest import Run

from escore import Scorer
from escore_batch import BatchOptions, run_batch
from escore_labels.formats import read_labels
from escore_labels.record import RecordError


@pytest.fixture(scope="module")
def scored(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two parts of entities."""
    root = tmp_path_factory.mktemp("scored")
    write_jsonl(root / "in" / "a.jsonl", rows(3))
    write_jsonl(root / "in" / "b.jsonl", rows(2, 3))
    run_batch(BatchOptions((str(root / "in"),), str(root / "out"), unit="entities", workers=1))
    return root / "out"


def counted(store: Path) -> list[tuple[object, ...]]:
    with closing(sqlite3.connect(store)) as connection:
        return connection.execute("SELECT date, entity, documents, mentions, model FROM daily ORDER BY 1, 2").fetchall()


def test_watch_counts_it_as_it_counts_what_run_writes(scored: Path, escore_here: Run, tmp_path: Path) -> None:
    assert escore_here("watch", "add", "batch.db", scored).returncode == 0
    lines = []
    for row in rows(5):
        done = escore_here("run", "--entities", "--format", "jsonl", input=row["text"].encode())
        lines.append(json.loads(done.stdout) | {"id": row["id"], "time": row["time"]})
    write_jsonl(tmp_path / "run.jsonl", lines)
    escore_here("watch", "add", "run.db", "run.jsonl")
    assert counted(tmp_path / "batch.db") == counted(tmp_path / "run.db") != []
    again = escore_here("watch", "add", "batch.db", "run.jsonl")
    assert b"0 documents added, 5 known before" in again.stderr
    assert b"another text" not in again.stderr


def test_watch_knows_a_text_that_was_left_out_by_its_hash(escore_here: Run, tmp_path: Path) -> None:
    write_jsonl(tmp_path / "a.jsonl", rows(2))
    options = BatchOptions(("a.jsonl",), "out", unit="entities", keep_text=False, workers=1)
    run_batch(options)
    assert escore_here("watch", "add", "x.db", "out").returncode == 0
    run_batch(BatchOptions(("a.jsonl",), "whole", unit="entities", workers=1))
    again = escore_here("watch", "add", "x.db", *sorted((tmp_path / "whole").glob("*.parquet")))
    assert b"0 documents added, 2 known before" in again.stderr
    assert b"another text" not in again.stderr


def test_label_reads_its_texts(scored: Path, escore_here: Run, tmp_path: Path) -> None:
    done = escore_here("label", scored, "-o", "labels.jsonl")
    assert (done.returncode, done.stderr) == (0, b"")
    records = sorted(map(json.loads, (tmp_path / "labels.jsonl").read_text().splitlines()), key=lambda r: str(r["id"]))
    assert [(record["id"], record["text"]) for record in records] == [(row["id"], row["text"]) for row in rows(5)]
    assert records[0]["time"].startswith("2026-05-01T10:00:00")


def test_labels_are_its_entities(scored: Path, scorer: Scorer) -> None:
    records = {record.id: record for record in read_labels(scored)}
    assert len(records) == 5
    for row in rows(5):
        record = records[row["id"]]
        assert record.text == row["text"]
        entities = scorer(row["text"]).entities(220)
        assert [(span.start, span.end) for span in record.spans] == [(e.start, e.end) for e in entities]
        assert {(span.by, span.label, span.model) for span in record.spans} <= {("model", "entity", "escore-en 7")}


def test_evaluate_measures_on_it_once_a_person_has_looked(scored: Path, escore_here: Run, tmp_path: Path) -> None:
    """As with all that a model says: what nobody has reviewed is no label to measure on."""
    refused = escore_here("evaluate", "default", scored)
    assert b"no word is labeled; label or review some first" in refused.stderr
    assert escore_here("labels", "convert", scored, "-o", "labels.jsonl").returncode == 0
    records = map(json.loads, (tmp_path / "labels.jsonl").read_text().splitlines())
    write_jsonl(tmp_path / "reviewed.jsonl", [record | {"reviewed": True} for record in records])
    done = escore_here("evaluate", "default", "reviewed.jsonl", "--no-general", "--resamples", "0", "--json")
    assert done.returncode == 0, done.stderr
    assert re.search(r'"span_f1": (\{[^}]*?: )?1\.0\b', done.stdout.decode())


def test_another_parquet_file_is_refused(tmp_path: Path) -> None:
    pq.write_table(pa.table({"x": [1]}), tmp_path / "x.parquet")
    with pytest.raises(RecordError, match=r"x\.parquet: a Parquet file that 'escore batch' has not written"):
        list(read_labels(tmp_path / "x.parquet"))
