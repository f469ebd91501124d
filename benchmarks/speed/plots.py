"""The plots of a result as SVG, the same bytes for the same result."""

from pathlib import Path
from statistics import median
from typing import Any

import matplotlib as mpl

mpl.use("svg")
import matplotlib.pyplot as plt
from matplotlib.axes import Axes

from benchmarks.results import Result
from benchmarks.speed.page import ROWS

RED, BLUE, GRAY = "#b3202c", "#27548a", "#b8b8b8"
COLORS = {"escore": RED, "transformers pipeline": BLUE, "lines": RED, "one document": BLUE}
COLORS |= {"optimum pipeline": "#4f8a3c", "plain onnxruntime": "#8a6d3b"}


def draw(result: Result, folder: Path) -> list[str]:
    """Draw what the result has the figures for, to NAME.svg in `folder`; the names."""
    folder.mkdir(parents=True, exist_ok=True)
    bars = {name: result["rows"][name] for name, row in ROWS.items() if "bar" in row and name in result["rows"]}
    values = result["curves"] | {"peers": bars}
    plt.rcParams |= {"font.family": "sans-serif", "font.size": 10}
    names = [name for name in PLOTS if values.get(name)]
    for name in names:
        PLOTS[name](values[name])
        with mpl.rc_context({"svg.hashsalt": "escore", "svg.fonttype": "none"}):
            plt.savefig(folder / f"{name}.svg", bbox_inches="tight", metadata={"Date": None}, dpi=110)
        plt.close()
    return names


def _axes(title: str, height: float = 3.6, x: str = "", y: str = "") -> Axes:
    _, axes = plt.subplots(figsize=(7.2, height), facecolor="white")
    axes.set_title(title, loc="left", fontsize=11)
    axes.spines[["top", "right"]].set_visible(False)
    axes.set(xlabel=x, ylabel=y)
    if y:
        axes.grid(axis="y", color="#e6e6e6")
    return axes


def plot_peers(rows: dict[str, Any]) -> None:
    """How many times as fast as each peer, on a logarithmic axis, with the goal of each as a line."""
    title = "escore's words a second over theirs (whisker: 95 %; line: goal, grey where missed)"
    axes, names = _axes(title, 1 + 0.4 * len(rows)), list(rows)[::-1]
    for place, row in enumerate(rows[name] for name in names):
        (low, high), middle, goal = row["interval"], row["median"], row["goal"]
        color, whisker = RED if goal is None or row["met"] else GRAY, [[middle - low], [high - middle]]
        axes.barh(place, middle, 0.55, color=color, xerr=whisker, ecolor="#444444", capsize=3)
        axes.text(1.1 * max(high, goal or 0), place, f"{middle:.3g} ×", va="center")
        if goal is not None:
            axes.plot([goal, goal], [place - 0.4, place + 0.4], color="#222222", linewidth=2)
    axes.set_xscale("log")
    axes.axvline(1, color=GRAY, linewidth=1)
    axes.set_xlim(min(0.8, 0.8 * min(row["interval"][0] for row in rows.values())))
    axes.margins(x=0.15)
    axes.set_yticks(range(len(names)), [ROWS[name]["bar"] for name in names])
    axes.xaxis.set_major_formatter("{x:g}")


def plot_latency(curve: dict[str, dict[str, list[float]]]) -> None:
    """Milliseconds by words, a color a tool."""
    title = "latency of one text, default model (line: 50th percentile; dashed: 99th)"
    axes = _axes(title, x="words", y="milliseconds")
    for name, points in curve.items():
        lengths = [int(length) for length in points]
        for label, style, values in zip((name, None), ("-", "--"), zip(*points.values(), strict=True), strict=True):
            axes.plot(lengths, values, style, color=COLORS[name], marker="o", markersize=3, label=label)
    axes.set_xscale("log", base=2)
    axes.set(yscale="log", xticks=lengths, xticklabels=lengths)
    axes.minorticks_off()
    axes.yaxis.set_major_formatter("{x:g}")
    axes.legend(frameon=False, loc="upper left", bbox_to_anchor=(1, 1))


def plot_threads(curve: dict[str, list[float]]) -> None:
    """Words a second by threads, beside what would be linear."""
    title = "words a second by threads, default model (dots: runs; dashed: linear)"
    axes = _axes(title, x="threads, a core each", y="words/s")
    medians = {int(number): median(values) for number, values in curve.items()}
    for number, values in curve.items():
        axes.plot([int(number)] * len(values), values, "o", color=RED, alpha=0.4, markersize=4)
    axes.plot(*zip(*medians.items(), strict=True), color=RED, label="escore")
    axes.plot(list(medians), [medians[1] * number for number in medians], "--", color=GRAY)
    axes.set(xticks=list(medians), ylim=(0, None))
    axes.yaxis.set_major_formatter("{x:,.0f}")


def plot_memory(curve: dict[str, dict[str, float]]) -> None:
    """Peak megabytes by megabytes of text."""
    axes = _axes("peak memory of `escore run` by size of the text", x="MB of text", y="MB of memory")
    for name, points in curve.items():
        sizes = [int(size) / 1e6 for size in points]
        label = "--lines" if name == "lines" else name
        axes.plot(sizes, list(points.values()), color=COLORS[name], marker="o", markersize=4, label=label)
    axes.set_xscale("log")
    axes.set_ylim(0, 1.15 * max(max(points.values()) for points in curve.values()))
    axes.set_xticks(sizes, [f"{size:.2g}" for size in sizes])
    axes.minorticks_off()
    axes.legend(frameon=False)


PLOTS = {"peers": plot_peers, "latency": plot_latency, "threads": plot_threads, "memory": plot_memory}
