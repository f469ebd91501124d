"""How fast and how good bundles are that differ in one thing, such as their layers: a table, and a plot."""

from functools import partial
from pathlib import Path
from statistics import median

import matplotlib as mpl

mpl.use("svg")
import matplotlib.pyplot as plt

from benchmarks.measure import in_turn, seconds, table
from escore import Scorer
from escore_evaluation.calibration import Tables
from escore_evaluation.figures import compute_figures
from escore_evaluation.scoring import read_texts, score_row
from escore_evaluation.suite import suite_rows

ROWS, ROUNDS = ("EWT dev", "GUM dev", "WNUT-17 dev"), 7
FIGURES = {"three_classes": "3 classes", "entity_ap": "entity AP"}


def measure(corpora: Path, bundles: list[Path]) -> dict[str, dict[str, float]]:
    """By name of a bundle: words/s, and figures by corpus. Raises CorpusError, and what Scorer raises."""
    rows = [row for row in suite_rows(corpora)[0] if row.label in ROWS]
    scorers = {bundle.name: Scorer(bundle) for bundle in bundles}
    texts = [text.text for text in read_texts(rows[0].files).texts]
    words = sum(len(document.scores) for document in next(iter(scorers.values())).stream(texts))
    passes = {name: partial(seconds, lambda s=scorer: list(s.stream(texts))) for name, scorer in scorers.items()}
    points = {name: {"words/s": words / median(times)} for name, times in in_turn(passes, ROUNDS).items()}
    for name, scorer in scorers.items():
        for row in rows:
            figures = compute_figures(score_row(scorer, row), Tables(), 0, 1)
            values = {f"{row.label}, {title}": getattr(figures, field) for field, title in FIGURES.items()}
            points[name] |= {title: value.value for title, value in values.items() if value is not None}
    return points


def draw(points: dict[str, dict[str, float]], path: Path) -> None:
    """A panel a figure: words/s to the right, quality upward, so that up and right is better."""
    _, *titles = next(iter(points.values()))
    figure, panels = plt.subplots(1, len(titles), figsize=(2.6 * len(titles), 2.8), layout="constrained", squeeze=False)
    for axes, title in zip(panels[0], titles, strict=True):
        places = {name: (values["words/s"] / 1000, values[title]) for name, values in points.items()}
        axes.plot(*zip(*places.values(), strict=True), "o", color="#b3202c")
        for name, place in places.items():
            axes.annotate(name, place, (4, 4), textcoords="offset points", fontsize=8)
        axes.set_title(title, loc="left", fontsize=9)
        axes.spines[["top", "right"]].set_visible(False)
        axes.tick_params(labelsize=8)
        axes.margins(0.3)
        axes.locator_params(nbins=5)
    figure.supxlabel("thousand words a second", fontsize=9)
    with mpl.rc_context({"svg.hashsalt": "escore"}):  # the same figures give the same bytes
        figure.savefig(path, metadata={"Date": None})


def main(corpora: Path, plot: Path, bundles: list[Path]) -> None:
    """Speed against quality of several BUNDLES, each called what its folder is: docs/decisions.md."""
    points = measure(corpora, bundles)
    draw(points, plot)
    rows = ([name, *(f"{v:,.0f}" if v > 1 else f"{v:.3f}" for v in values.values())] for name, values in points.items())
    print(table(["bundle", *next(iter(points.values()))], rows))
