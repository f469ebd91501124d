"""docs/quality.md from a result: the template beside this file, filled in."""

from pathlib import Path
from typing import Any

from benchmarks.measure import table
from benchmarks.results import Result, versions

TEMPLATE = Path(__file__).with_name("page_template.md")
EARLIER = """Measured earlier on the same texts, and not repeated, since nothing about it has changed: {systems}
({date}; {versions}).

"""
FIGURES = {
    "three_classes": "three classes",
    "entity_f1_220": "words of entities, F1",
    "span_f1": "whole entities, F1",
    "entity_ap": "words of entities, average precision",
}
US = "escore"  # gives scores; all others give labels


def render(result: Result) -> str:
    """The page as Markdown."""
    corpora, earlier = result["corpora"], result.get("earlier", {"systems": [], "versions": {}})
    more = {"systems": ", ".join(earlier["systems"]), "versions": versions(earlier["versions"])}
    known = "spacy" in result["versions"] | earlier["versions"]
    parts = {
        "versions": versions(result["versions"]),
        "earlier": EARLIER.format_map(earlier | more) if earlier["systems"] else "",
        "table": _table(corpora),
        "behind": "\n".join(_behind(corpora)) or "Nowhere in this table.",
        "absent": "" if known else " (not in this table: no pipeline was given)",
    }
    return TEMPLATE.read_text("utf-8").format_map(result | parts)


def _table(corpora: dict[str, Any]) -> str:
    rows = [["words", "", *(f"{corpus['words']:,}" for corpus in corpora.values())]]
    for figure, title in FIGURES.items():
        columns = [_values(corpus, figure) for corpus in corpora.values()]
        for system in dict.fromkeys(name for column in columns for name in column):
            cells = ("–" if system not in c else _number(c[system], c[system] == max(c.values())) for c in columns)
            rows.append(["" if title in (row[0] for row in rows) else title, system, *cells])
    return table(["", "", *corpora], rows, numbers_from=2)


def _behind(corpora: dict[str, Any]) -> list[str]:
    """A line a figure: the columns where another system is better, and by which."""
    lines = []
    for figure, title in FIGURES.items():
        columns = []
        for label, corpus in corpora.items():
            values = _values(corpus, figure)
            if ahead := [f"{name} {_number(value)}" for name, value in values.items() if value > values.get(US, 1)]:
                columns.append(f"{label} ({', '.join(ahead)}; escore {_number(values[US])})")
        lines += [f"- {title}: {'; '.join(columns)}"] if columns else []
    return lines


def _values(corpus: dict[str, Any], figure: str) -> dict[str, float]:
    return {name: figures[figure][0] for name, figures in corpus["systems"].items() if figures[figure]}


def _number(value: float, bold: bool = False) -> str:
    number = f"{value:.3f}".removeprefix("0")
    return f"**{number}**" if bold else number
