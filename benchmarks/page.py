"""docs/benchmarks.md and its plots, made of one result.

python -m benchmarks.page RESULT.json
"""

import sys
from pathlib import Path
from statistics import median
from typing import Any

from benchmarks import results
from benchmarks.goals import GOALS
from benchmarks.worker import ROOT

CAPTIONS = {
    "peers": "words a second of escore over those of its peers",
    "latency": "latency by length of the text",
    "threads": "words a second by threads",
    "memory": "peak memory by size of the text",
}

ABOUT = """Each row is two things measured by turns in one session, after their scores were found to agree; the figure
is the median of the pairs' ratios, and in brackets its 95 % confidence interval (bootstrap over the pairs). Everything
runs on the same {cores} cores, each contestant in a process of its own, with the threads that it chooses. Texts are cut
from `{text}`. The page is made by `make bench` of a file in `benchmarks/results/`, which holds every run's value."""


def write(result: dict[str, Any], folder: Path) -> None:
    """Write `folder`/benchmarks.md, and the plots to `folder`/benchmarks/."""
    from benchmarks import plots

    drawn = plots.draw(result, folder / "benchmarks")
    (folder / "benchmarks.md").write_text(render(result, [path.name for path in drawn.values()]), "utf-8")


def render(result: dict[str, Any], drawn: list[str]) -> str:
    """The page as Markdown; `drawn` are the names of the plots that there are."""
    pictures = [f"![{CAPTIONS[Path(name).stem]}](benchmarks/{name})" for name in drawn]
    parts = [_head(result), _goals(result), *pictures, _values(result), _skipped(result), FOOT]
    return "\n\n".join(part for part in parts if part) + "\n"


def _head(result: dict[str, Any]) -> str:
    machine = result["machine"]
    memory = f", {machine['memory'] / 2**30:.0f} GiB" if machine["memory"] else ""
    versions = ", ".join(
        f"{name} {number}" for name, number in (machine["versions"] | result["peers"]).items() if number
    )
    quick = (
        "**A trial of the harness with tiny amounts: no figure here means anything.**\n\n" if result["quick"] else ""
    )
    return (
        f"# Benchmarks\n\n{quick}{result['date']}, {machine['processor']} ({machine['kind']}), {result['cores']} cores"
        f"{memory}, {machine['system']}; {results.code(result)}, where a row names no other. {versions}.\n\n"
        f"    {result['command']}\n\n"
        f"{ABOUT.format(cores=result['cores'], text=result['text'])}"
    )


def _goals(result: dict[str, Any]) -> str:
    lines = ["## Goals", "", "| what | goal | measured | |", "|---|---|---|---|"]
    for name, row in _rows(result):
        goal = GOALS[name]
        low, high = (goal.figure.format(value) for value in row["interval"])
        verdict = {True: "met", False: "**missed**", None: ""}[row["met"]]
        measured = f"{goal.figure.format(row['median'])} [{low}, {high}]"
        lines.append(f"| {row['title']} | {goal.words(result['machine']['kind'])} | {measured} | {verdict} |")
    return "\n".join(lines)


def _values(result: dict[str, Any]) -> str:
    """What the ratios are made of: the median of both sides."""
    lines = ["## What was measured", "", "| row | medians | pairs | |", "|---|---|---|---|"]
    for name, row in _rows(result):
        over, under = zip(*row["pairs"], strict=True)
        sides = f"{row['over']} {_figure(median(over))}"
        if row["under"]:
            sides += f", {row['under']} {_figure(median(under))}"
        code = "" if row["code"] == results.code(result) else f"; {row['code']}"
        lines.append(f"| {name} | {sides} {row['unit']} | {len(over)} | {row['note']}{code} |")
    return "\n".join(lines)


def _skipped(result: dict[str, Any]) -> str:
    if not result["skipped"]:
        return ""
    return "Not measured here:\n\n" + "\n".join(f"- {name}: {why}" for name, why in result["skipped"].items())


FOOT = """## How

- **How good** escore is beside spaCy stands in [quality.md](quality.md), of the model that ships.
- **The original way**: torch in fp32, one sentence at a time, its words tokenized one by one, padded to 192 tokens.
- **roberta-base** has that model's size and random weights, since speed does not depend on what they say.
- **transformers' and optimum's pipelines** run with no aggregation; transformers, in fp32, with the quickest of the
  batch sizes 1, 4, 8 and 16, optimum one text at a time, as by default, and with its quickest too. optimum and plain
  onnxruntime run the very graph of escore's bundle, with the session options that they have by default.
- **Model FLOP/s** counts the matrix products only, by the formula in `benchmarks/flops.py`; the peak is the quicker of
  numpy and torch at products of 2048 by 2048 on the same cores in the same minutes.
- **The service** is `escore serve` as it starts by default. Its peer is Flask around transformers' pipeline on the same
  weights, behind waitress with its four threads; it answers the pipeline's tokens, and gives it long texts in pieces of
  100 words, since the pipeline would cut them off. Both run all the time, one is asked at a time, by clients in a
  process of their own on the same cores.
- **Memory** is the peak of resident memory that another process sees. A text with one emoji in it takes four bytes a
  character in Python."""


def _rows(result: dict[str, Any]) -> list[tuple[str, dict[str, Any]]]:
    """In the order of the goals, whatever was measured first."""
    return [(name, result["rows"][name]) for name in GOALS if name in result["rows"]]


def _figure(value: float) -> str:
    return f"{value:,.0f}" if value >= 1000 else f"{value:.3g}"


if __name__ == "__main__":
    write(results.load(Path(sys.argv[1])), ROOT / "docs")
