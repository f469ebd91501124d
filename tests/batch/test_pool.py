"""Several workers give what one gives; one that dies ends the run in one line."""

import os
import signal
import subprocess
import sys
import threading
import time
from multiprocessing.spawn import get_executable, set_executable
from pathlib import Path

import pytest
from tests.batch.corpora import SENTENCES, output_rows, rows, write_parquet

from escore_batch import BatchOptions, Progress, WorkerError, run_batch


def test_two_workers_give_the_same_and_tell_how_far_they_are(tmp_path: Path) -> None:
    for number in range(4):
        write_parquet(tmp_path / "in" / f"{number}.parquet", rows(5, 5 * number), row_group=2)
    shown: list[Progress] = []
    run_batch(BatchOptions((str(tmp_path / "in"),), str(tmp_path / "two"), workers=2), show=shown.append)
    run_batch(BatchOptions((str(tmp_path / "in"),), str(tmp_path / "one"), workers=1))
    assert output_rows(tmp_path / "one") == output_rows(tmp_path / "two")
    assert [progress.documents for progress in shown] == [5, 10, 15, 20]
    assert shown[-1].share == pytest.approx(1)
    assert shown[-1].seconds_left == pytest.approx(0)
    assert shown[0].seconds_left is not None
    assert 0 < shown[0].share < 1


def test_a_worker_that_is_killed_ends_the_run(tmp_path: Path) -> None:
    text = " ".join(SENTENCES * 20)
    for number in range(3):
        write_parquet(tmp_path / "in" / f"{number}.parquet", [{"text": text}])
    options = BatchOptions((str(tmp_path / "in"),), str(tmp_path / "out"), workers=2)
    killer = threading.Thread(target=_kill_a_worker)
    killer.start()
    with pytest.raises(WorkerError, match="a worker ended, for lack of memory, or since it could not be started"):
        run_batch(options)
    killer.join()


def test_workers_that_cannot_start_end_the_run(tmp_path: Path) -> None:
    """Whether the process is gone before or after it was told what to do."""
    write_parquet(tmp_path / "in" / "a.parquet", rows(1))
    options = BatchOptions((str(tmp_path / "in"),), str(tmp_path / "out"), workers=2, resume=True)
    executable = get_executable()
    set_executable("/bin/false")
    try:
        for _ in range(5):
            with pytest.raises(WorkerError, match=r"a worker cannot be started|it could not be started"):
                run_batch(options)
    finally:
        set_executable(executable)


def _kill_a_worker() -> None:
    while True:
        for child in _children():
            if b"spawn_main" in child.joinpath("cmdline").read_bytes():
                os.kill(int(child.name), signal.SIGKILL)
                return
        time.sleep(0.05)


def _children() -> list[Path]:
    ids = Path(f"/proc/self/task/{os.getpid()}/children").read_text().split()
    return [Path("/proc") / child for child in ids if (Path("/proc") / child).exists()]


MEASURE = """
import sys, threading, time
from pathlib import Path
def memory():
    children = Path("/proc/self/task").glob("*/children")
    pids = ["self", *(pid for file in children for pid in file.read_text().split())]
    total = 0
    for pid in pids:
        try:
            status = Path("/proc", pid, "status").read_text()
            total += int(status.partition("VmRSS:")[2].split()[0])
        except (OSError, IndexError):
            pass
    return total / 1024
peak = [0.0]
def watch():
    while True:
        peak[0] = max(peak[0], memory())
        time.sleep(0.05)
if __name__ == "__main__":
    threading.Thread(target=watch, daemon=True).start()
    from escore_batch import BatchOptions, run_batch
    run_batch(BatchOptions((sys.argv[1],), sys.argv[2], workers=2))
    print(peak[0])
"""


@pytest.mark.long
def test_memory_does_not_grow_with_the_input(tmp_path: Path) -> None:
    """White space makes most of the texts, so that they are read and written, but quick to score."""
    (tmp_path / "measure.py").write_text(MEASURE)
    peaks = []
    for size in (10, 200):
        text = " ".join(SENTENCES[:3]) + " " * 20_000
        write_parquet(tmp_path / f"{size}.parquet", [{"text": text}] * (size * 50), 100_000)
        command = [sys.executable, tmp_path / "measure.py", tmp_path / f"{size}.parquet", tmp_path / f"out{size}"]
        peaks.append(float(subprocess.run(command, capture_output=True, check=True).stdout))
    assert peaks[1] < peaks[0] + 100, peaks
