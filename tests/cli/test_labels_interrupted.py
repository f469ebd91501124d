"""Ctrl-C, kill -9 and a full disk while labels are written: exit codes, and no output that is half of one."""

import os
import resource
import signal
import subprocess
import time
from pathlib import Path

import pytest
from tests.cli.runs import PROGRAM
from tests.conftest import Run

from escore_labels.record import Record, Span, write_records

DEADLINE = 60  # seconds
COMMANDS = {
    "convert": ("labels", "convert", "big.jsonl", "-o", "out.conllu"),
    "label": ("label", "--lines", "lines.txt", "-o", "out.jsonl"),
    "held out": ("label", "--lines", "lines.txt", "--held-out", "3", "--held-out-to", "h.jsonl", "-o", "out.jsonl"),
}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    span = Span(start=0, end=4, label="entity", by="ann")
    write_records(tmp_path / "big.jsonl", (Record(text=f"Anna met Ben {i}.", spans=(span,)) for i in range(60_000)))
    (tmp_path / "lines.txt").write_text("".join(f"Anna met Ben in Oslo {i:b}.\n" for i in range(40_000)))
    (tmp_path / "out.jsonl").write_text("before")
    (tmp_path / "out.conllu").write_text("before")
    return tmp_path


@pytest.mark.parametrize("command", COMMANDS)
@pytest.mark.parametrize(("sent", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143), (signal.SIGKILL, -9)])
def test_a_signal_leaves_an_older_output_as_it_was(folder: Path, command: str, sent: signal.Signals, code: int) -> None:
    with subprocess.Popen([*PROGRAM, *COMMANDS[command]], cwd=folder, stderr=subprocess.PIPE) as process:
        deadline = time.monotonic() + DEADLINE
        while not list(folder.glob(".escore-*")):
            assert process.poll() is None
            assert time.monotonic() < deadline
            time.sleep(0.01)
        time.sleep(0.5)
        process.send_signal(sent)
        assert process.wait(DEADLINE) == code
        assert process.stderr is not None
        assert process.stderr.read() == b""
    names = {path.name for path in folder.iterdir() if sent != signal.SIGKILL or not path.name.startswith(".escore-")}
    assert names == {"big.jsonl", "lines.txt", "out.jsonl", "out.conllu"}
    assert {path.read_text() for path in folder.glob("out.*")} == {"before"}


@pytest.mark.parametrize(
    "arguments",
    [
        *(("labels", "convert", "big.jsonl", "-o", "out.jsonl", "--to", name) for name in ("records", "gmb", "csv")),
        ("labels", "merge", "big.jsonl", "-o", "out.jsonl"),
        ("labels", "split", "big.jsonl", "-o", "out.jsonl", "--held-out", "held.jsonl"),
        ("label", "--lines", "lines.txt", "-o", "out.jsonl"),
    ],
)
def test_a_full_disk_is_one_line_and_leaves_an_older_output_as_it_was(
    escore: Run, folder: Path, arguments: tuple[str, ...]
) -> None:
    def limit() -> None:
        resource.setrlimit(resource.RLIMIT_FSIZE, (20_000, 20_000))

    result = escore(*arguments, preexec_fn=limit)
    assert result.returncode == 1
    assert result.stderr.count(b"\n") == 1
    assert b"File too large" in result.stderr
    assert {path.name for path in folder.iterdir()} == {"big.jsonl", "lines.txt", "out.jsonl", "out.conllu"}
    assert (folder / "out.jsonl").read_text() == "before"


def test_a_full_folder_of_temporary_files_is_named(escore: Run, folder: Path) -> None:
    def limit() -> None:
        resource.setrlimit(resource.RLIMIT_FSIZE, (20_000, 20_000))

    environment = os.environ | {"TMPDIR": str(folder)}
    result = escore(*COMMANDS["held out"], preexec_fn=limit, env=environment)
    assert result.returncode == 1
    assert result.stderr.decode() == f"escore: {folder}: File too large; set TMPDIR to a folder with more room\n"
    assert (folder / "out.jsonl").read_text() == "before"
