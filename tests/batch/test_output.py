"""What is written opens elsewhere, and is gone on with, or refused, as it should be."""

import json
import shutil
from dataclasses import replace
from pathlib import Path

import duckdb
import pandas as pd
import polars as pl
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from tests.batch.corpora import SENTENCES, errors_of, output_rows, rows, write_jsonl, write_parquet

from escore import OutputError, Scorer
from escore.text_hash import LOW, content_hash, text_hash
from escore_batch import SCHEMA, BatchError, BatchOptions, ScoreBatch, run_batch


@pytest.fixture(scope="module")
def scored(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The output of a small corpus, one row of which has no text."""
    root = tmp_path_factory.mktemp("scored")
    write_parquet(root / "in" / "a.parquet", [*rows(5), {"id": "d5", "time": None, "text": None}])
    write_parquet(root / "in" / "b.parquet", rows(2, 6))
    run_batch(BatchOptions((str(root / "in"),), str(root / "out"), workers=1))
    return root / "out"


def test_the_schema_is_typed_and_versioned(scored: Path) -> None:
    table = pq.read_table(scored)
    assert table.schema.remove_metadata() == SCHEMA
    metadata = {key: value for key, value in table.schema.metadata.items() if key.startswith(b"escore.")}
    assert metadata[b"escore.schema_version"] == b"1"
    assert (metadata[b"escore.unit"], metadata[b"escore.minimum"]) == (b"words", b"80")
    row = next(row for row in table.to_pylist() if row["id"] == "d0")
    assert row["text_hash"] == text_hash(row["text"])
    assert row["text_hash"] & LOW == content_hash(row["text"])
    assert (row["model"], len(row["model_hash"]), row["entities"]) == ("escore-en 7", 64, None)
    assert row["words"][0].keys() == {"text", "start", "end", "score", "probability", "kind"}


def test_pandas_opens_it(scored: Path) -> None:
    frame = pd.read_parquet(scored)
    assert len(frame) == 7
    assert frame.set_index("id").loc["d0", "words"][0]["score"] > 80


def test_polars_opens_it(scored: Path) -> None:
    frame = pl.read_parquet(scored / "*.parquet").sort("id")
    assert frame.schema["time"] == pl.Datetime("us", "UTC")
    words = frame.explode("words").unnest("words", separator=".")
    assert words["words.score"].min() >= 80  # type: ignore[operator]
    assert frame.height == 7


def test_duckdb_opens_it(scored: Path) -> None:
    query = """
        SELECT word.text, count(*), max(word.score)
        FROM (SELECT unnest(words) AS word FROM read_parquet($parts)) GROUP BY 1 ORDER BY 2 DESC, 1
    """
    counted = duckdb.execute(query, {"parts": f"{scored}/*.parquet"}).fetchall()
    words = [word["text"] for row in output_rows(scored) for word in row["words"]]
    assert sum(row[1] for row in counted) == len(words)
    assert {row[0] for row in counted} == set(words)


def test_a_summary_lies_beside_the_data(scored: Path) -> None:
    summary = json.loads((scored / "_escore" / "summary.json").read_bytes())
    assert (summary["documents"], summary["errors"], summary["parts"]) == (7, 1, 2)
    assert summary["errors_by_reason"] == {"text is null": 1}
    assert summary["this_run"]["words"] == summary["words"] > 0
    assert summary["versions"].keys() >= {"escore", "python", "onnxruntime", "pyarrow"}
    assert errors_of(scored) == [
        {"place": f"{scored.parent}/in/a.parquet: row 6", "reason": "text is null", "scored": False}
    ]


def test_entities_as_json_lines(tmp_path: Path, scorer: Scorer) -> None:
    """Lines are what `escore run --format jsonl` writes, with more fields."""
    write_jsonl(tmp_path / "a.jsonl", rows(3))
    options = BatchOptions(
        (str(tmp_path / "a.jsonl"),), str(tmp_path / "out"), format="jsonl", unit="entities", workers=1
    )
    summary = run_batch(options)
    (part,) = (tmp_path / "out").glob("*.jsonl")
    lines = [json.loads(line) for line in part.read_text().splitlines()]
    assert [line["id"] for line in lines] == ["d0", "d1", "d2"]
    assert summary.words == sum(len(scorer(row["text"]).scores) for row in rows(3))
    for line, row in zip(lines, rows(3), strict=True):
        entities = scorer(row["text"]).entities(220)
        assert [(e["text"], e["score"]) for e in line["entities"]] == [(e.text, round(e.score, 2)) for e in entities]
        assert (line["minimum"], line["words"]) == (220, [])
    assert run_batch(replace(options, resume=True)).documents == 3


def test_texts_may_be_left_out(tmp_path: Path) -> None:
    write_jsonl(tmp_path / "a.jsonl", rows(2))
    run_batch(BatchOptions((str(tmp_path / "a.jsonl"),), str(tmp_path / "out"), keep_text=False, workers=1))
    assert [row["text"] for row in output_rows(tmp_path / "out")] == [None, None]
    assert [row["text_hash"] for row in output_rows(tmp_path / "out")] == [text_hash(row["text"]) for row in rows(2)]


def test_other_options_are_refused(scored: Path, tmp_path: Path) -> None:
    out = tmp_path / "out"
    shutil.copytree(scored, out)
    other = write_jsonl(tmp_path / "other.jsonl", rows(1))
    options = BatchOptions((str(scored.parent / "in"),), str(out), workers=1, resume=True)
    with pytest.raises(OutputError, match="holds the output of a run already; go on with --resume"):
        run_batch(replace(options, resume=False))
    with pytest.raises(
        BatchError, match=r"was begun otherwise: minimum is 90.0 and was 80.0; give the options of then"
    ):
        run_batch(replace(options, minimum=90.0))
    with pytest.raises(BatchError, match=r"unit is 'entities' and was 'words'"):
        run_batch(replace(options, unit="entities"))
    with pytest.raises(
        BatchError, match=r"2 parts are of inputs that have changed since, or are missing, such as .*/in/"
    ):
        run_batch(replace(options, inputs=(str(other),)))
    before = sorted(path.name for path in out.iterdir())
    assert sorted(path.name for path in scored.iterdir()) == before
    summary = run_batch(replace(options, resume=False, overwrite=True, minimum=90.0))
    assert summary.parts == 2
    assert not set(before) & {path.name for path in out.glob("part-*")}


def test_another_model_is_refused(scored: Path, tmp_path: Path, scorer: Scorer) -> None:
    out, bundle = tmp_path / "out", tmp_path / "bundle"
    shutil.copytree(scored, out)
    shutil.copytree(scorer.bundle.path, bundle)
    from tests.bundles import give_head

    give_head(bundle)
    with pytest.raises(BatchError, match="model_hash is "):
        run_batch(BatchOptions((str(scored.parent / "in"),), str(out), workers=1, resume=True, model=str(bundle)))


def test_new_files_are_added(scored: Path, tmp_path: Path) -> None:
    shutil.copytree(scored, tmp_path / "out")
    inputs = (str(scored.parent / "in"), str(write_jsonl(tmp_path / "more.jsonl", rows(2, 20))))
    summary = run_batch(BatchOptions(inputs, str(tmp_path / "out"), workers=1, resume=True))
    assert (summary.documents, summary.parts) == (9, 3)


def test_texts_are_added_among_those_of_a_part(tmp_path: Path) -> None:
    """Small files of one text each share a part, which stays valid when another comes between them."""
    folder = tmp_path / "in"
    folder.mkdir()
    for name in "abd":
        (folder / f"{name}.txt").write_text(SENTENCES["abd".index(name)])
    options = BatchOptions((str(folder),), str(tmp_path / "out"), workers=1)
    assert run_batch(options).parts == 1
    (folder / "c.txt").write_text(SENTENCES[3])
    summary = run_batch(replace(options, resume=True))
    assert (summary.documents, summary.parts) == (4, 2)
    (folder / "b.txt").write_text("changed")
    with pytest.raises(BatchError, match=r"1 part is of inputs that have changed since.*a\.txt and 2 more"):
        run_batch(replace(options, resume=True))


def test_texts_beside_those_that_are_added_stay_together(tmp_path: Path) -> None:
    """A part whose files would now be joined with the new one keeps them to itself."""
    folder = tmp_path / "in"
    folder.mkdir()
    for name, size in (("a", 70_000), ("c", 50_000), ("d", 100_000)):
        (folder / f"{name}.txt").write_text("Oslo" + " " * size)
    options = BatchOptions((str(folder),), str(tmp_path / "out"), workers=1)
    assert run_batch(options).parts == 2  # a and c, and d
    (folder / "b.txt").write_text("Bergen")
    summary = run_batch(replace(options, resume=True))
    assert (summary.documents, summary.parts) == (4, 3)


@pytest.mark.parametrize(
    ("output", "problem"),
    [
        ("full", "full: is not empty, and no output of 'escore batch'; give a new folder"),
        ("file", "file: not a folder; give a new folder"),
        ("in/out", "in/out: the output and the input in lie in each other; give a folder elsewhere with -o"),
        (".", ".: the output and the input in lie in each other; give a folder elsewhere with -o"),
        ("", "an input or the output is an empty name; give files, folders or globs"),
    ],
)
def test_outputs_that_are_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, output: str, problem: str) -> None:
    monkeypatch.chdir(tmp_path)
    write_jsonl(tmp_path / "in" / "a.jsonl", rows(1))
    (tmp_path / "full").mkdir()
    (tmp_path / "full" / "x").touch()
    (tmp_path / "file").touch()
    with pytest.raises((BatchError, OutputError)) as error:
        run_batch(BatchOptions(("in",), output, workers=1, overwrite=True))
    assert str(error.value) == problem


def test_score_batch_takes_tables_frames_and_dicts(scorer: Scorer) -> None:
    """Ray Data, pandas and Spark hand it batches of their own kinds."""
    score = ScoreBatch(minimum=0)
    texts = [rows(1)[0]["text"], None, ""]
    table = score(pa.table({"text": pa.array(texts), "id": ["a", "b", "c"]}))
    assert table.schema.remove_metadata() == SCHEMA
    words = table["words"].to_pylist()
    assert [None if of_row is None else len(of_row) for of_row in words] == [len(scorer(texts[0] or "").words), None, 0]
    assert table["text_hash"].to_pylist()[1] is None
    frame = pd.DataFrame({"text": texts, "id": ["a", "b", "c"]})
    assert score(frame).equals(table)
    assert score({name: frame[name].to_numpy() for name in frame}).equals(table)
