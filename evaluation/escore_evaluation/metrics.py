"""How good scores are: shares, average precision, F1, calibration error; each with a bootstrap interval. Numpy alone.

A figure is measured once and again on resampled units (documents or texts) at a stroke: `weights` ([samples, units])
say how often each unit counts, `owner` ([words]) which unit a word belongs to, and a metric gives one value a sample
([samples], float64; nan where a sample cannot say). The first sample is the corpus itself, each unit once.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
Bools = NDArray[np.bool_]

BINS = 15
_CHUNK = 16  # samples that are sorted out at once: a few megabytes


@dataclass(frozen=True, slots=True)
class Estimate:
    """A figure and its 95 % bootstrap interval (equal to the figure where there was nothing to resample)."""

    value: float
    low: float
    high: float


def weights(units: int, resamples: int, seed: int) -> Ints:
    """How often each unit counts ([1 + resamples, units]): once in the first row, drawn with replacement below it.

    Efron 1979; the same arguments give the same draws.
    """
    drawn = np.random.default_rng(seed).multinomial(units, np.full(units, 1 / units), size=resamples)
    return np.concatenate([np.ones((1, units), np.int64), drawn])


def estimate(values: Floats) -> Estimate | None:
    """The first of `values` ([samples]) with the 2.5th and 97.5th percentile of the others; None where it is nan."""
    if np.isnan(values[0]):
        return None
    others = values[1:][~np.isnan(values[1:])]
    low, high = np.percentile(others, (2.5, 97.5)) if len(others) else (values[0], values[0])
    return Estimate(float(values[0]), float(low), float(high))


def right(scores: Floats, classes: Ints, edges: tuple[float, ...]) -> Bools:
    """Which of `scores` (0..300) fall between the edges of their class (0 to len(edges)); an edge counts above."""
    found: Bools = np.searchsorted(edges, scores, side="right") == classes
    return found


def share(which: Bools, owner: Ints, weights: Ints) -> Floats:
    """The share of words that are in `which` ([words])."""
    return _ratio(*_sums(owner, weights, which.astype(np.float64), np.ones(len(owner))))


def f1_at(scores: Floats, positive: Bools, minimum: float, owner: Ints, weights: Ints) -> Floats:
    """F1 of taking the words that score at least `minimum` for positive."""
    found = scores >= minimum
    return f1(*_sums(owner, weights, *(each.astype(np.float64) for each in (found & positive, found, positive))))


def f1(hits: Floats, found: Floats, known: Floats) -> Floats:
    """The harmonic mean of precision `hits / found` and recall `hits / known`; nan where there is nothing to find."""
    return np.where(known > 0, _ratio(2 * hits, found + known), np.nan)


def ranking(scores: Floats, positive: Bools, owner: Ints, weights: Ints) -> tuple[Floats, Floats]:
    """Average precision, and the best F1 that any threshold gives.

    Average precision is the sum over thresholds of precision times the recall gained there (Manning et al. 2008,
    section 8.4). Words of equal score come together.
    """
    order = np.argsort(-scores, kind="stable")
    last = np.append(np.flatnonzero(np.diff(scores[order])), len(order) - 1)
    precisions, bests = [], []
    for begin in range(0, len(weights), _CHUNK):
        counts = weights[begin : begin + _CHUNK, owner[order]]
        found = np.cumsum(counts, axis=1)[:, last]
        hits = np.cumsum(counts * positive[order], axis=1)[:, last]
        known = hits[:, -1:]
        precision = hits / np.maximum(found, 1)
        gained = np.diff(hits, axis=1, prepend=0)
        precisions.append(_ratio((gained * precision).sum(axis=1), known[:, 0]))
        bests.append(np.where(known[:, 0] > 0, (2 * hits / np.maximum(found + known, 1)).max(axis=1), np.nan))
    return np.concatenate(precisions), np.concatenate(bests)


def calibration_error(probabilities: Floats, positive: Bools, owner: Ints, weights: Ints) -> Floats:
    """Expected calibration error: the mean distance of probability and rate in 15 bins of equal width, by words.

    Naeini et al. 2015; Guo et al. 2017, equation 3.
    """
    bins = bin_of(probabilities)
    units = weights.shape[1]
    gaps = np.bincount(owner * BINS + bins, probabilities - positive, minlength=units * BINS)
    return _ratio(
        np.abs(weights @ gaps.reshape(units, BINS)).sum(axis=1), weights @ np.bincount(owner, minlength=units)
    )


def bin_of(probabilities: Floats) -> Ints:
    """The bin of each probability (0..1): 0 to 14, of equal width."""
    return np.minimum((probabilities * BINS).astype(np.int64), BINS - 1)


def _sums(owner: Ints, weights: Ints, *values: Floats) -> tuple[Floats, ...]:
    """The sum of each of `values` ([words]) by sample."""
    counted = weights.astype(np.float64)
    return tuple(counted @ np.bincount(owner, each, minlength=weights.shape[1]) for each in values)


def _ratio(over: Floats, under: Floats | Ints) -> Floats:
    """Of two sums ([samples]); nan where both are 0."""
    ratio: Floats = np.divide(over, under, out=np.full(len(over), np.nan), where=under > 0)
    return ratio
