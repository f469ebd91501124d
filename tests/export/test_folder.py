"""A bundle appears whole or not at all: killed, interrupted, or out of space; see also tests/runtime/test_atomic.py."""

import os
import resource
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest
from tests.conftest import Run

PROGRAM = [sys.executable, "-m", "escore_cli", "export"]


def names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


def wait_for(condition: Callable[[], bool], process: "subprocess.Popen[bytes]") -> None:
    for _ in range(2400):
        if condition() or process.poll() is not None:
            break
        time.sleep(0.05)
    assert condition()


def test_a_killed_export_leaves_no_bundle_and_the_next_cleans_up(
    escore_here: Run, trained: Path, tmp_path: Path
) -> None:
    with subprocess.Popen([*PROGRAM, trained, "-o", "bundle"], cwd=tmp_path, stderr=subprocess.DEVNULL) as process:
        wait_for(lambda: any(tmp_path.glob(".bundle.*.part")), process)
        process.send_signal(signal.SIGKILL)
    assert not (tmp_path / "bundle").exists()
    assert len(names(tmp_path)) == 1  # what it left aside
    assert escore_here("export", trained, "-o", "bundle").returncode == 0
    assert names(tmp_path) == ["bundle"]


@pytest.mark.parametrize(
    "stage",
    [
        "reading",
        pytest.param("torch scores", marks=pytest.mark.long),
        pytest.param("fp32 graph", marks=pytest.mark.long),
        "int8 graph",
        "the bundle",
        pytest.param("speed", marks=pytest.mark.long),
    ],
)
def test_an_interrupt_leaves_nothing_behind(trained: Path, tmp_path: Path, stage: str) -> None:
    command = [*PROGRAM, trained, "-o", "bundle"]
    with subprocess.Popen(command, cwd=tmp_path, stderr=subprocess.PIPE, stdout=subprocess.PIPE) as process:
        assert process.stderr is not None
        for line in process.stderr:
            if stage.encode() in line:
                process.send_signal(signal.SIGINT)
                break
        rest = process.stderr.read()
        assert process.wait(60) == 130
    assert b"Traceback" not in rest
    assert names(tmp_path) == []


def test_no_space_left(trained: Path, tmp_path: Path) -> None:
    """Files may grow to 64 kB, as on a full disk."""

    def limit() -> None:
        signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
        resource.setrlimit(resource.RLIMIT_FSIZE, (65536, 65536))

    command = [*PROGRAM, trained, "-o", tmp_path / "bundle"]
    done = subprocess.run(command, preexec_fn=limit, capture_output=True, check=False)
    assert done.returncode == 1
    last = done.stderr.decode().splitlines()[-1]
    assert last.startswith("escore: ")
    assert "File too large" in last
    assert b"Traceback" not in done.stderr
    assert names(tmp_path) == []


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write anywhere")
def test_a_read_only_place(trained: Path, escore: Run, tmp_path: Path) -> None:
    (tmp_path / "locked").mkdir(mode=0o500)
    done = escore("export", trained, "-o", "locked/bundle")
    assert (done.returncode, done.stdout) == (1, b"")
    assert done.stderr.decode().endswith("locked/bundle: Permission denied\n")
