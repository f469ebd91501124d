"""What a personal training did, for reading: figures before and after, of held-out texts and of general ones."""

from escore_evaluation import text_figures
from escore_training.personal.train import PersonalReport


def to_table(report: PersonalReport) -> str:
    """The report as lines of text."""
    lines = [
        f"texts        {report.train_texts} to learn from, {report.held_out_texts} held out",
        f"corrections  {report.corrections} words that the starting model scores otherwise",
        f"weights      {report.averaging_weight:g} of the new ones in the mean with those of the start",
        "",
    ]
    own = None
    if report.own_before is not None and report.own_after is not None:
        own = (report.own_before, report.own_after)
    return "\n".join(lines) + "\n" + text_figures.to_table(own, (report.general_before, report.general_after))
