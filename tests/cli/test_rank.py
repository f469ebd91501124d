"""`escore run --rank`: the entities of a text by surprise."""

import csv
import io
import json
from pathlib import Path

from tests.conftest import Run

BEFORE = b"The mayor of Oslo spoke.\nOslo slept.\nOSLO woke, and Ingrid Solheim left.\n"
TEXT = b"Oslo: Ingrid Solheim met Astrid Lund. Astrid Lund agreed."


def make_store(escore_here: Run) -> None:
    scored = escore_here("run", "--lines", "--entities", "--format", "jsonl", input=BEFORE).stdout
    assert escore_here("watch", "add", "x.db", input=scored).returncode == 0


def test_what_no_other_text_says_comes_first(escore_here: Run) -> None:
    make_store(escore_here)
    done = escore_here("run", "--rank", "x.db", input=TEXT)
    assert (done.returncode, done.stderr) == (0, b"")
    rows = [line.split("\t") for line in done.stdout.decode().splitlines()]
    assert [(row[5], int(row[2]), int(row[3])) for row in rows] == [
        ("Astrid Lund", 2, 0),
        ("Ingrid Solheim", 1, 1),
        ("Oslo", 1, 3),
    ]
    # (1 + ln mentions) log2((N + 1) / (n + 1/2)), of N = 3
    assert [row[1] for row in rows] == ["5.08", "1.42", "0.19"]


def test_as_json_and_csv(escore_here: Run) -> None:
    make_store(escore_here)
    (line,) = escore_here("run", "--rank", "x.db", "--format", "jsonl", input=TEXT).stdout.splitlines()
    assert [(item["text"], item["start"], item["surprise"]) for item in json.loads(line)["entities"]] == [
        ("Astrid Lund", 25, 5.08),
        ("Ingrid Solheim", 6, 1.42),
        ("Oslo", 0, 0.19),
    ]
    assert b'"minimum": 220, ' in line  # as without --rank
    (other,) = escore_here(
        "run", "--rank", "x.db", "--min", "220.5", "--format", "jsonl", input=TEXT
    ).stdout.splitlines()
    assert b'"minimum": 220.5, ' in other
    assert json.loads(escore_here("run", "--rank", "x.db", "--format", "json", input=TEXT).stdout) == [json.loads(line)]
    table = escore_here("run", "--rank", "x.db", "--format", "csv", input=TEXT).stdout.decode()
    assert [row["text"] for row in csv.DictReader(io.StringIO(table))] == ["Astrid Lund", "Ingrid Solheim", "Oslo"]


def test_what_is_wrong_is_one_line(escore_here: Run, tmp_path: Path) -> None:
    done = escore_here("run", "--rank", "missing.db", input=TEXT)
    assert (done.returncode, done.stdout) == (1, b"")
    assert done.stderr == b"escore: missing.db: No such file or directory; make it with: escore watch add\n"
    assert escore_here("run", "--rank", "x.db", "--count", input=TEXT).returncode == 2
    make_store(escore_here)
    before = (tmp_path / "x.db").read_bytes()
    assert escore_here("run", "--rank", "x.db", "-o", "x.db", input=TEXT).returncode == 2
    assert (tmp_path / "x.db").read_bytes() == before
