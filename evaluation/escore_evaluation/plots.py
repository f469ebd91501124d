"""The reliability plot: how often words of a probability are part of an entity. Needs matplotlib."""

import math
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from matplotlib import rc_context
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from escore import EscoreError
from escore.bundle.manifest import Calibration
from escore_evaluation import metrics
from escore_evaluation.reliability import reliability_bins
from escore_evaluation.scoring import ScoredRow

_MAX_COLUMNS = 5  # panels side by side
_PANEL_SIZE = 2.4  # inches


class PlotError(EscoreError, OSError):
    """A plot that cannot be written."""


def plot_reliability(rows: Sequence[ScoredRow], table: Calibration, path: Path) -> None:
    """Draw a panel a row and a dot a bin, as large as its words, of texts that fit no table. Raises PlotError.

    Rows without entities are left out.
    """
    labels, scores = [], []
    for row in rows:
        entity_scores = row.held_out().entity_scores()
        if entity_scores[1].any():
            labels.append(row.row.label)
            scores.append(entity_scores)
    if not labels:
        raise PlotError(f"{path}: nothing to draw", "give files that label entities")
    width, height = min(_MAX_COLUMNS, len(labels)), math.ceil(len(labels) / _MAX_COLUMNS)
    figure = Figure(figsize=(width * _PANEL_SIZE, height * _PANEL_SIZE + 0.4), layout="constrained")
    grid = figure.subplots(height, width, sharex=True, sharey=True, squeeze=False)
    for label, (values, is_entity), axes in zip(labels, scores, grid.flat, strict=False):
        _draw_panel(axes, np.interp(values, table.scores, table.probabilities), is_entity)
        axes.set_title(label, fontsize=9)
    for axes in grid.flat[len(labels) :]:
        axes.set_axis_off()
    figure.supxlabel("probability that a word is part of an entity", fontsize=9)
    figure.supylabel("share of such words that are", fontsize=9)
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with rc_context({"svg.hashsalt": "escore"}):  # the same figures give the same bytes
            figure.savefig(path, metadata={"Date": None})
    except OSError as error:
        raise PlotError(f"{path}: {error.strerror}", "give another folder") from error


def _draw_panel(axes: Axes, probabilities: metrics.Floats, is_entity: metrics.Bools) -> None:
    bins = reliability_bins(probabilities, is_entity)
    sizes = np.array([group.words for group in bins])
    means, rates = [group.probability for group in bins], [group.share for group in bins]
    axes.plot([0, 1], [0, 1], color="0.7", linewidth=1, zorder=1)
    axes.plot(means, rates, color="#2b6cb0", linewidth=1, zorder=2)
    axes.scatter(means, rates, s=6 + 90 * np.sqrt(sizes / sizes.sum()), color="#2b6cb0", zorder=3, linewidth=0)
    axes.set(xlim=(-0.04, 1.04), ylim=(-0.04, 1.04), aspect="equal", xticks=[0, 0.5, 1], yticks=[0, 0.5, 1])
    axes.tick_params(labelsize=8)
