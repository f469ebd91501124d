"""Measure rows, and add them to the result of this day and kind of machine, docs/benchmarks.md and its plots."""

import json
import os
import sys
from functools import partial
from pathlib import Path
from types import SimpleNamespace
from typing import Annotated

import typer

from benchmarks import CACHE, ROOT, results
from benchmarks.measure import Pairs, estimate
from benchmarks.results import Result, code
from benchmarks.speed import bench, page
from benchmarks.speed.bench import Bench
from benchmarks.speed.page import AMOUNTS, ROWS, goal, meets_goal
from benchmarks.speed.service import service
from benchmarks.texts import Source
from escore import SettingError
from escore.bundle.bundle import DEFAULT
from escore.bundle.manifest import read_manifest

MEASURES = {name: partial(bench.measure, name=name) for name, row in ROWS.items() if "over" in row}
MEASURES |= {"flops": bench.flops, "document-memory": bench.document_memory, "service": service}
CURVES = {
    "scaling-latency": bench.latency_by_length,
    "scaling-threads": bench.speed_by_threads,
    "scaling-memory": bench.memory_by_size,
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
        raise SettingError(f"no such rows, or fewer than {cores} cores", f"rows: {', '.join((*MEASURES, *CURVES))}")
    os.sched_setaffinity(0, available)  # children inherit it
    shared = Bench(Source(text), SimpleNamespace(**AMOUNTS["quick" if quick else "full"]), available)
    result = begin(shared, quick)
    kind = result["machine"]["kind"].lower().replace(" ", "-")
    file = CACHE / "quick.json" if quick else results.FOLDER / f"{result['date']}-{kind}.json"
    if file.exists():
        carry_over(json.loads(file.read_text("utf-8")), result)
    for name in chosen:
        print(f"speed: {name}", file=sys.stderr, flush=True)
        try:
            if name in CURVES:
                result["curves"][name.removeprefix("scaling-")] = CURVES[name](shared)
            else:
                for row in MEASURES[name](shared):
                    add(result, *row)
            result["skipped"].pop(name, None)
        except SettingError as reason:
            result["skipped"][name] = str(reason)
        results.save(result, file)
    folder = CACHE / "quick" if quick else ROOT / "docs"
    page.write(result, folder)
    print(f"{file}\n{folder / 'benchmarks.md'}")


def begin(shared: Bench, quick: bool) -> Result:
    """A result without rows; the text is named without its folder."""
    numbers = {name: getattr(shared.amount, name) for name in ("part", "small", "large")}
    sizes = {name: f"{n / 1e6:g} MB" if n >= 1e6 else f"{n / 1e3:g} kB" for name, n in numbers.items()}
    model = read_manifest(DEFAULT).model_name
    about = {"quick": quick, "cores": len(shared.cores), "text": shared.source.path.name, "sizes": sizes}
    return results.begin() | about | {"model": model, "rows": {}, "skipped": {}, "curves": {}}


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
