"""Measure every row of the goals, write the result, the plots and docs/benchmarks.md.

    python -m benchmarks [--rows NAME…] [--text FILE] [--corpora DIR] [--cores N] [--quick]

Each row is two things measured by turns, after their scores were found to agree. `memory-long` takes many minutes and
runs only when it is named. What is measured goes into the result of this day and kind of machine, beside the rows that
stand there already, each with the commit that it is of; a --quick result goes to .bench/ and shows only that everything
runs.
"""

import argparse
import os
import shlex
import sys
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

from benchmarks import commands, contests, curves, hardware, models, page, results, service
from benchmarks.measure import Row
from benchmarks.settings import QUICK, Amount, Bench, Skipped, size
from benchmarks.texts import Source
from escore import EscoreError
from escore_evaluation.machine import read_machine

ROWS: dict[str, Callable[[Bench], Iterable[Row]]] = {
    "cold": commands.cold,
    "latency": contests.latency,
    "base": contests.base,
    "default": contests.default,
    "spacy": contests.spacy,
    "flops": hardware.flops,
    "cores": hardware.cores,
    "callers": hardware.callers,
    "memory": commands.memory,
    "document-memory": commands.document_memory,
    "document-time": hardware.document_time,
    "service": service.service,
    "memory-long": commands.memory_long,
}
CURVES: dict[str, Callable[[Bench], dict[str, Any]]] = {
    "latency-curve": curves.latency,
    "threads-curve": curves.threads,
    "memory-curve": curves.memory,
}
SLOW = ("memory-long",)


def main() -> int:
    """Run what is asked for; 1 where contestants disagree or one fails."""
    asked = _arguments()
    available = sorted(os.sched_getaffinity(0))
    if asked.cores > len(available):
        print(f"benchmarks: this process may use {len(available)} cores, not {asked.cores}", file=sys.stderr)
        return 1
    os.sched_setaffinity(0, available[: asked.cores])  # children inherit it
    amount = QUICK if asked.quick else Amount()
    try:
        bench = Bench(Source(asked.text), amount, available[: asked.cores], available, asked.corpora)
        result = _begin(bench, asked.quick)
        to = models.CACHE / "quick.json" if asked.quick else results.path(result)
        if to.exists():
            results.take_over(result, results.load(to))
        for name in asked.rows:
            _measure(name, bench, result)
            results.save(result, to)
    except (EscoreError, OSError) as error:
        print(f"benchmarks: {error}", file=sys.stderr)
        return 1
    folder = models.CACHE / "quick" if asked.quick else models.ROOT / "docs"
    page.write(result, folder)
    print(f"{to}\n{folder / 'benchmarks.md'}")
    return 0


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description="Measure escore beside its peers.")
    names = [*ROWS, *CURVES]
    usual = [name for name in names if name not in SLOW]
    parser.add_argument("--rows", nargs="+", choices=names, default=usual, metavar="NAME", help=", ".join(names))
    parser.add_argument("--text", type=Path, help="text to measure on (default: escore/sample_text.txt)")
    parser.add_argument("--corpora", type=Path, help="corpora, for training spaCy")
    parser.add_argument("--cores", type=int, default=2, help="cores that everything runs on (default: 2)")
    parser.add_argument("--quick", action="store_true", help="tiny amounts, to see that everything runs")
    return parser.parse_args()


def _begin(bench: Bench, quick: bool) -> dict[str, Any]:
    sizes = {name: size(getattr(bench.amount, name)) for name in ("part", "small", "large", "long")}
    # Folders are of this machine only.
    shown = [Path(word).name if os.sep in word else word for word in sys.argv[1:]]
    command = shlex.join(["python", "-m", "benchmarks", *shown])
    return results.begin(read_machine(), command, bench.source.path, len(bench.cores), sizes, quick)


def _measure(name: str, bench: Bench, result: dict[str, Any]) -> None:
    print(f"benchmarks: {name}", file=sys.stderr, flush=True)
    if name in CURVES:
        result["curves"][name.removesuffix("-curve")] = CURVES[name](bench)
        return
    try:
        for row in ROWS[name](bench):
            results.add(result, row)
            told = result["rows"][row.name]
            print(f"benchmarks:   {row.name} {told['median']:g} {told['interval']}", file=sys.stderr, flush=True)
        result["skipped"].pop(name, None)
    except Skipped as reason:
        result["skipped"][name] = str(reason)
        print(f"benchmarks:   left out: {reason}", file=sys.stderr)


if __name__ == "__main__":
    sys.exit(main())
