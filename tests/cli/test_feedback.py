"""`escore feedback`: corrections as records."""

import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest
from msgspec.structs import replace
from tests.conftest import Run

from escore_labels.adjudicate import to_labeled_text
from escore_labels.formats import read_labels
from escore_labels.record import Span, parse_record
from escore_labels.tokens import PROPER
from escore_service.feedback import Store

TEXT = "Zoë Quay\n🙂 told\tBen."


@pytest.fixture
def file(tmp_path: Path) -> Iterator[Path]:
    """Two texts and three corrections, in a file that is in use."""
    path = tmp_path / "corrections.db"
    with closing(Store(path)) as store:
        store.correct(TEXT, 16, 19, "proper", 250.25, "escore-en 7")
        store.correct("Anna", 0, 4, "none", 290.0, "escore-en 7")
        store.correct(TEXT, 0, 8, "entity", 120.0, "escore-en 7")
        yield path


def test_each_text_is_a_line_with_its_corrections(escore_here: Run, file: Path) -> None:
    result = escore_here("feedback", file)
    assert (result.returncode, result.stderr) == (0, b"")
    first, second = (parse_record(line, "here") for line in result.stdout.splitlines())
    assert (first.text, first.reviewed, second.text) == (TEXT, False, "Anna")
    assert all(span.time is not None and span.time.endswith("+00:00") for span in first.spans)
    assert [replace(span, time=None) for span in first.spans] == [
        Span(start=0, end=8, label="entity", score=120.0, model="escore-en 7"),
        Span(start=16, end=19, label="proper", score=250.25, model="escore-en 7"),
    ]


def test_the_newest_correction_of_a_span_counts_in_what_is_read(escore_here: Run, file: Path, tmp_path: Path) -> None:
    with closing(Store(file)) as store:
        store.correct("Anna", 0, 4, "entity", 20.0, "escore-en 8")
        store.correct("Anna", 0, 4, "proper", 290.0, "escore-en 7")
    out = tmp_path / "out.jsonl"
    assert escore_here("feedback", file, "-o", out).returncode == 0
    record = list(read_labels(out))[1]
    assert (len(record.spans), to_labeled_text(record).tokens[0].low) == (2, PROPER)


def test_a_file_is_written_whole_and_never_over_the_corrections(escore_here: Run, file: Path, tmp_path: Path) -> None:
    out = tmp_path / "out.jsonl"
    assert escore_here("feedback", file, "-o", out).returncode == 0
    assert out.read_bytes() == escore_here("feedback", file).stdout
    before = file.read_bytes()
    result = escore_here("feedback", file, "-o", file)
    assert result.returncode == 2
    assert b"is an input too, and would be lost; give another file" in result.stderr
    assert file.read_bytes() == before


def test_a_file_without_corrections_gives_no_line(escore_here: Run, tmp_path: Path) -> None:
    Store(tmp_path / "new.db")
    result = escore_here("feedback", tmp_path / "new.db")
    assert (result.returncode, result.stdout, result.stderr) == (0, b"", b"")


@pytest.mark.parametrize(
    ("name", "reason"),
    [
        ("nowhere.db", "nowhere.db: No such file or directory; give the file that 'escore serve --feedback' keeps"),
        ("text.db", "text.db: not a file of corrections; give another name"),
        ("empty.db", "empty.db: not a file of corrections; give another name"),
        (".", ".: a folder; give a file"),
    ],
)
def test_what_cannot_be_read_is_one_line(escore_here: Run, tmp_path: Path, name: str, reason: str) -> None:
    (tmp_path / "text.db").write_text("Joe Biden\n")
    (tmp_path / "empty.db").touch()
    result = escore_here("feedback", name, "-o", "out.jsonl")
    assert (result.returncode, result.stdout, result.stderr.decode()) == (1, b"", f"escore: {reason}\n")
    assert {path.name for path in tmp_path.iterdir()} == {"text.db", "empty.db"}


def test_no_package_of_the_service_is_needed(file: Path) -> None:
    blocked = "sys.modules.update(dict.fromkeys(['flask', 'werkzeug', 'waitress', 'prometheus_client']))"
    program = f"import sys; {blocked}; from escore_cli.main import main; main()"
    result = subprocess.run([sys.executable, "-c", program, "feedback", str(file)], capture_output=True, check=False)
    assert (result.returncode, result.stderr) == (0, b"")
    assert result.stdout.count(b"\n") == 2
