"""How good scores are: accuracy by classes, average precision, best F1. Numpy alone."""

import numpy as np
from numpy.typing import NDArray

EDGES = (50.0, 150.0, 250.0)  # between none, common noun, proper noun and entity


def accuracy(scores: NDArray[np.float64], classes: NDArray[np.int64], edges: tuple[float, ...]) -> float:
    """The share of `scores` (0..300) that fall between the edges of their class (0 to len(edges))."""
    return float((np.searchsorted(edges, scores, side="right") == classes).mean())


def average_precision(scores: NDArray[np.float64], positive: NDArray[np.bool_]) -> float:
    """The sum over thresholds of precision times the recall gained there (Manning et al. 2008, section 8.4)."""
    precision, recall = _curve(scores, positive)
    return float((np.diff(recall, prepend=0.0) * precision).sum())


def best_f1(scores: NDArray[np.float64], positive: NDArray[np.bool_]) -> float:
    """The highest harmonic mean of precision and recall that any threshold gives."""
    precision, recall = _curve(scores, positive)
    return float((2 * precision * recall / np.maximum(precision + recall, 1e-12)).max())


def _curve(scores: NDArray[np.float64], positive: NDArray[np.bool_]) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Precision and recall at each distinct score, from the highest down. Needs one positive at least."""
    order = np.argsort(-scores, kind="stable")
    ordered, hits = scores[order], np.cumsum(positive[order])
    last = np.append(np.flatnonzero(np.diff(ordered)), len(ordered) - 1)  # words of equal score come together
    return hits[last] / (last + 1), hits[last] / hits[-1]
