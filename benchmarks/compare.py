"""This tree against another commit, by turns in one session: has anything become slower, or larger?

    python -m benchmarks.compare COMMIT [--bound 0.05] [--quick]

The commit is checked out beside, and leaves no trace. Both run their own model through the public API, and their own
command line. Exit code 1: the whole 95 % confidence interval of a row's ratio is worse than the bound.
"""

import argparse
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np

from benchmarks.commands import watch, written
from benchmarks.measure import Estimate, Pairs, estimate, paired
from benchmarks.settings import QUICK, Amount
from benchmarks.texts import Source
from benchmarks.worker import ROOT, Worker, environment
from escore import EscoreError

COMMAND = [sys.executable, "-c", "from escore_cli.main import main; main()", "run"]


class CommitError(EscoreError, ValueError):
    """No such commit, or git cannot check it out."""


@contextmanager
def checkout(commit: str) -> Iterator[Path]:
    """The files of a commit in a folder of their own, which goes away again."""
    with tempfile.TemporaryDirectory() as folder:
        tree = Path(folder) / "tree"
        try:
            _git("worktree", "add", "--detach", "--quiet", str(tree), f"{commit}^{{commit}}")
            yield tree
        finally:
            subprocess.run(["git", "worktree", "remove", "--force", tree], cwd=ROOT, capture_output=True, check=False)
            subprocess.run(["git", "worktree", "prune"], cwd=ROOT, capture_output=True, check=False)


def measured(tree: Path, amount: Amount) -> Iterator[tuple[str, str, Pairs]]:
    """Name, unit and pairs (this tree's value, the other's); of all of them less is better."""
    source = Source()
    bulk, sentences = source.bulk(amount.bulk), source.sentences(amount.calls // 2).texts
    with Worker("escore", tree=ROOT) as here, Worker("escore", tree=tree) as there:

        def both(measure: Callable[[Worker], float]) -> Pairs:
            return paired(lambda: measure(here), lambda: measure(there), amount.pairs)

        each = both(lambda worker: 1e6 * worker.passes(bulk.texts, amount.least) / bulk.words)
        yield "bulk text, a word", "µs", each
        yield "one 16-word sentence, 50th percentile", "ms", both(lambda worker: _median(worker.each(sentences)))

    with written(sentences[0] + "\n") as file:
        yield "cold escore run", "s", _by_tree(tree, 2 * amount.pairs, lambda env: watch([*COMMAND, file], env).seconds)
    with written(source.lines(amount.small)) as file:
        lines: list[str | Path] = [*COMMAND, "--lines", file]
        yield (
            "peak memory of escore run --lines",
            "MB",
            _by_tree(tree, amount.few, lambda env: watch(lines, env).peak / 1e6),
        )


def _by_tree(tree: Path, pairs: int, measure: Callable[[dict[str, str]], float]) -> Pairs:
    return paired(lambda: measure(environment(ROOT)), lambda: measure(environment(tree)), pairs)


def worse(found: Estimate, bound: float) -> bool:
    """Whether a ratio of costs (new over old) is worse by more than `bound`, even at the interval's better end."""
    return found.low > 1 + bound


def main() -> int:
    """Print a line a row; 1 where one is worse."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.compare", description="This tree against a commit.")
    parser.add_argument("commit", help="what to compare with, as git names it")
    parser.add_argument("--bound", type=float, default=0.05, help="how much worse is allowed (default: 0.05)")
    parser.add_argument("--quick", action="store_true", help="tiny amounts, to see that everything runs")
    asked = parser.parse_args()
    failed = 0
    try:
        with checkout(asked.commit) as tree:
            print(f"{'':40}{'here':>10}{asked.commit[:12]:>14}       ratio, 95 % interval")
            for name, unit, pairs in measured(tree, QUICK if asked.quick else Amount()):
                found = estimate(pairs)
                here, there = (float(np.median(side)) for side in zip(*pairs, strict=True))
                bad = worse(found, asked.bound)
                failed += bad
                verdict = f"worse by more than {asked.bound:.0%}" if bad else ""
                ratio = f"{found.median:.3f} [{found.low:.3f}, {found.high:.3f}]"
                print(f"{name:40}{here:>10.4g}{there:>14.4g} {unit:5} {ratio} {verdict}", flush=True)
    except (EscoreError, OSError) as error:
        print(f"benchmarks: {error}", file=sys.stderr)
        return 1
    return 1 if failed else 0


def _median(seconds: list[float]) -> float:
    return 1e3 * float(np.median(seconds))


def _git(*arguments: str) -> None:
    ended = subprocess.run(["git", *arguments], cwd=ROOT, capture_output=True, text=True, check=False)
    if ended.returncode:
        raise CommitError(f"git {arguments[0]}: {ended.stderr.strip().splitlines()[-1]}; give a commit that git knows")


if __name__ == "__main__":
    sys.exit(main())
