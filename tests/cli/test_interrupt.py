"""Ctrl-C, SIGTERM and SIGHUP: the right exit code, nothing printed, nothing half-written left behind."""

import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from tests.cli.runs import PROGRAM

DEADLINE = 20  # seconds

# `escore`, which does something when a module is looked for. It may not import what escore itself imports first.
AT_AN_IMPORT = """
import os, sys
name = sys.argv.pop(1)
sys.addaudithook(lambda event, args: event == "import" and args[0] == name and {})
from escore_cli.__main__ import main
main()
"""
INTERRUPT, PRINT_LINE = "os.kill(os.getpid(), 2)", "print(flush=True)"


@contextmanager
def started(folder: Path, *command: str) -> Iterator[subprocess.Popen[bytes]]:
    pipe = subprocess.PIPE
    with subprocess.Popen(command, stdin=pipe, stdout=pipe, stderr=pipe, cwd=folder) as process:
        try:
            yield process
        finally:
            process.kill()


@pytest.mark.parametrize(
    "module",
    ["enum", "signal", "escore_cli.main", "typer", "typer.core", "shutil", "numpy", "onnxruntime", "escore.scorer"],
)
def test_an_interrupt_while_modules_are_imported_is_quiet(tmp_path: Path, module: str) -> None:
    command = [sys.executable, "-c", AT_AN_IMPORT.format(INTERRUPT), module, "run", "-"]
    result = subprocess.run(command, input=b"Anna", capture_output=True, cwd=tmp_path, timeout=DEADLINE, check=False)
    assert (result.returncode, result.stdout, result.stderr) == (130, b"", b"")


@pytest.mark.parametrize("delay", [0.0, 0.05, 0.1, 0.2, 0.3, 0.4, 0.6])
def test_an_early_interrupt_is_quiet(tmp_path: Path, delay: float) -> None:
    """Whatever runs then: imports, the loading of the model, or the wait for a text."""
    program = AT_AN_IMPORT.format(PRINT_LINE)
    with started(tmp_path, sys.executable, "-c", program, "escore_cli.main", "run", "-") as process:
        assert process.stdout is not None
        assert process.stderr is not None
        process.stdout.readline()
        time.sleep(delay)
        process.send_signal(signal.SIGINT)
        assert process.wait(DEADLINE) == 130
        assert process.stderr.read() == b""


@pytest.mark.parametrize(("sent", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143), (signal.SIGHUP, 129)])
@pytest.mark.parametrize("busy", [True, False])
def test_a_signal_leaves_nothing_behind(tmp_path: Path, sent: signal.Signals, code: int, busy: bool) -> None:
    """Busy with many lines, or waiting for one that does not come."""
    (tmp_path / "in.txt").write_text("Anna met Ben in the rain.\n" * 200_000)
    with started(tmp_path, *PROGRAM, "run", "--lines", "-o", "out.tsv", "in.txt" if busy else "-") as process:
        assert process.stdin is not None
        assert process.stderr is not None
        process.stdin.write(b"Anna\n")
        process.stdin.flush()
        deadline = time.monotonic() + DEADLINE
        while not any(path.stat().st_size for path in tmp_path.glob(".escore-*")):  # until the first line is written
            assert time.monotonic() < deadline
            time.sleep(0.01)
        process.send_signal(sent)
        assert process.wait(DEADLINE) == code
        assert process.stderr.read() == b""
    assert [path.name for path in tmp_path.iterdir()] == ["in.txt"]
