"""A batch that is killed, at any moment, goes on with --resume: the union is the input, same scores bit for bit."""

import os
import random
import signal
import subprocess
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest
from tests.batch.corpora import output_rows, rows, write_jsonl, write_parquet

from escore_batch import BatchOptions, run_batch

ROUNDS = int(os.environ.get("ESCORE_KILL_ROUNDS", "5"))
FILES, ROWS = 4 * ROUNDS, 6


@pytest.fixture(scope="module")
def corpus(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Some files, of which each becomes a part."""
    root = tmp_path_factory.mktemp("corpus")
    for number in range(FILES):
        of_file = rows(ROWS, ROWS * number)
        name = f"{number:03}"
        write_jsonl(root / f"{name}.jsonl", of_file) if number % 2 else write_parquet(root / f"{name}.parquet", of_file)
    return root


@pytest.fixture(scope="module")
def expected(corpus: Path, tmp_path_factory: pytest.TempPathFactory) -> list[dict[str, Any]]:
    """What a run that nobody disturbs gives."""
    output = tmp_path_factory.mktemp("expected") / "out"
    run_batch(BatchOptions((str(corpus),), str(output), workers=1, minimum=0))
    return output_rows(output)


def start(corpus: Path, output: Path, *options: str) -> subprocess.Popen[bytes]:
    command = [sys.executable, "-m", "escore_cli", "batch", corpus, "-o", output, "--min", "0", "--resume", *options]
    return subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, start_new_session=True)


def parts(output: Path) -> int:
    return len(list(output.glob("part-*")))


def wait_for_parts(process: subprocess.Popen[bytes], output: Path, count: int) -> None:
    """Until there are so many parts, or the process has ended."""
    end = time.monotonic() + 300
    while parts(output) < count and process.poll() is None:
        assert time.monotonic() < end
        time.sleep(0.002)


def test_a_killed_run_goes_on(corpus: Path, expected: Sequence[object], tmp_path: Path) -> None:
    chance, output = random.Random(8), tmp_path / "out"
    for _ in range(ROUNDS):
        with start(corpus, output, "--workers", "1") as process:
            wait_for_parts(process, output, parts(output) + chance.randrange(3))
            time.sleep(chance.random() * 0.05)
            process.kill()
    killed = parts(output)
    assert killed < FILES  # else nothing was left to do, and nothing tested
    with start(corpus, output, "--workers", "1") as process:
        assert process.wait(300) == 0, process.stderr and process.stderr.read()
    assert output_rows(output) == expected
    assert list((output / "_escore" / "aside").iterdir()) == []


def test_workers_end_with_a_killed_run(corpus: Path, expected: Sequence[object], tmp_path: Path) -> None:
    output = tmp_path / "out"
    with start(corpus, output, "--workers", "2") as process:
        wait_for_parts(process, output, 1)
        process.kill()
    end = time.monotonic() + 60
    while _group_lives(process.pid):  # its workers, by the group of its processes
        assert time.monotonic() < end
        time.sleep(0.05)
    with start(corpus, output, "--workers", "2") as process:
        assert process.wait(300) == 0
    assert output_rows(output) == expected


def _group_lives(group: int) -> bool:
    try:
        os.killpg(group, 0)
    except ProcessLookupError:
        return False
    return True


@pytest.mark.parametrize("number", [signal.SIGINT, pytest.param(signal.SIGTERM, marks=pytest.mark.long)])
def test_an_interrupt_is_one_line(corpus: Path, tmp_path: Path, number: int) -> None:
    """The terminal sends Ctrl-C to the workers too."""
    with start(corpus, tmp_path / "out", "--workers", "2") as process:
        wait_for_parts(process, tmp_path / "out", 1)
        os.killpg(process.pid, number) if number == signal.SIGINT else process.send_signal(number)
        assert process.wait(60) == 128 + number
        assert process.stderr is not None
        said = process.stderr.read()
        assert b"Traceback" not in said
        assert b"escore: interrupted; go on with --resume\n" in said
