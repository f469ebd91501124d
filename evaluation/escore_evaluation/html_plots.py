"""Plots as SVG inside a page, in the page's own font and colors. Needs matplotlib."""

import io
import re
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from matplotlib import rc_context
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from escore.scale import ENTITY_MINIMUM, MAX_SCORE

# matplotlib draws with these; the page's style sheet says what the variables are, in light and in dark.
_COLORS = {"#010101": "currentColor", "#020202": "var(--first)", "#030303": "var(--second)", "#040404": "var(--third)"}
_INK, _FIRST, _SECOND, _THIRD = _COLORS
_LINES = {"precision": (_FIRST, "-"), "recall": (_SECOND, "--"), "f1": (_THIRD, ":")}
_SIZE = (4.4, 3.1)  # inches


def draw_curve(points: Sequence[Mapping[str, Any]], thresholds: Sequence[Mapping[str, Any]]) -> str:
    """Precision, recall and F1 of words by minimum score, and the best F1; arguments as in the report."""
    best = next(threshold for threshold in thresholds if threshold["is_best"])
    figure, axes = _axes("minimum score", (0, MAX_SCORE))
    minimums = [point["minimum"] for point in points]
    for name, (color, style) in _LINES.items():
        values = [np.nan if point["words"][name] is None else point["words"][name] for point in points]
        label = "F1" if name == "f1" else name
        axes.plot(minimums, values, color=color, linestyle=style, linewidth=2, label=label)
    axes.plot([best["minimum"]], [best["words"]["f1"]], "o", color=_THIRD, markersize=6)
    axes.axvline(ENTITY_MINIMUM, color=_INK, linewidth=0.8, alpha=0.4)
    axes.legend(frameon=False, labelcolor=_INK, fontsize=10, loc="lower left")
    title = f"Precision, recall and F1 by minimum score; best F1 {best['words']['f1']:.3f} at {best['minimum']:g}"
    return _svg(figure, "thresholds", title)


def draw_reliability(bins: Sequence[Mapping[str, Any]]) -> str:
    """The share of words that are part of an entity by their probability; a dot a bin, as large as its words."""
    figure, axes = _axes("probability of being part of an entity", (0, 1))
    sizes = np.array([group["words"] for group in bins])
    probabilities, shares = ([group[name] for group in bins] for name in ("probability", "share"))
    axes.plot([0, 1], [0, 1], color=_INK, linewidth=1, alpha=0.4)
    axes.plot(probabilities, shares, color=_FIRST, linewidth=1.5)
    axes.scatter(probabilities, shares, s=12 + 160 * np.sqrt(sizes / sizes.sum()), color=_FIRST, linewidth=0)
    return _svg(figure, "reliability", "Share of words that are part of an entity, by probability")


def _axes(x_label: str, x_limits: tuple[float, float]) -> tuple[Figure, Axes]:
    figure = Figure(figsize=_SIZE, layout="constrained")
    figure.patch.set_visible(False)
    axes = figure.subplots()
    axes.patch.set_visible(False)
    margin = 0.03 * x_limits[1]
    axes.set(xlim=(x_limits[0] - margin, x_limits[1] + margin), ylim=(-0.03, 1.03))
    axes.set_xlabel(x_label, color=_INK, fontsize=10)
    axes.tick_params(colors=_INK, labelsize=10, length=3)
    axes.grid(color=_INK, alpha=0.12, linewidth=0.8)
    for side, spine in axes.spines.items():
        spine.set_visible(side in ("left", "bottom"))
        spine.set_color(_INK)
    return figure, axes


def _svg(figure: Figure, name: str, title: str) -> str:
    """The figure as an SVG element with a text for those who do not see it."""
    buffer = io.StringIO()
    with rc_context({"svg.hashsalt": "escore", "svg.fonttype": "none"}):
        figure.savefig(buffer, format="svg", metadata={"Date": None, "Creator": None, "Format": None, "Type": None})
    svg = buffer.getvalue()
    svg = svg[svg.index("<svg") :]
    svg = re.sub(r"<(metadata|style).*?</\1>|<!--.*?-->", "", svg, flags=re.DOTALL)
    svg = re.sub(r'(\bid="|href="#|url\(#)', rf"\1{name}-", svg)  # ids are the page's, which has several plots
    for color, variable in _COLORS.items():
        svg = svg.replace(color, variable)
    return svg.replace("<svg ", f'<svg role="img" aria-label="{title}" ', 1)
