"""The chart of the history as SVG, the same bytes for the same files."""

from pathlib import Path

import matplotlib as mpl

mpl.use("svg")
import matplotlib.pyplot as plt
from matplotlib.axes import Axes

from benchmarks.history.figures import FIGURES, QUALITY, File

COLORS = ("#b3202c", "#27548a", "#4f8a3c", "#8a6d3b", "#6b4a8a", "#222222", "#b8860b", "#5aa0a0")


def draw(history: dict[str, list[File]], path: Path) -> None:
    """A panel for each kind of machine, and one of quality."""
    plt.rcParams |= {"font.family": "sans-serif", "font.size": 10}
    count = len(history) + 1
    _, panels = plt.subplots(count, 1, figsize=(7.2, 3.6 * count), facecolor="white", squeeze=False)
    for axes, (kind, files) in zip(panels[:, 0], history.items(), strict=False):
        plot_costs(axes, kind, files)
    plot_quality(panels[-1, 0], list({file["version"]: file for files in history.values() for file in files}.values()))
    plt.tight_layout()
    with mpl.rc_context({"svg.hashsalt": "escore", "svg.fonttype": "none"}):
        plt.savefig(path, bbox_inches="tight", metadata={"Date": None})
    plt.close()


def costs(files: list[File], name: str) -> list[float]:
    """What a figure costs by version, the first being 1: the product of the ratios, each of versions in one run."""
    values = [1.0]
    for file in files[1:]:
        ratio = file["before"]["ratios"][name][0]
        values.append(values[-1] * (1 / ratio if FIGURES[name].more_is_better else ratio))
    return values


def plot_costs(axes: Axes, kind: str, files: list[File]) -> None:
    """Time, memory and size by version."""
    lines = {}
    for name, figure in ((name, figure) for name, figure in FIGURES.items() if figure.charted):
        label = figure.title.removesuffix(", one thread").removesuffix(", to the first scores")
        lines["time a word of " + label if figure.more_is_better else label] = costs(files, name)
    axes.axhline(1, color="#b8b8b8", linewidth=1)
    _plot(axes, f"what it costs on {kind}, {files[0]['version']} = 1 (lower is better)", files, lines)


def plot_quality(axes: Axes, files: list[File]) -> None:
    """Figures of quality by version."""
    nan = float("nan")
    lines = {wanted.title: [file["quality"].get(name, nan) for file in files] for name, wanted in QUALITY.items()}
    _plot(axes, "quality (higher is better)", files, lines)


def _plot(axes: Axes, title: str, files: list[File], lines: dict[str, list[float]]) -> None:
    axes.set_title(title, loc="left", fontsize=11)
    axes.spines[["top", "right"]].set_visible(False)
    axes.grid(axis="y", color="#e6e6e6")
    for color, (label, values) in zip(COLORS, lines.items(), strict=False):
        axes.plot(range(len(files)), values, color=color, marker="o", markersize=4, label=label)
    axes.set_xticks(range(len(files)), [file["version"].removeprefix("escore-") for file in files])
    axes.legend(frameon=False, loc="upper left", bbox_to_anchor=(1, 1), fontsize=9)
