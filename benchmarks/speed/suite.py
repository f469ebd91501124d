"""Measure the rows, and write the result, the plots and docs/benchmarks.md.

What is measured goes into the result of this day and kind of machine, beside the rows that are there already, each with
its commit. A --quick result goes to .bench/ and only shows that everything runs.
"""

import json
import os
import sys
from collections.abc import Iterator
from functools import partial
from pathlib import Path
from types import SimpleNamespace
from typing import Annotated

import typer

from benchmarks import CACHE, ROOT, results
from benchmarks.measure import Pairs, estimate, paired
from benchmarks.results import Result, code
from benchmarks.speed import page, rows
from benchmarks.speed.bench import Bench, SkippedError
from benchmarks.speed.goals import AMOUNTS, ROWS, goal, meets_goal
from benchmarks.speed.rows import Row
from benchmarks.speed.service import service
from benchmarks.texts import Source
from escore import EscoreError


def measure(bench: Bench, name: str) -> Iterator[Row]:
    """A row that rows.toml describes in full."""
    row, amount = {"unit": "words/s", "rounds": "", "note": ""} | ROWS[name], bench.amount
    rounds = {"few": amount.few_rounds, "many": 3 * amount.rounds}.get(row["rounds"], amount.rounds)
    over, note = bench.side(row["unit"], **row["over"])
    under, other = bench.side(row["unit"], **row["under"]) if "under" in row else (lambda: 1.0, note)
    pairs = paired(over, under, rounds, warm_up=row["rounds"] != "few")
    yield name, pairs, row["note"] or (other if other.startswith(note) else f"{note}, and {other}")


MEASURES = {name: partial(measure, name=name) for name, row in ROWS.items() if "over" in row}
MEASURES |= {"flops": rows.flops, "document-memory": rows.document_memory, "service": service}
CURVES = {
    "scaling-latency": rows.latency_by_length,
    "scaling-threads": rows.speed_by_threads,
    "scaling-memory": rows.memory_by_size,
}


def main(
    names: Annotated[list[str] | None, typer.Argument(help="rows, or what their names start with; all")] = None,
    text: Path | None = None,
    cores: int = 2,
    quick: bool = False,
) -> None:
    """Speed and memory beside other tools: docs/benchmarks.md; --quick only shows that everything runs."""
    chosen = [name for name in (*MEASURES, *CURVES) if name.startswith(tuple(names or [""]))]
    available = sorted(os.sched_getaffinity(0))[:cores]
    if not chosen or len(available) < cores:
        raise EscoreError(
            f"no such rows, or fewer than {cores} cores", f"the rows are {', '.join((*MEASURES, *CURVES))}"
        )
    os.sched_setaffinity(0, available)  # children inherit it
    bench = Bench(Source(text), SimpleNamespace(**AMOUNTS["quick" if quick else "full"]), available)
    result = begin(bench, quick)
    kind = result["machine"]["kind"].lower().replace(" ", "-")
    file = CACHE / "quick.json" if quick else results.FOLDER / f"{result['date']}-{kind}.json"
    if file.exists():
        carry_over(json.loads(file.read_text("utf-8")), result)
    for name in chosen:
        print(f"speed: {name}", file=sys.stderr, flush=True)
        try:
            if name in CURVES:
                result["curves"][name.removeprefix("scaling-")] = CURVES[name](bench)
            else:
                for row in MEASURES[name](bench):
                    add(result, *row)
            result["skipped"].pop(name, None)
        except SkippedError as reason:
            result["skipped"][name] = str(reason)
        results.save(result, file)
    folder = CACHE / "quick" if quick else ROOT / "docs"
    page.write(result, folder)
    print(f"{file}\n{folder / 'benchmarks.md'}")


def begin(bench: Bench, quick: bool) -> Result:
    """A result without rows; the text is named without its folder."""
    numbers = {name: getattr(bench.amount, name) for name in ("part", "small", "large")}
    sizes = {name: f"{n / 1e6:g} MB" if n >= 1e6 else f"{n / 1e3:g} kB" for name, n in numbers.items()}
    about = {"quick": quick, "cores": len(bench.cores), "text": bench.source.path.name, "sizes": sizes}
    return results.begin() | about | {"rows": {}, "skipped": {}, "curves": {}}


def carry_over(older: Result, result: Result) -> None:
    """Keep what an older result of the same amounts, cores and text holds; each row says of which code it is."""
    if all(result[key] == older.get(key) for key in ("quick", "cores", "text")):
        result |= {key: older[key] for key in ("rows", "skipped", "curves")}
        for row in result["rows"].values():
            row.setdefault("code", code(older))
        result["command"] = f"{older['command']}\n    {result['command']}"


def add(result: Result, name: str, pairs: Pairs, note: str) -> None:
    """Add a row, with its goal and whether it is met. Values have five digits, more than is exact."""
    row, kind, ratio = ROWS[name], result["machine"]["kind"], estimate(pairs)
    sides = row["sides"] if "sides" in row else (row["over"]["peer"], row["under"]["peer"])
    title, over, under = (text.format(**result["sizes"]) for text in (row["title"], *sides))
    median, *interval = (float(f"{value:.5g}") for value in (ratio.value, ratio.low, ratio.high))
    rounded = [[float(f"{value:.5g}") for value in pair] for pair in pairs]
    row = {"title": title, "over": over, "under": under, "unit": row.get("unit", "words/s"), "pairs": rounded}
    row |= {"median": median, "interval": interval, "goal": goal(name, kind)}
    result["rows"][name] = row | {"met": meets_goal(name, ratio.value, kind), "note": note, "code": code(result)}
    print(f"speed:   {name} {median:g} {interval}", file=sys.stderr, flush=True)
