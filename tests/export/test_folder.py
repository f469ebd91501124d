"""A bundle appears whole or not at all: killed, interrupted, or out of space; see also tests/runtime/test_atomic.py."""

import os
import resource
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from multiprocessing.context import ForkProcess
from pathlib import Path

import pytest
from tests.conftest import Run
from tests.forks import forked_escore

PROGRAM = [sys.executable, "-m", "escore_cli", "export"]


def names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


def wait_for(condition: Callable[[], bool], process: ForkProcess) -> None:
    for _ in range(12000):
        if condition() or not process.is_alive():
            break
        time.sleep(0.01)
    assert condition()


def test_a_killed_export_leaves_no_bundle_and_the_next_cleans_up(
    escore_here: Run, trained: Path, tmp_path: Path
) -> None:
    with forked_escore(tmp_path, "export", trained, "-o", "bundle") as (process, _):
        wait_for(lambda: any(tmp_path.glob(".bundle.*.part")), process)
        process.kill()
    assert process.exitcode == -signal.SIGKILL
    assert not (tmp_path / "bundle").exists()
    assert len(names(tmp_path)) == 1  # what it left aside
    assert escore_here("export", trained, "-o", "bundle").returncode == 0
    assert names(tmp_path) == ["bundle"]


@pytest.mark.parametrize(
    "stage",
    [
        pytest.param("torch scores", marks=pytest.mark.long),
        pytest.param("fp32 graph", marks=pytest.mark.long),
        "int8 graph",
        "the bundle",
        pytest.param("speed", marks=pytest.mark.long),
    ],
)
def test_an_interrupt_leaves_nothing_behind(trained: Path, tmp_path: Path, stage: str) -> None:
    with forked_escore(tmp_path, "export", trained, "-o", "bundle") as (process, stderr):
        for line in stderr:
            if stage.encode() in line:
                os.kill(process.pid or 0, signal.SIGINT)
                break
        rest = stderr.read()
        process.join(60)
    assert process.exitcode == 130
    assert b"Traceback" not in rest
    assert names(tmp_path) == []


def test_an_interrupt_of_a_new_process_leaves_nothing_behind(trained: Path, tmp_path: Path) -> None:
    command = [*PROGRAM, trained, "-o", "bundle"]
    with subprocess.Popen(command, cwd=tmp_path, stderr=subprocess.PIPE, stdout=subprocess.PIPE) as process:
        assert process.stderr is not None
        assert process.stderr.readline().startswith(b"escore: reading ")
        process.send_signal(signal.SIGINT)
        rest = process.stderr.read()
        assert process.wait(60) == 130
    assert b"Traceback" not in rest
    assert names(tmp_path) == []


def test_no_space_left(trained: Path, tmp_path: Path) -> None:
    """Files may grow to 64 kB, as on a full disk."""

    def limit() -> None:
        signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
        resource.setrlimit(resource.RLIMIT_FSIZE, (65536, 65536))

    with forked_escore(tmp_path, "export", trained, "-o", tmp_path / "bundle", before=limit) as (process, stderr):
        content = stderr.read()
        process.join(60)
    assert process.exitcode == 1
    last = content.decode().splitlines()[-1]
    assert last.startswith("escore: ")
    assert "File too large" in last
    assert b"Traceback" not in content
    assert names(tmp_path) == []


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write anywhere")
def test_a_read_only_place(trained: Path, escore_here: Run, tmp_path: Path) -> None:
    (tmp_path / "locked").mkdir(mode=0o500)
    done = escore_here("export", trained, "-o", "locked/bundle")
    assert (done.returncode, done.stdout) == (1, b"")
    assert done.stderr.decode().endswith("locked/bundle: Permission denied\n")
