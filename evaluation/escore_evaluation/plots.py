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
from escore_evaluation.evaluate import Scored

_WIDE = 5  # panels side by side, at most
_SIZE = 2.4  # of a panel, in inches


class PlotError(EscoreError, OSError):
    """A plot that cannot be written."""


def reliability(several: Sequence[Scored], table: Calibration, path: Path) -> None:
    """Draw a panel a row, a dot a bin, as large as its words, of texts that fitted no table. Raises PlotError.

    Niculescu-Mizil and Caruana 2005. Rows that name no entity are left out.
    """
    panels = [(scored, compared) for scored in several if (compared := scored.judged()).ranking()[1].any()]
    if not panels:
        raise PlotError(f"{path}: nothing to draw; give files that label entities")
    wide, high = min(_WIDE, len(panels)), math.ceil(len(panels) / _WIDE)
    figure = Figure(figsize=(wide * _SIZE, high * _SIZE + 0.4), layout="constrained")
    grid = figure.subplots(high, wide, sharex=True, sharey=True, squeeze=False)
    for (scored, compared), axes in zip(panels, grid.flat, strict=False):
        scores, entity = compared.ranking()
        _panel(axes, np.interp(scores, table.scores, table.probabilities), entity)
        axes.set_title(scored.row.label, fontsize=9)
    for axes in grid.flat[len(panels) :]:
        axes.set_axis_off()
    figure.supxlabel("probability that a word is part of an entity", fontsize=9)
    figure.supylabel("share of such words that are", fontsize=9)
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with rc_context({"svg.hashsalt": "escore"}):  # the same figures give the same bytes
            figure.savefig(path, metadata={"Date": None})
    except OSError as error:
        raise PlotError(f"{path}: {error.strerror}; give another folder") from error


def _panel(axes: Axes, probabilities: metrics.Floats, entity: metrics.Bools) -> None:
    bins = metrics.bin_of(probabilities)
    sizes = np.bincount(bins, minlength=metrics.BINS)
    there = sizes > 0
    means, rates = (
        np.bincount(bins, values, minlength=metrics.BINS)[there] / sizes[there] for values in (probabilities, entity)
    )
    axes.plot([0, 1], [0, 1], color="0.7", linewidth=1, zorder=1)
    axes.plot(means, rates, color="#2b6cb0", linewidth=1, zorder=2)
    axes.scatter(means, rates, s=6 + 90 * np.sqrt(sizes[there] / sizes.sum()), color="#2b6cb0", zorder=3, linewidth=0)
    axes.set(xlim=(-0.04, 1.04), ylim=(-0.04, 1.04), aspect="equal", xticks=[0, 0.5, 1], yticks=[0, 0.5, 1])
    axes.tick_params(labelsize=8)
