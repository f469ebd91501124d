"""What a personal training did: figures before and after, of held-out texts and of general ones."""

import json
from dataclasses import dataclass
from pathlib import Path

import msgspec

from escore_evaluation import text_figures
from escore_evaluation.text_figures import TextFigures


@dataclass(frozen=True, slots=True)
class PersonalReport:
    """What a personal training did: texts, corrected words, the averaging weight, figures before and after.

    own_before, own_after are None where no text is held out.
    """

    train_texts: int
    held_out_texts: int
    corrections: int
    averaging_weight: float
    own_before: TextFigures | None
    own_after: TextFigures | None
    general_before: TextFigures
    general_after: TextFigures
    seconds: float


def to_table(report: PersonalReport) -> str:
    """The report as lines of text."""
    lines = [
        f"texts        {report.train_texts} to learn from, {report.held_out_texts} held out",
        f"corrections  {report.corrections} words that the starting model scores otherwise",
        f"new weights  a share of {report.averaging_weight:g}; the rest is the start's",
        "",
    ]
    own = text_figures.before_and_after(report.own_before, report.own_after)
    return "\n".join(lines) + "\n" + text_figures.to_table(own, (report.general_before, report.general_after))


def read_report(output: Path, digest: str) -> PersonalReport | None:
    """The report of a checkpoint that a training with the same inputs wrote; None where there is none."""
    try:
        notes = json.loads((output / "training.json").read_bytes())
        return msgspec.convert(notes["report"], PersonalReport) if notes.get("inputs_sha256") == digest else None
    except (OSError, ValueError, TypeError, KeyError, AttributeError, msgspec.ValidationError):
        return None
