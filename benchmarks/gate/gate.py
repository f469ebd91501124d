"""The gate: does a stage take more instructions than was accepted? Exit 1 where one does, by more than its bound.

accepted.json holds the counts that were accepted last, and the environment that they were counted in. In another
environment they say nothing: there the commit that accepted them, the last that changed the file, is counted again.
"""

import json
import sys
from collections.abc import Mapping
from pathlib import Path

from benchmarks import ROOT
from benchmarks.commits import checkout, git
from benchmarks.gate.counts import FOLDERS, STAGES, count, environment, missing
from benchmarks.measure import table
from escore import EscoreError

ACCEPTED = Path(__file__).with_name("accepted.json")
BOUND = 0.03  # of a stage; runs differ by 0.8 % at most


class NoBaseError(EscoreError, RuntimeError):
    """There is nothing to compare with: another environment, and no history."""


def worse(here: Mapping[str, int], base: Mapping[str, int], bound: float = BOUND) -> list[str]:
    """The stages that take more instructions than those of `base`, by more than `bound`."""
    return [stage for stage in here if stage in base and here[stage] > (1 + bound) * base[stage]]


def accepted() -> dict[str, int]:
    """The counts to compare with, in this environment. Raises NoBaseError or GitError."""
    record = json.loads(ACCEPTED.read_text("utf-8"))
    if record["environment"] == environment():
        return dict(record["instructions"])
    commit = git("log", "-1", "--format=%H", "--", str(ACCEPTED))
    shallow = Path(git("rev-parse", "--absolute-git-dir")) / "shallow"
    if not commit or (shallow.exists() and commit in shallow.read_text("ascii").split()):
        advice = "fetch all of its history, or compare with a commit that is here"
        raise NoBaseError("other versions than in accepted.json, and the clone has no history", advice)
    with checkout(commit, *FOLDERS) as tree:
        return count(tree)


def main(base: str = "", accept: bool = False) -> None:
    """Instructions of each stage against those accepted, or of the commit BASE; --accept writes down this tree's."""
    if reason := missing():
        raise NoBaseError(reason, "install valgrind (apt-get install valgrind) on an x86-64 machine")
    here = count(ROOT)
    if accept:
        record = {"environment": environment(), "instructions": {stage: here[stage] for stage in STAGES}}
        ACCEPTED.write_text(json.dumps(record, indent=2) + "\n", "utf-8")
        return
    if base:
        with checkout(base, *FOLDERS) as tree:
            there = count(tree)
    else:
        there = accepted()
    over, rows = worse(here, there), []
    for stage in STAGES:
        counts = [f"{side[stage] / 1e6:.2f}" if stage in side else "–" for side in (here, there)]
        ratio = f"{here[stage] / there[stage]:.3f}" if stage in there else "–"
        rows.append([stage, *counts, ratio, f"more by over {BOUND:.0%}" if stage in over else ""])
    print(table(["stage, millions of instructions", "here", "base", "ratio", ""], rows, numbers_from=1))
    sys.exit(bool(over))
