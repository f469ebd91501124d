"""docs/benchmarks.md from a result: the template beside this file, filled in. Its rows and goals are in rows.toml."""

import tomllib
from pathlib import Path
from statistics import median
from typing import Any

from benchmarks.measure import table
from benchmarks.results import Result, code, versions

TABLE = tomllib.loads(Path(__file__).with_name("rows.toml").read_text("utf-8"))
AMOUNTS: dict[str, dict[str, Any]] = TABLE.pop("amounts")
CAPTIONS: dict[str, str] = TABLE.pop("captions")  # of the plots
ROWS: dict[str, dict[str, Any]] = TABLE
TEMPLATE = Path(__file__).with_name("page_template.md")
TRIAL = "**A trial of the harness with tiny amounts: no figure here means anything.**\n\n"


def goal(name: str, kind: str) -> float | None:
    """The goal of a row for a kind of machine (escore_evaluation.machine); None where there is none."""
    keys = ("at_most", "at_least_vnni", "at_least") if "with VNNI" in kind else ("at_most", "at_least")
    return next((ROWS[name][key] for key in keys if key in ROWS[name]), None)


def meets_goal(name: str, figure: float, kind: str) -> bool | None:
    """Whether a row's figure reaches its goal; None where there is none."""
    limit = goal(name, kind)
    return None if limit is None else figure <= limit if "at_most" in ROWS[name] else figure >= limit


def write(result: Result, folder: Path) -> None:
    """Write `folder`/benchmarks.md, and the plots to `folder`/benchmarks/."""
    from benchmarks.speed.plots import draw

    (folder / "benchmarks.md").write_text(render(result, draw(result, folder / "benchmarks")), "utf-8")


def render(result: Result, plots: list[str]) -> str:
    """The page as Markdown; `plots` are the names of those that there are."""
    machine, goals, values = result["machine"], [], []
    for name, row in ((name, result["rows"][name]) for name in ROWS if name in result["rows"]):
        limit, figure = goal(name, machine["kind"]), ROWS[name].get("figure", "{:.2f} ×").format
        measured, low, high = map(figure, (row["median"], *row["interval"]))
        aim = "–" if limit is None else f"{'≤' if 'at_most' in ROWS[name] else '≥'} {figure(limit)}"
        verdict = {True: "met", False: "**missed**", None: ""}[row["met"]]
        goals.append([row["title"], aim, f"{measured} [{low}, {high}]", verdict])
        sides = zip((row["over"], row["under"]), map(median, zip(*row["pairs"], strict=True)), strict=True)
        medians = [f"{side} {value:,.0f}" if value >= 1000 else f"{side} {value:.3g}" for side, value in sides if side]
        other = "" if row["code"] == code(result) else f"; {row['code']}"
        values.append([name, f"{', '.join(medians)} {row['unit']}", str(len(row["pairs"])), row["note"] + other])
    skipped = "\n".join(f"- {name}: {reason}" for name, reason in result["skipped"].items())
    parts = {
        "quick": TRIAL if result["quick"] else "",
        "memory": f", {machine['memory'] / 2**30:.0f} GiB" if machine["memory"] else "",
        "code": code(result),
        "versions": versions(machine["versions"] | result["peers"]),
        "goals": table(["what", "goal", "measured", ""], goals),
        "plots": "".join(f"![{CAPTIONS[name]}](benchmarks/{name}.svg)\n\n" for name in plots),
        "values": table(["row", "medians", "pairs", ""], values),
        "skipped": f"Not measured here:\n\n{skipped}\n\n" if skipped else "",
    }
    return TEMPLATE.read_text("utf-8").format_map(machine | result | parts)
