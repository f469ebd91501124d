"""Rows about whole processes, watched from outside: a cold start, and the most memory a command holds."""

import json
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from benchmarks.measure import Row, paired
from benchmarks.settings import Bench, size
from benchmarks.worker import ROOT, WorkerError, environment

OBSERVE = Path(__file__).with_name("observe.py")
ESCORE = Path(sys.executable).with_name("escore")  # the console script, as users start it
IMPORTS = "import numpy, onnxruntime, tokenizers"


@dataclass(frozen=True, slots=True)
class Seen:
    """A command that has ended: wall time in seconds, peak resident memory in bytes."""

    seconds: float
    peak: int


def watch(command: Sequence[str | Path], env: Mapping[str, str] | None = None) -> Seen:
    """Run a command to its end, its output thrown away. Raises WorkerError where it fails."""
    observer = [sys.executable, "-I", "-S", OBSERVE, *command]
    ended = subprocess.run(observer, stdout=subprocess.PIPE, env=env or environment(), cwd=ROOT, check=True)
    told = json.loads(ended.stdout)
    if told["code"] != 0:
        raise WorkerError(f"{' '.join(map(str, command))}: left with {told['code']}; what it said stands above")
    return Seen(told["seconds"], told["peak"])


@contextmanager
def written(text: str) -> Iterator[Path]:
    """A file with that text, for as long as the block runs."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "input.txt"
        path.write_text(text, "utf-8", newline="")
        yield path


def cold(bench: Bench) -> Iterator[Row]:
    """`escore run` of one sentence, and a process that only imports what escore needs."""
    with written(bench.source.sentences(1).texts[0] + "\n") as path:
        pairs = paired(
            lambda: watch([ESCORE, "run", path]).seconds,
            lambda: watch([sys.executable, "-c", IMPORTS]).seconds,
            3 * bench.amount.pairs,  # a short thing, so more of them
        )
    yield Row("cold", "escore run", "imports", "s", pairs, f"a process each; the other is python -c '{IMPORTS}'")


def memory(bench: Bench) -> Iterator[Row]:
    """`escore run --lines` of a large file and of a small one."""
    yield from _lines("memory", bench, bench.amount.large, bench.amount.few)


def memory_long(bench: Bench) -> Iterator[Row]:
    """The same for a file that takes many minutes."""
    yield from _lines("memory-long", bench, bench.amount.long, 1)


def _lines(name: str, bench: Bench, large: int, pairs: int) -> Iterator[Row]:
    small = bench.amount.small
    with written(bench.source.lines(large)) as long, written(bench.source.lines(small)) as short:
        found = paired(
            lambda: watch([ESCORE, "run", "--lines", long]).peak / 1e6,
            lambda: watch([ESCORE, "run", "--lines", short]).peak / 1e6,
            pairs,
            warm=0,
        )
    note = "escore run --lines, standard output thrown away, seen from outside"
    yield Row(name, size(large), size(small), "MB", found, note)
    yield Row(f"{name}-most", size(large), "", "MB", [(over, 1.0) for over, _ in found], note)


def document_memory(bench: Bench) -> Iterator[Row]:
    """`escore run` of one long document and of a short one: by how much memory grows for each character more."""
    long, short = (bench.source.document(count) for count in (bench.amount.large, bench.amount.part))
    with written(long) as large, written(short) as small:
        found = paired(
            lambda: watch([ESCORE, "run", large]).peak,
            lambda: watch([ESCORE, "run", small]).peak,
            bench.amount.few,
            warm=0,
        )
    more = len(long) - len(short)
    values = [((over - under) / more, 1.0) for over, under in found]
    most = f"peak {max(over for over, _ in found) / 1e6:.0f} MB"
    yield Row("document-memory", size(bench.amount.large), "", "bytes a character", values, f"escore run; {most}")
