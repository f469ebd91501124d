"""What a personal training did, for reading: figures before and after, of held-out texts and of general ones."""

from dataclasses import fields

from escore_training.personal.measure import TextFigures
from escore_training.personal.train import PersonalReport

_NAMES = {
    "classes": "3 classes",
    "ap": "entity AP",
    "f1": "entity F1 at 220",
    "span_f1": "whole entities F1",
    "rank_correlation": "rank correlation",
}


def to_table(report: PersonalReport) -> str:
    """The report as lines of text."""
    lines = [
        f"texts        {report.train_texts} to learn from, {report.held_out_texts} held out",
        f"corrections  {report.corrections} words that the starting model scores otherwise",
        f"weights      {report.averaging_weight:g} of the new ones in the mean with those of the start",
        "",
        f"{'':<31}{'before':>8}{'after':>8}",
    ]
    if report.own_before is not None and report.own_after is not None:
        lines += _rows(f"own, {report.own_before.words} words", report.own_before, report.own_after)
    else:
        lines.append("own: no text is held out; about 20 texts are needed for a figure")
    lines += _rows(f"general, {report.general_before.words} words", report.general_before, report.general_after)
    return "\n".join(lines) + "\n"


def _rows(title: str, before: TextFigures, after: TextFigures) -> list[str]:
    rows: list[str] = []
    for name in (field.name for field in fields(TextFigures) if field.name in _NAMES):
        first, second = getattr(before, name), getattr(after, name)
        if first is not None and second is not None:
            rows.append(f"{title if not rows else '':<20}  {_NAMES[name]:<18}{first:>7.3f}{second:>8.3f}")
    return rows
