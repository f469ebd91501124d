"""`escore run`: words, entities, JSON, files and lines, settings of the environment."""

import json
import shutil
import subprocess
import sys
import time
from pathlib import Path

import pytest
from tests.bundles import rewrite
from tests.cli.runs import NEWS, rows
from tests.conftest import EXAMPLES, Run

from escore import Scorer
from escore.bundle.bundle import DEFAULT


def test_words_from_standard_input(escore: Run, scorer: Scorer) -> None:
    result = escore("run", "--min", "10", input=NEWS.encode())
    assert (result.returncode, result.stderr) == (0, b"")
    assert rows(result.stdout) == [
        ["-", str(word.start), str(word.end), f"{word.score:.2f}", word.mark, word.text]
        for word in scorer(NEWS).words_above(10)
    ]


def test_the_minimum_is_80_and_220_for_entities(escore_here: Run, scorer: Scorer) -> None:
    assert len(rows(escore_here("run", input=NEWS.encode()).stdout)) == len(scorer(NEWS).words_above(80))
    result = escore_here("run", "--entities", input=NEWS.encode())
    assert [row[5] for row in rows(result.stdout)] == [entity.text for entity in scorer(NEWS).entities(220)]
    assert rows(result.stdout)[0][5] == "Joe Biden"


def test_files_keep_their_order_and_names(escore_here: Run, tmp_path: Path) -> None:
    for name in ("b.txt", "a.txt"):
        (tmp_path / name).write_text(f"Anna and {name[0].upper()}ob")
    result = escore_here("run", "--format", "jsonl", "--min", "0", "b.txt", "-", "a.txt", input=b"Ben")
    records = [json.loads(line) for line in result.stdout.splitlines()]
    assert [record["id"] for record in records] == ["b.txt", "-", "a.txt"]
    assert [record["text"] for record in records] == ["Anna and Bob", "Ben", "Anna and Aob"]
    assert list(records[0]) == ["id", "model", "minimum", "text", "words"]
    assert list(records[0]["words"][0]) == ["text", "start", "end", "score", "mark", "probability"]


def test_a_calibrated_bundle_gives_probabilities(escore_here: Run, tmp_path: Path) -> None:
    bundle = Path(shutil.copytree(DEFAULT, tmp_path / "bundle"))
    calibration = {"scores": [0, 300], "probabilities": [0, 1]}
    rewrite(bundle, lambda content: content.update(calibration=calibration, entity_calibration=calibration))
    (record,) = json.loads(
        escore_here("run", "--model", bundle, "--format", "json", "--entities", input=b"Ann Lee").stdout
    )
    for item in record["words"] + record["entities"]:
        assert item["probability"] == pytest.approx(item["score"] / 300, abs=2e-4)
    assert len(record["entities"]) == 1


def test_json_is_always_an_array(escore_here: Run, tmp_path: Path) -> None:
    assert json.loads(escore_here("run", "--format", "json", "missing").stdout) == []
    assert json.loads(escore_here("run", "--format", "json").stdout) == [
        {"id": "-", "model": "escore-en 7", "minimum": 80, "text": "", "words": []}
    ]
    for path in EXAMPLES:
        (tmp_path / path.name).write_bytes(path.read_bytes())
    result = escore_here("run", "--format", "json", "--entities", *(path.name for path in EXAMPLES))
    records = json.loads(result.stdout)
    assert [record["text"] for record in records] == [path.read_text("utf-8") for path in EXAMPLES]
    for record in records:
        assert record["entities"]
        for item in record["words"] + record["entities"]:
            assert record["text"][item["start"] : item["end"]] == item["text"]
            assert item["score"] == round(item["score"], 2)


def test_each_line_is_a_document(escore_here: Run) -> None:
    text = "\ufeffAnna\r\n\r\nBen \rBerg\n\nEve"
    result = escore_here("run", "--lines", "--format", "jsonl", "--min", "0", input=text.encode())
    records = [json.loads(line) for line in result.stdout.splitlines()]
    assert [record["id"] for record in records] == ["-:1", "-:2", "-:3", "-:4", "-:5"]
    assert [record["text"] for record in records] == ["Anna", "", "Ben \rBerg", "", "Eve"]


def test_a_record_leaves_before_the_next_line_must_arrive(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "escore_cli", "run", "--lines", "--format", "jsonl"]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, cwd=tmp_path) as process:
        assert process.stdin is not None
        assert process.stdout is not None
        for name in ("Anna", "Ben"):
            process.stdin.write(f"{name} slept.\n".encode())
            process.stdin.flush()
            assert json.loads(process.stdout.readline())["text"] == f"{name} slept."
        process.stdin.close()
        assert process.wait(20) == 0


def test_tabs_and_line_ends_never_break_a_row(escore_here: Run, tmp_path: Path) -> None:
    (tmp_path / "a\tb.txt").write_text("Joe\tBiden\u3000Smith met\tAnn Lee")
    result = escore_here("run", "--entities", "--min", "0", "a\tb.txt")
    assert {len(row) for row in rows(result.stdout)} == {6}
    assert {row[0] for row in rows(result.stdout)} == {"a b.txt"}
    assert [row[5] for row in rows(result.stdout)] == ["Joe", "Biden\u3000Smith", "met", "Ann Lee"]


def test_the_environment_is_read_and_flags_win(escore_here: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ESCORE_MODEL", "nowhere")
    result = escore_here("run", input=b"Anna")
    assert result.returncode == 1
    assert b"nowhere" in result.stderr
    assert escore_here("run", "--model", "default", input=b"Anna").returncode == 0
    monkeypatch.setenv("ESCORE_THREADS", "0")
    assert escore_here("run", "--model", "default", input=b"Anna").returncode == 2


def test_blank_lines_take_little_time(escore_here: Run) -> None:
    """A line of no word is passed over; scored one by one, a million took a minute."""
    start = time.monotonic()
    result = escore_here("run", "--lines", input=b"\n" * 300_000 + b"Anna\r\n \t\r\n\x1c\n")
    assert time.monotonic() - start < 10
    assert rows(result.stdout)[0][0] == "-:300001"
