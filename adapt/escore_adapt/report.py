"""What an adaptation did, as figures and for reading."""

from dataclasses import dataclass

from escore_evaluation import text_figures
from escore_evaluation.text_figures import TextFigures


@dataclass(frozen=True, slots=True)
class AdaptReport:
    """Texts, corrected words, the strength that was chosen (0..1), figures before and after, and seconds.

    own_before, own_after are None where no text is held out.
    """

    train_texts: int
    held_out_texts: int
    corrections: int
    strength: float
    own_before: TextFigures | None
    own_after: TextFigures | None
    general_before: TextFigures
    general_after: TextFigures
    seconds: float


def to_table(report: AdaptReport) -> str:
    """The report as lines of text."""
    lines = [
        f"texts        {report.train_texts} to learn from, {report.held_out_texts} held out",
        f"corrections  {report.corrections} words that the model scores otherwise",
        f"strength     {report.strength:g} of the change",
        "",
    ]
    own = text_figures.before_and_after(report.own_before, report.own_after)
    return "\n".join(lines) + "\n" + text_figures.to_table(own, (report.general_before, report.general_after))
