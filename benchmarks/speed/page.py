"""docs/benchmarks.md from a result: the template beside this file, filled in."""

from pathlib import Path
from statistics import median

from benchmarks.measure import table
from benchmarks.results import Result, code, versions
from benchmarks.speed.goals import ROWS, goal

TEMPLATE = Path(__file__).with_name("page_template.md")
TRIAL = "**A trial of the harness with tiny amounts: no figure here means anything.**\n\n"
CAPTIONS = {
    "peers": "words a second of escore over those of its peers",
    "latency": "latency by length of the text",
    "threads": "words a second by threads",
    "memory": "peak memory by size of the text",
}


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
