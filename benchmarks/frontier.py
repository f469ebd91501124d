"""How quick and how good bundles are that differ in one thing, such as their layers: a table, and a plot.

    python -m benchmarks.frontier CORPORA PLOT.svg BUNDLE...

Words a second are those of EWT dev, the median of rounds by turns, so that a slow minute slows all; a bundle is called
what its folder is called. Quality is that of three dev files, as `escore evaluate` measures it.
"""

import sys
import time
from pathlib import Path
from statistics import median

import matplotlib as mpl

mpl.use("svg")
import matplotlib.pyplot as plt

from escore import EscoreError, Scorer
from escore_evaluation.figures import compute_figures
from escore_evaluation.scoring import read_texts, score_row
from escore_evaluation.suite import suite_rows

ROWS = ("EWT dev", "GUM dev", "WNUT-17 dev")
ROUNDS = 7
FIGURES = {"three_classes": "3 classes", "entity_ap": "entity AP"}


def speeds(scorers: dict[str, Scorer], texts: list[str]) -> dict[str, float]:
    """Words a second by name: the median of rounds, in each of which all have their turn."""
    found: dict[str, list[float]] = {name: [] for name in scorers}
    for number in range(-1, ROUNDS):
        for name, scorer in scorers.items():
            started = time.perf_counter()
            words = sum(len(document.scores) for document in scorer.stream(texts))
            if number >= 0:  # the first round warms up
                found[name].append(words / (time.perf_counter() - started))
    return {name: median(values) for name, values in found.items()}


def measure(corpora: Path, folders: list[str]) -> list[dict[str, str | float]]:
    """A row a bundle: name, words/s, and figures by corpus. Raises CorpusError, and what Scorer raises."""
    rows = [row for row in suite_rows(corpora)[0] if row.label in ROWS]
    scorers = {Path(folder).name: Scorer(folder) for folder in folders}
    quick = speeds(scorers, [gold.text for gold in read_texts(rows[0].files).texts])
    found: list[dict[str, str | float]] = []
    for name, scorer in scorers.items():
        line: dict[str, str | float] = {"bundle": name, "words/s": quick[name]}
        for row in rows:
            figures = compute_figures(score_row(scorer, row), None, 0, 1)
            for field, title in FIGURES.items():
                if (value := getattr(figures, field)) is not None:
                    line[f"{row.label}, {title}"] = value.value
        found.append(line)
    return found


def draw(found: list[dict[str, str | float]], path: Path) -> None:
    """A panel a figure: words/s to the right, quality upwards, so that up and right is better."""
    titles = [title for title in found[0] if title not in ("bundle", "words/s")]
    figure, panels = plt.subplots(1, len(titles), figsize=(2.6 * len(titles), 2.8), layout="constrained", squeeze=False)
    for axes, title in zip(panels[0], titles, strict=True):
        across, up = ([float(line[key]) for line in found] for key in ("words/s", title))
        axes.plot([x / 1000 for x in across], up, "o", color="#b3202c")
        for line, x, y in zip(found, across, up, strict=True):
            axes.annotate(line["bundle"], (x / 1000, y), (4, 4), textcoords="offset points", fontsize=8)
        axes.set_title(title, loc="left", fontsize=9)
        axes.spines[["top", "right"]].set_visible(False)
        axes.tick_params(labelsize=8)
        axes.margins(0.3)
        axes.locator_params(nbins=5)
    figure.supxlabel("thousand words a second", fontsize=9)
    with mpl.rc_context({"svg.hashsalt": "escore"}):  # the same figures give the same bytes
        figure.savefig(path, metadata={"Date": None})


def main() -> int:
    """Print the table as Markdown and draw the plot; 1 where something is missing."""
    if len(sys.argv) < 4:
        print("frontier: give the folder of the corpora, a file for the plot, and bundles", file=sys.stderr)
        return 2
    corpora, plot, *folders = sys.argv[1:]
    try:
        found = measure(Path(corpora), folders)
        draw(found, Path(plot))
    except (EscoreError, OSError) as error:
        print(f"frontier: {error}", file=sys.stderr)
        return 1
    print("| " + " | ".join(found[0]) + " |\n" + "|---" * len(found[0]) + "|")
    for line in found:
        cells = [f"{v:,.0f}" if k == "words/s" else v if isinstance(v, str) else f"{v:.3f}" for k, v in line.items()]
        print("| " + " | ".join(cells) + " |")
    return 0


if __name__ == "__main__":
    sys.exit(main())
