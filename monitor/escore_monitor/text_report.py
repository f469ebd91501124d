"""A report as plain text."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from escore.printable import printable
from escore_labels.notes import count
from escore_monitor.report import Report

SECTIONS = {
    "top": "Most mentioned",
    "new": "New (* more than chance explains)",
    "rising": "Rising",
    "falling": "Falling",
}
_NAME = 40  # characters of a column of names
_VARIANTS = 4


def to_text(report: Report) -> str:
    """Lines for a terminal, the verdict first."""
    return "".join(f"{line.rstrip()}\n" for line in _lines(report))


def _lines(report: Report) -> Iterator[str]:
    yield f"Verdict: {report['verdict']}"
    yield ""
    yield f"{'Window':10} {span_line(report['window'])}"
    yield f"{'Reference':10} {span_line(report['reference'])}"
    yield f"{'Model':10} {printable(report['model'])}"
    if len(report["models"]) > 1:
        yield f"{'':10} {other_models(report)}"
    for name, title in SECTIONS.items():
        yield ""
        yield from _section(title, report[name], is_new=name == "new", is_change=name in ("rising", "falling"))
    yield ""
    yield from _drift(report["drift"])


def span_line(span: Mapping[str, Any]) -> str:
    """What is known of a span of days, in one line."""
    return (
        f"{span['first']} to {span['last']}: {count(span['documents'], 'document')} on "
        f"{count(span['days_with_documents'], 'day')}, {count(span['mentions'], 'mention')}"
    )


def other_models(report: Report) -> str:
    """Which models' counts stand in where the report's own scored nothing."""
    others = (
        f"{printable(name)} on {count(counts['days'], 'day')}"
        for name, counts in report["models"].items()
        if name != report["model"]
    )
    return f"counts of entities also from {', '.join(others)}; drift is of {printable(report['model'])} alone"


def _section(title: str, rows: Sequence[Mapping[str, Any]], *, is_new: bool, is_change: bool) -> Iterator[str]:
    if not rows:
        yield f"{title}: none"
        return
    yield title
    columns = "documents  expected" if not is_change else "documents  expected  when"
    yield f"  {'entity':{_NAME}}  {columns}" + ("" if is_change else "  score")
    for row in rows:
        sign = "*" if is_new and row["change"] else " "
        change = row["change"] if is_change else row
        expected = "–" if change["expected"] is None else f"{change['expected']:.1f}"
        line = f"{sign} {_cut(name_of(row)):{_NAME}}  {change['documents']:9,}  {expected:>8}"
        if is_change:
            line += f"  {when(change)}"
        else:
            line += f"  {row['score']:5.0f}" if row["score"] is not None else "      –"
        yield line + variants_of(row)


def name_of(row: Mapping[str, Any]) -> str:
    """The entity, with its kind where one is known."""
    return printable(row["entity"]) + (f" ({row['kind']})" if row["kind"] else "")


def variants_of(row: Mapping[str, Any]) -> str:
    """Other spellings, the most frequent first."""
    others = [printable(variant["text"]) for variant in row["variants"][1:]]
    more = f", {len(others) - _VARIANTS} more" if len(others) > _VARIANTS else ""
    return f"  also {', '.join(others[:_VARIANTS])}{more}" if others else ""


def when(change: Mapping[str, Any]) -> str:
    """The day, or days, of a change."""
    return change["last"] if change["first"] == change["last"] else f"{change['first']} to {change['last']}"


def _drift(rows: Sequence[Mapping[str, Any]]) -> Iterator[str]:
    if not rows:
        yield "Drift: not judged"
        return
    yield "Drift"
    yield f"  {'signal':11}{'before':>8}{'after':>8}{'PSI':>8}{'KS':>8}{'p':>10}  clearest"
    for row in rows:
        cells = [_number(row[name]) for name in ("before", "after", "psi", "ks")]
        sign = "*" if row["is_drift"] else " "
        yield f"{sign} {row['signal']:11}{''.join(f'{cell:>8}' for cell in cells)}{row['p']:>10.2g}  {when(row)}"
    yield "  * drifts: p up to .003, and PSI from .10 or KS from .05 on, or a share that fell by .05"


def _number(value: float | None) -> str:
    return "–" if value is None else f"{value:.2f}"


def _cut(text: str) -> str:
    return text if len(text) <= _NAME else f"{text[: _NAME - 1]}…"
