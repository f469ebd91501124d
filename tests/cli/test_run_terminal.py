"""`escore run` at a terminal: the text itself, colors, headings, progress."""

import json
import os
import re
import subprocess
import sys
import time
from pathlib import Path

import pytest
from tests.conftest import Run
from tests.terminals import read_all

from escore_cli.output.progress import DELAY


def test_a_person_types_lines_and_sees_each_scored(tmp_path: Path, clean_environment: dict[str, str]) -> None:
    pty = pytest.importorskip("pty")
    main, terminal = pty.openpty()
    command = [sys.executable, "-m", "escore_cli", "run", "--lines"]
    settings = {"cwd": tmp_path, "env": clean_environment | {"TERM": "dumb"}}
    with subprocess.Popen(command, stdin=terminal, stdout=terminal, stderr=terminal, **settings) as process:  # type: ignore[call-overload]
        os.close(terminal)
        shown = ""
        for line, expected in [("", "Ctrl-D ends."), ("Anna slept.", "Anna★ slept."), ("Ben Berg", "Ben★ Berg★")]:
            os.write(main, f"{line}\n".encode() if line else b"")
            while expected not in shown:
                shown += os.read(main, 4096).decode()
        assert "Scores from 80 of 300: - from 60, + from 160, ★ from 260" in shown
        os.write(main, b"\x04")
        assert process.wait(20) == 0
    os.close(main)


def test_a_terminal_gets_headings_for_several_files(tmp_path: Path, clean_environment: dict[str, str]) -> None:
    pty = pytest.importorskip("pty")
    (tmp_path / "a.txt").write_text("Anna slept.")
    (tmp_path / "b.txt").write_text("Ben\nBerg")
    for extra in ([], ["--lines"]):
        main, terminal = pty.openpty()
        command = [sys.executable, "-m", "escore_cli", "run", *extra, "a.txt", "b.txt"]
        environment = clean_environment | {"NO_COLOR": "1"}
        result = subprocess.run(
            command, stdout=terminal, stderr=subprocess.PIPE, cwd=tmp_path, env=environment, check=True
        )
        os.close(terminal)
        shown = read_all(main).replace("\r\n", "\n")
        assert shown == "==> a.txt <==\nAnna★ slept.\n\n==> b.txt <==\nBen★\nBerg★\n"
        assert result.stderr == b""  # the legend is for a person


def test_color(escore_here: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    text = "Anna \x1b[31mred\x07 \u202e x\r\n".encode()
    monkeypatch.delenv("NO_COLOR", raising=False)
    colored = escore_here("run", "--color", "always", input=text).stdout
    shown = colored.decode()
    assert "\x1b[30;48;5;" in shown
    assert "␛" in shown
    assert "␇" in shown
    assert "<U+202E>" in shown
    assert "\x1b[31m" not in shown
    monkeypatch.setenv("NO_COLOR", "1")
    assert escore_here("run", "--color", "always", input=text).stdout == colored
    exact = escore_here("run", "--format", "jsonl", "--min", "0", input=text)
    assert json.loads(exact.stdout)["text"].encode() == text


def test_a_terminal_gets_the_text_itself(tmp_path: Path, clean_environment: dict[str, str]) -> None:
    pty = pytest.importorskip("pty")
    (tmp_path / "in.txt").write_text("The Anna Berg\n")
    for variables, expected in [
        ({"TERM": "xterm"}, "\x1b[30;48;5;209mAnna\x1b[0m"),
        ({"TERM": "xterm", "NO_COLOR": "1"}, "Anna★"),
        ({"TERM": "dumb"}, "Anna★"),
    ]:
        main, terminal = pty.openpty()
        command = [sys.executable, "-m", "escore_cli", "run", "in.txt"]
        result = subprocess.run(command, stdout=terminal, cwd=tmp_path, env=clean_environment | variables, check=False)
        os.close(terminal)
        shown = read_all(main)
        assert result.returncode == 0
        assert shown.startswith("The ")
        assert expected in shown


def test_progress_is_shown_on_a_terminal_after_two_seconds(tmp_path: Path) -> None:
    pty = pytest.importorskip("pty")
    main, terminal = pty.openpty()
    os.set_blocking(main, False)
    command, pipe = [sys.executable, "-m", "escore_cli", "run", "--lines", "-o", "out.tsv"], subprocess.PIPE
    with subprocess.Popen(command, stdin=pipe, stderr=terminal, cwd=tmp_path) as process:
        assert process.stdin is not None
        start = time.monotonic()
        while not (shown := available(main)):
            assert time.monotonic() - start < 20
            process.stdin.write(b"Anna Berg met Ben.\n")
            process.stdin.flush()
            time.sleep(0.05)
        assert time.monotonic() - start >= DELAY
        assert re.fullmatch(r"\r\x1b\[K\d+ words, [\d,]+ a second", shown)
        process.stdin.close()
        assert process.wait(20) == 0
    os.close(terminal)
    assert read_all(main).endswith("\r\x1b[K")  # the line is taken away again
    assert "\r" not in (tmp_path / "out.tsv").read_text()


def available(terminal: int) -> str:
    """What was written to a terminal since it was last read."""
    try:
        return os.read(terminal, 65536).decode()
    except BlockingIOError:
        return ""
