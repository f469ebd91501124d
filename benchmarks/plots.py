"""The plots of a result as SVG, the same bytes for the same result."""

from pathlib import Path
from statistics import median
from typing import Any

import matplotlib as mpl

mpl.use("svg")
import matplotlib.pyplot as plt
from matplotlib.axes import Axes
from matplotlib.figure import Figure

SALT = "escore"
COLOURS = {
    "escore": "#b3202c",
    "transformers pipeline": "#27548a",
    "optimum pipeline": "#4f8a3c",
    "plain onnxruntime": "#8a6d3b",
    "lines": "#b3202c",
    "one document": "#27548a",
}
GREY, GOAL = "#b8b8b8", "#222222"
BARS = {
    "base-original": "roberta-base: original way",
    "base-pipeline": "roberta-base: transformers pipeline",
    "base-optimum-16": "roberta-base: optimum, 16 words",
    "base-optimum-16-batch": "roberta-base: optimum, 16 words, best batch",
    "base-optimum-100": "roberta-base: optimum, 100 words",
    "base-optimum-100-batch": "roberta-base: optimum, 100 words, best batch",
    "base-plain": "roberta-base: plain onnxruntime",
    "default-original": "default: original way, roberta-base",
    "default-spacy": "default: spaCy, one process",
    "default-spacy-processes": "default: spaCy, a process a core",
}


def draw(result: dict[str, Any], folder: Path, png: bool = False) -> dict[str, Path]:
    """Draw what the result has the figures for; the files by name. `png` draws pictures to look at instead."""
    folder.mkdir(parents=True, exist_ok=True)
    curves = result["curves"]
    figures: dict[str, Figure] = {}
    if any(name in result["rows"] for name in BARS):
        figures["peers"] = _peers(result["rows"])
    if "latency" in curves:
        figures["latency"] = _latency(curves["latency"])
    if "threads" in curves:
        figures["threads"] = _threads(curves["threads"])
    if "memory" in curves:
        figures["memory"] = _memory(curves["memory"])
    files = {}
    for name, figure in figures.items():
        files[name] = folder / f"{name}.{'png' if png else 'svg'}"
        with mpl.rc_context({"svg.hashsalt": SALT, "svg.fonttype": "none"}):
            figure.savefig(files[name], bbox_inches="tight", metadata=None if png else {"Date": None}, dpi=110)
        plt.close(figure)
    return files


def _axes(title: str, height: float = 3.6) -> tuple[Figure, Axes]:
    plt.rcParams |= {"font.family": "sans-serif", "font.size": 10}
    figure, axes = plt.subplots(figsize=(7.2, height))
    figure.patch.set_facecolor("white")
    axes.set_title(title, loc="left", fontsize=11)
    axes.spines[["top", "right"]].set_visible(False)
    return figure, axes


def _peers(rows: dict[str, Any]) -> Figure:
    """How many times as fast as each peer, on a logarithmic axis, with the goal of each as a line."""
    shown = [name for name in BARS if name in rows][::-1]
    title = "escore's words a second over theirs (whisker: 95 %; line: goal, grey where missed)"
    figure, axes = _axes(title, 1 + 0.4 * len(shown))
    for place, name in enumerate(shown):
        row = rows[name]
        (low, high), middle, goal = row["interval"], row["median"], row["goal"]
        colour = COLOURS["escore"] if goal is None or row["met"] else GREY
        axes.barh(
            place, middle, 0.55, color=colour, xerr=[[middle - low], [high - middle]], ecolor="#444444", capsize=3
        )
        axes.text(1.1 * max(high, goal or 0), place, f"{middle:.3g} ×", va="center")
        if goal is not None:
            axes.plot([goal, goal], [place - 0.4, place + 0.4], color=GOAL, linewidth=2)
    axes.set_xscale("log")
    axes.axvline(1, color=GREY, linewidth=1)
    axes.set_xlim(min(0.8, 0.8 * min(rows[name]["interval"][0] for name in shown)))
    axes.margins(x=0.15)
    axes.set_yticks(range(len(shown)), [BARS[name] for name in shown])
    axes.xaxis.set_major_formatter("{x:g}")
    return figure


def _latency(curve: dict[str, dict[str, list[float]]]) -> Figure:
    figure, axes = _axes("latency of one text, default model (line: 50th percentile; dashed: 99th)")
    for name, points in curve.items():
        lengths = [int(length) for length in points]
        for place, style in enumerate(("-", "--")):
            values = [pair[place] for pair in points.values()]
            label = name if style == "-" else None
            axes.plot(lengths, values, style, color=COLOURS[name], marker="o", markersize=3, label=label)
    axes.set_xscale("log", base=2)
    axes.set_yscale("log")
    axes.set_xticks(lengths, list(map(str, lengths)))
    axes.minorticks_off()
    axes.yaxis.set_major_formatter("{x:g}")
    axes.set_xlabel("words")
    axes.set_ylabel("milliseconds")
    axes.grid(axis="y", color="#e6e6e6")
    axes.legend(frameon=False, loc="upper left", bbox_to_anchor=(1, 1))
    return figure


def _threads(curve: dict[str, list[float]]) -> Figure:
    figure, axes = _axes("words a second by threads, default model (dots: runs; dashed: linear)")
    medians = [median(values) for values in curve.values()]
    numbers = [int(number) for number in curve]
    for number, values in zip(numbers, curve.values(), strict=True):
        axes.plot([number] * len(values), values, "o", color=COLOURS["escore"], alpha=0.4, markersize=4)
    axes.plot(numbers, medians, color=COLOURS["escore"], label="escore")
    axes.plot(numbers, [medians[0] * number for number in numbers], "--", color=GREY)
    axes.set_xticks(numbers)
    axes.set_ylim(0)
    axes.set_xlabel("threads, a core each")
    axes.set_ylabel("words/s")
    axes.yaxis.set_major_formatter("{x:,.0f}")
    axes.grid(axis="y", color="#e6e6e6")
    return figure


def _memory(curve: dict[str, dict[str, float]]) -> Figure:
    figure, axes = _axes("peak memory of `escore run` by size of the text")
    for name, points in curve.items():
        label = "--lines" if name == "lines" else name
        sizes = [int(size) / 1e6 for size in points]
        axes.plot(sizes, list(points.values()), color=COLOURS[name], marker="o", markersize=4, label=label)
    axes.set_xscale("log")
    axes.set_ylim(0, 1.15 * max(max(points.values()) for points in curve.values()))
    axes.set_xticks(sizes, [f"{size:.2g}" for size in sizes])
    axes.minorticks_off()
    axes.set_xlabel("MB of text")
    axes.set_ylabel("MB of memory")
    axes.grid(axis="y", color="#e6e6e6")
    axes.legend(frameon=False)
    return figure
