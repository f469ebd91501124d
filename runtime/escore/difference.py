"""How far two lists of scores lie apart, and how far the scores of an exported bundle may lie from its checkpoint's."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from escore.scale import Mark


@dataclass(frozen=True, slots=True)
class ScoreDifference:
    """Differences of the scores of `words` words, on the scale of 0..300.

    mean, p99, max: mean, 99th percentile and maximum of the absolute differences.
    marks_changed: how many words change their mark, as a share (0..1).
    """

    words: int
    mean: float
    p99: float
    max: float
    marks_changed: float


@dataclass(frozen=True, slots=True)
class Gates:
    """The largest difference that an export accepts: mean and 99th percentile (of 300), share of changed marks."""

    mean: float
    p99: float
    marks_changed: float


# Default gates by precision. fp32 bundles must also stay within FP32_MAX on every word.
GATES = {"int8": Gates(1.5, 12, 0.01), "fp16": Gates(0.3, 12, 0.01), "fp32": Gates(0.05, 0.05, 0.01)}
FP32_MAX = 0.05


def compare_scores(
    expected: NDArray[np.floating], scores: NDArray[np.floating], marks: Sequence[Mark]
) -> ScoreDifference:
    """The differences between two arrays of scores of the same words ([words], 0..300, at least one word)."""
    differences = np.abs(scores.astype(np.float64) - expected.astype(np.float64))
    edges = np.array([mark.minimum for mark in marks])
    changed = np.searchsorted(edges, scores, side="right") != np.searchsorted(edges, expected, side="right")
    return ScoreDifference(
        words=len(scores),
        mean=float(differences.mean()),
        p99=float(np.percentile(differences, 99)),
        max=float(differences.max()),
        marks_changed=float(changed.mean()),
    )
