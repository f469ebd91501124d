"""This tree against another, measured in turn by their own `escore bench`: is anything slower, or larger?"""

import json
import os
import subprocess
import sys
from functools import partial
from pathlib import Path
from statistics import median
from typing import Any

from benchmarks import ROOT
from benchmarks.measure import estimate, paired, table
from benchmarks.texts import SAMPLE
from escore_evaluation.metrics import Estimate

COSTS = {
    "bulk, one thread, µs a word": lambda report: 1e6 / report["bulk"][0]["words_per_second"]["median"],
    "bulk, all threads, µs a word": lambda report: 1e6 / report["bulk"][-1]["words_per_second"]["median"],
    "one text of 16 words, 50th percentile, ms": lambda report: 1e3 * report["latency"][1]["p50"],
    "cold start, s": lambda report: report["cold"]["median"]["run"],
    "peak memory of a cold start, MB": lambda report: report["memory"]["cold"] / 1e6,
    "peak memory after bulk, MB": lambda report: report["memory"]["end"] / 1e6,
}


def run_bench(tree: Path, seconds: float) -> dict[str, Any]:
    """What a tree's own `escore bench` measures."""
    folders = {str(file.parent.parent) for file in tree.glob("*/*/__init__.py")}
    env = os.environ | {"PYTHONPATH": os.pathsep.join(folders)}
    command = [sys.executable, "-m", "escore_cli", "bench", "--json", "--text", SAMPLE, f"--seconds={seconds}"]
    return dict(json.loads(subprocess.check_output(command, env=env, cwd=tree)))


def worse(cost: Estimate, bound: float) -> bool:
    """Whether a ratio of costs (new over old) is worse by more than `bound`, even at the interval's better end."""
    return cost.low > 1 + bound


def main(other: Path, bound: float = 0.05, quick: bool = False) -> None:
    """This tree against a checkout in the folder OTHER: exit 1 where something is surely worse by more than BOUND."""
    seconds, rounds = (1, 2) if quick else (15, 7)
    reports, rows = paired(*(partial(run_bench, tree, seconds) for tree in (ROOT, other)), rounds, warm_up=0), []
    for name, cost in COSTS.items():
        pairs = [(cost(here), cost(there)) for here, there in reports]
        ratio, medians = estimate(pairs), (f"{median(side):.4g}" for side in zip(*pairs, strict=True))
        verdict = f"worse by more than {bound:.0%}" if worse(ratio, bound) else ""
        rows.append([name, *medians, f"{ratio.value:.3f} [{ratio.low:.3f}, {ratio.high:.3f}]", verdict])
    print(table(["", "here", "there", "ratio, 95 % interval", ""], rows))
    sys.exit(any(verdict for *_, verdict in rows))
