"""--always and --never of `escore run` and `escore label`, and what becomes of them in records."""

import json
from pathlib import Path

import pytest
from tests.conftest import Run

from escore_labels.adjudicate import to_labeled_text
from escore_labels.merge import merge_records
from escore_labels.record import Record, Span, parse_record, read_records
from escore_labels.tokens import ENTITY, NONE

TEXT = b"Anna Berg sold Gauze swabs in Oslo.\n"
LISTS = ("--always", "always.txt", "--never", "never.txt")


@pytest.fixture(autouse=True)
def lists(tmp_path: Path) -> None:
    (tmp_path / "always.txt").write_text("gauze swabs\nBerg\n")
    (tmp_path / "never.txt").write_text("oslo\n")


def test_run_marks_what_is_by_a_list(escore_here: Run) -> None:
    result = escore_here("run", *LISTS, "--entities", "--format", "jsonl", "--min", "0", input=TEXT)
    assert (result.returncode, result.stderr) == (0, b"")
    document = json.loads(result.stdout)
    words = [word["text"] for word in document["words"] if word.get("by") == "list"]
    assert words == ["Berg", "Gauze", "swabs", "Oslo"]
    entities = [entity["text"] for entity in document["entities"] if entity.get("by") == "list"]
    assert entities == ["Berg", "Gauze swabs"]
    assert not any("Oslo" in entity["text"] for entity in document["entities"])
    result = escore_here("run", *LISTS, "--lines", "--entities", input=TEXT * 2)
    rows = [line.split("\t") for line in result.stdout.decode().splitlines()]
    assert [row[3:] for row in rows if row[0] == "-:2" and row[5] != "Anna"] == [
        ["300.00", "★", "Berg"], ["300.00", "★", "Gauze swabs"],
    ]  # fmt: skip


def test_without_lists_the_output_is_as_before(escore_here: Run) -> None:
    assert b'"by"' not in escore_here("run", "--format", "jsonl", "--min", "0", input=TEXT).stdout


@pytest.mark.parametrize("options", [(), ("--precision", ".95"), ("--review", "1")])
def test_label_says_what_is_by_a_list(escore_here: Run, options: tuple[str, ...]) -> None:
    record = parse_record(escore_here("label", *LISTS, *options, input=TEXT).stdout, "output")
    assert [span for span in record.spans if span.by == "list"] == [
        Span(start=5, end=9, label="entity", by="list"),
        Span(start=15, end=26, label="entity", by="list"),
        Span(start=30, end=34, label="none", by="list"),
    ]
    assert [a.end <= b.start for a, b in zip(record.spans, record.spans[1:], strict=False)].count(False) == 0


def test_what_a_list_says_is_read_back_and_may_be_learned(escore_here: Run, tmp_path: Path) -> None:
    result = escore_here("run", *LISTS, "--entities", "--format", "jsonl", "--min", "0", "-o", "x.jsonl", input=TEXT)
    assert escore_here("labels", "convert", "x.jsonl", "-o", "y.jsonl").stderr == b""
    (record,) = read_records(tmp_path / "y.jsonl")
    assert [(span.start, span.label, span.score) for span in record.spans if span.by == "list"] == [
        (5, "entity", None), (15, "entity", None), (30, "none", None),
    ]  # fmt: skip
    tokens = {token.text: (token.low, token.high) for token in to_labeled_text(record).tokens}
    assert (tokens["Berg"], tokens["Oslo"], tokens["Anna"]) == ((ENTITY, ENTITY), (NONE, NONE), (NONE, ENTITY))
    assert b"3 by list" in escore_here("labels", "check", "y.jsonl").stdout
    assert result.returncode == 0


def test_who_reviewed_without_a_term_is_right() -> None:
    text = "Berg saw Oslo."
    listed = Record(text=text, spans=(Span(start=0, end=4, label="entity", by="list"),))
    (record,) = merge_records([("1", listed), ("2", Record(text=text, reviewed=True))])
    assert (record.reviewed, record.spans) == (True, ())


@pytest.mark.parametrize("command", ["run", "label"])
def test_a_list_that_cannot_be_read_is_one_line(escore_here: Run, tmp_path: Path, command: str) -> None:
    (tmp_path / "both.txt").write_text("# all\nOslo\n")
    for lists, problem in [
        (("--always", "missing"), "missing: No such file or directory; give a file with a term on each line"),
        (("--always", "both.txt", "--never", "both.txt"), "both.txt: line 2: 'Oslo' is both always and never an"),
    ]:
        result = escore_here(command, *lists, "-o", "out", input=TEXT)
        assert (result.returncode, result.stdout, result.stderr.count(b"\n")) == (1, b"", 1)
        assert result.stderr.decode().startswith(f"escore: {problem}")
        assert not (tmp_path / "out").exists()
