"""`escore run`: CSV, columns, counted entities, and what each minimum finds."""

import csv
import io
import json
import shutil
from pathlib import Path

import pytest
from tests.bundles import rewrite
from tests.cli.runs import NEWS, rows
from tests.conftest import Run

from escore import Scorer
from escore.bundle.bundle import DEFAULT


def test_csv_has_a_header_and_keeps_what_tsv_cannot(escore_here: Run, tmp_path: Path) -> None:
    (tmp_path / "=a,b.txt").write_text('Anna\tBerg\u3000Smith said "no" to @ben')
    result = escore_here("run", "--format", "csv", "--min", "0", "=a,b.txt")
    header, *table = csv.reader(io.StringIO(result.stdout.decode(), newline=""))
    assert header == ["id", "start", "end", "score", "mark", "text"]
    assert {row[0] for row in table} == {"'=a,b.txt"}
    assert [row[5] for row in table[:4]] == ["Anna", "Berg", "Smith", "said"]
    assert '"' in [row[5] for row in table]
    entities = escore_here("run", "--format", "csv", "--no-header", "--min", "0", "--entities", "=a,b.txt").stdout
    assert [row[5] for row in csv.reader(io.StringIO(entities.decode(), newline=""))] == [
        "Anna",
        "Berg\u3000Smith",
        'said "no',
        "'@ben",
    ]


def test_columns_are_chosen_by_name(escore_here: Run, scorer: Scorer) -> None:
    words = scorer(NEWS).words_above(80)
    result = escore_here("run", "--columns", "text,probability,by", "--header", input=NEWS.encode())
    assert rows(result.stdout) == [
        ["text", "probability", "by"],
        *([word.text, f"{word.probability:.4f}", "model"] for word in words),
    ]
    for arguments, part in [
        (["--columns", "text,type"], "'type' is not one of id, start, end"),
        (["--columns", ""], "'' is not one of"),
        (["--columns", "variants"], "'variants' is not one of"),
        (["--columns", "start", "--count"], "'start' is not one of count, documents, score, text, variants"),
        (["--columns", "text", "--format", "jsonl"], "--columns goes with tsv and csv"),
        (["--count", "--explain-min"], "--count or --explain-min, not both"),
    ]:
        result = escore_here("run", *arguments)
        assert (result.returncode, result.stdout) == (2, b"")
        assert part in result.stderr.decode()


def test_entities_are_counted_over_all_files(escore_here: Run, tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_text("Anna Berg met Ingrid Solheim. ANNA BERG left Oslo.")
    (tmp_path / "b.txt").write_text("Anna Berg lives in Oslo.")
    result = escore_here("run", "--count", "--columns", "count,documents,text,variants", "a.txt", "b.txt")
    assert rows(result.stdout) == [
        ["3", "2", "Anna Berg", "Anna Berg (2), ANNA BERG (1)"],
        ["2", "2", "Oslo", "Oslo (2)"],
        ["1", "1", "Ingrid Solheim", "Ingrid Solheim (1)"],
    ]
    objects = json.loads(escore_here("run", "--count", "--format", "json", "a.txt", "b.txt").stdout)
    assert objects[0]["variants"] == {"Anna Berg": 2, "ANNA BERG": 1}
    lines = escore_here("run", "--count", "--format", "jsonl", "a.txt", "b.txt").stdout.splitlines()
    assert [json.loads(line) for line in lines] == objects
    assert rows(escore_here("run", "--count", "--header", "--min", "300", "a.txt").stdout) == [
        ["count", "documents", "score", "text"]
    ]
    by_line = escore_here("run", "--count", "--lines", "--columns", "documents", input=b"Oslo\n\nOslo and Oslo\n")
    assert by_line.stdout == b"2\n"


def test_what_minimums_find_is_what_the_calibration_expects(escore_here: Run, scorer: Scorer) -> None:
    document = scorer(NEWS)
    probabilities = document.probabilities()
    assert probabilities is not None
    table = json.loads(escore_here("run", "--explain-min", "--format", "json", input=NEWS.encode()).stdout)
    assert [row["minimum"] for row in table] == list(range(0, 300, 20))
    for row in table:
        above = document.scores >= row["minimum"]
        assert row["words"] == above.sum()
        assert row["precision"] == pytest.approx(probabilities[above].mean(), abs=1e-4)
        assert row["recall"] == pytest.approx(probabilities[above].sum() / probabilities.sum(), abs=1e-4)
    shown = escore_here("run", "--explain-min", input=NEWS.encode()).stdout.decode().splitlines()
    assert shown[0].split()[:5] == ["minimum", "words", "precision", "recall", "f1"]
    assert len(shown) == 16
    assert shown[1].split()[:2] == ["0", str(len(document.scores))]
    assert shown[1].endswith("□|")
    assert escore_here("run", "--explain-min", "--format", "tsv", input=b"").stdout.startswith("0\t0\t–\t–".encode())


def test_a_bundle_without_a_calibration_expects_nothing(escore_here: Run, tmp_path: Path) -> None:
    bundle = Path(shutil.copytree(DEFAULT, tmp_path / "bundle"))
    rewrite(bundle, lambda content: content.update(calibration=None))
    result = escore_here("run", "--model", bundle, "--explain-min", input=b"Anna")
    assert (result.returncode, result.stdout) == (1, b"")
    assert b"not calibrated" in result.stderr
    assert rows(escore_here("run", "--model", bundle, "--columns", "text,probability", input=b"Anna").stdout) == [
        ["Anna", ""]
    ]
