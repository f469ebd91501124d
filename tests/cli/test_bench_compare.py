"""`escore bench --compare`: what is refused, what is noted, and what counts as worse."""

import json
from copy import deepcopy
from pathlib import Path
from typing import Any

import pytest
from tests.cli.test_bad_input import one_line
from tests.conftest import Run

from escore_evaluation.speed.bench_comparison import (
    ReportError,
    check_settings,
    compare_reports,
    read_report,
    text_hash,
    to_table,
)

TEXT = "Anna met Ben in Oslo, in the rain."


def made(milliseconds: float = 10.0, values: int = 9) -> dict[str, Any]:
    """A report in which everything takes about so many milliseconds."""
    seconds = [milliseconds / 1e3 * (1 + 0.001 * number) for number in range(values)]
    return {
        "schema": 1,
        "date": "2026-11-30T12:00:00+00:00",
        "machine": {
            "processor": "P",
            "flags": ["avx2"],
            "kind": "AVX2 only",
            "cores": 2,
            "memory": 8_000_000_000,
            "system": "S",
        },
        "versions": {"escore": "0.1.0", "onnxruntime": "1.30"},
        "model": {"name": "escore-en", "version": "6", "precision": "int8", "sha256": "ab" * 32},
        "settings": {"text": None, "threads": 1, "seconds": 30.0, "text_sha256": text_hash(TEXT)},
        "latency": [{"words": 8, "seconds": seconds}, {"words": 16, "seconds": seconds}],
        "bulk": [{"threads": 1, "words": 128, "seconds": seconds}],
        "cold": {"seconds": {"run": seconds, "imports": seconds}},
        "memory": {"loaded": 100_000_000, "end": 120_000_000, "cold": None},
    }


def verdicts(old: dict[str, Any], new: dict[str, Any]) -> dict[str, str | None]:
    rows = compare_reports(read_report("old.json", json.dumps(old)), new).rows
    return {row.name: row.verdict for row in rows}


def test_what_is_surely_off_by_more_than_the_bound_is_told() -> None:
    names = ["one text of 8 words, p50", "one text of 16 words, p50", "bulk, 1 thread, a word", "cold start"]
    assert not any(verdicts(made(), made(10.8)).values())
    assert not any(verdicts(made(10.8), made()).values())
    slower, faster = verdicts(made(), made(11.5)), verdicts(made(11.5), made())
    assert {name for name, verdict in slower.items() if verdict == "slower"} == set(names)
    assert {name for name, verdict in faster.items() if verdict == "faster"} == set(names)
    assert not any(verdicts(made(values=4), made(99, values=4)).values())  # too few to know
    noisy = made()
    noisy["latency"][0]["seconds"] = [0.005, 0.02] * 5
    assert verdicts(noisy, made(14))["one text of 8 words, p50"] is None
    larger = made()
    larger["memory"]["end"] = 140_000_000
    assert verdicts(made(), larger)["peak memory at the end"] == "larger"
    assert verdicts(larger, made())["peak memory at the end"] == "smaller"
    assert "peak memory of a cold start" not in verdicts(made(), larger)  # unknown on one side


def test_the_table_shows_old_new_and_ratio() -> None:
    comparison = compare_reports(read_report("old.json", json.dumps(made())), made(20))
    table = to_table(comparison)
    assert "NOT THE SAME" not in table
    row = next(line for line in table.splitlines() if line.startswith("one text of 8 words, p50, ms"))
    assert row.split()[-6:-2] == ["10.0", "20.1", "2.00", "[1.99,"]
    assert row.endswith("  slower")
    assert table.endswith("\n4 figures are worse by more than 10% in the whole interval\n")
    assert to_table(compare_reports(read_report("old.json", json.dumps(made())), made())).endswith(
        "\nnothing is worse by more than 10% in the whole interval\n"
    )
    assert [row["verdict"] for row in comparison.to_dict()["rows"]].count("slower") == 4


def test_whatever_else_differs_is_listed() -> None:
    other = deepcopy(made())
    other["machine"] |= {"processor": "Q", "flags": ["avx2", "avx512f"], "memory": 8_100_000_000}
    other["versions"]["onnxruntime"] = "1.32"
    other["model"]["sha256"] = "cd" * 32
    other["settings"]["text_sha256"] = "ef" * 32
    comparison = compare_reports(read_report("old.json", json.dumps(made())), other)
    assert comparison.differences == [
        "machine, processor: P; now Q",
        "machine, flags: avx2; now avx2 avx512f",
        "version, onnxruntime: 1.30; now 1.32",
        "model, sha256: abababababab; now cdcdcdcdcdcd",
        "text: the one that ships was another",
    ]
    assert "NOT THE SAME, so that a ratio may not be due to escore's code:\n  machine, processor" in to_table(
        comparison
    )


def test_other_settings_are_refused() -> None:
    old = read_report("old.json", json.dumps(made()))
    check_settings("old.json", old, TEXT, None, 1)
    check_settings("old.json", old, TEXT, "the-same.txt", 1)
    check_settings("old.json", old, "another that ships", None, 1)  # noted instead
    with pytest.raises(ReportError, match=r"up to 1 thread, and this would be with 4; give --threads 1$"):
        check_settings("old.json", old, TEXT, None, 4)
    with pytest.raises(ReportError, match=r"old\.json: measured on another text; leave out --text$"):
        check_settings("old.json", old, "another", "mine.txt", 1)
    old.settings.text = "report.txt"
    with pytest.raises(ReportError, match=r"another text; give --text report\.txt, unchanged$"):
        check_settings("old.json", old, "changed", "report.txt", 1)
    old.settings.text_sha256 = None  # of an early report
    check_settings("old.json", old, "perhaps changed", "report.txt", 1)


@pytest.mark.parametrize(
    ("content", "part"),
    [
        (None, "old: No such file or directory"),
        ("schema", "old: not JSON; give what 'escore bench --json' wrote"),
        ("[1]", "old: no report of 'escore bench'"),
        ('{"schema": 2, "rows": []}', "old: no report of 'escore bench'"),
        (json.dumps(made() | {"schema": 2}), "old: a report of schema 2, and this escore reads 1; measure again"),
        (json.dumps(made(0)), "old: Expected `float` > 0.0 - at `$.latency[0].seconds[0]`"),
        (json.dumps(made(values=0)), "$.latency[0].seconds"),
        (json.dumps(made() | {"cold": {}}), "old: Object missing required field `seconds` - at `$.cold`"),
    ],
)
def test_a_report_that_cannot_be_compared(escore_here: Run, tmp_path: Path, content: str | None, part: str) -> None:
    if content is not None:
        (tmp_path / "old").write_text(content)
    done = escore_here("bench", "--threads", "1", "--compare", "old")
    assert (done.returncode, done.stdout) == (1, b"")
    one_line(done.stderr, part)


def test_a_slower_machine_ends_with_3(escore: Run, tmp_path: Path) -> None:
    (tmp_path / "old").write_text(json.dumps(made(0.001)))
    done = escore("bench", "--seconds", "1", "--threads", "1", "--json", "--compare", "old")
    assert (done.returncode, done.stderr) == (3, b"")
    report = json.loads(done.stdout)
    rows = {row["name"]: row for row in report["comparison"]["rows"]}
    assert rows["bulk, 1 thread, a word"]["verdict"] == "slower"
    assert rows["bulk, 1 thread, a word"]["new"] > 1
    assert rows["cold start"]["verdict"] is None  # from one value
    assert report["comparison"]["date"] == made()["date"]
    assert read_report("new", done.stdout.decode()).settings.threads == 1
