"""How good scores are: shares, precision and recall, calibration error, rank correlation; with bootstrap intervals.

Numpy alone.

What is resampled is a unit, a document or a text. A figure is measured on all samples at once: `units` (int, [words])
number the unit of each word, `weights` (int, [samples, units]) say how often a sample has each unit, and a metric gives
a value for each sample (float64, [samples]; nan where it is undefined). The first sample is the corpus itself.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
Bools = NDArray[np.bool_]

BINS = 15  # of the calibration error, as Guo et al. 2017 have it
_CHUNK = 16  # samples that are ranked at once: a few megabytes


@dataclass(frozen=True, slots=True)
class Estimate:
    """A figure and the ends of its 95 % bootstrap interval (equal to the figure where nothing was resampled)."""

    value: float
    low: float
    high: float


def bootstrap_weights(units: int, resamples: int, seed: int) -> Ints:
    """How often each unit counts (int, [1 + resamples, units]): once in the first row, drawn with replacement below it.

    Efron 1979; the same arguments give the same draws.
    """
    draws = np.random.default_rng(seed).multinomial(units, np.full(units, 1 / units), size=resamples)
    return np.concatenate([np.ones((1, units), np.int64), draws])


def estimate(values: Floats) -> Estimate | None:
    """The first of `values` ([samples]) with the 2.5th and 97.5th percentile of the others; None where it is nan."""
    if np.isnan(values[0]):
        return None
    others = values[1:][~np.isnan(values[1:])]
    low, high = np.percentile(others, (2.5, 97.5)) if len(others) else (values[0], values[0])
    return Estimate(float(values[0]), float(low), float(high))


def in_class(scores: Floats, classes: Ints, edges: tuple[float, ...]) -> Bools:
    """Whether each score (0..300) lies between the edges of its class, 0 to len(edges); a score on an edge lies above.

    Scores, classes and the result are [words].
    """
    inside: Bools = np.searchsorted(edges, scores, side="right") == classes
    return inside


def share(which: Bools, units: Ints, weights: Ints) -> Floats:
    """The share of words for which `which` ([words]) is true."""
    return _ratio(*_sums(units, weights, which, np.ones(len(units), np.bool_)))


def f1_at(scores: Floats, positive: Bools, minimum: float, units: Ints, weights: Ints) -> Floats:
    """F1 of the words that score at least `minimum` against those that are `positive` ([words] both)."""
    predicted = scores >= minimum
    return f1(*_sums(units, weights, predicted & positive, predicted, positive))


def f1(hits: Floats, predicted: Floats, positive: Floats) -> Floats:
    """The harmonic mean of precision `hits / predicted` and recall `hits / positive`; nan without positive ones.

    Arguments and result are [samples].
    """
    return np.where(positive > 0, _ratio(2 * hits, predicted + positive), np.nan)


def average_precision_and_best_f1(scores: Floats, positive: Bools, units: Ints, weights: Ints) -> tuple[Floats, Floats]:
    """Average precision of the ranking by score, and the best F1 of any threshold.

    Average precision is the sum over thresholds of precision times the recall gained there (Manning et al. 2008,
    section 8.4). Words of equal score count together.
    """
    order = np.argsort(-scores, kind="stable")
    last = np.append(np.flatnonzero(np.diff(scores[order])), len(order) - 1)
    precisions, bests = [], []
    for start in range(0, len(weights), _CHUNK):
        counts = weights[start : start + _CHUNK, units[order]]
        predicted = np.cumsum(counts, axis=1)[:, last]
        hits = np.cumsum(counts * positive[order], axis=1)[:, last]
        total = hits[:, -1:]
        precision = hits / np.maximum(predicted, 1)
        gained = np.diff(hits, axis=1, prepend=0)
        precisions.append(_ratio((gained * precision).sum(axis=1), total[:, 0]))
        bests.append(np.where(total[:, 0] > 0, (2 * hits / np.maximum(predicted + total, 1)).max(axis=1), np.nan))
    return np.concatenate(precisions), np.concatenate(bests)


def calibration_error(probabilities: Floats, positive: Bools, units: Ints, weights: Ints) -> Floats:
    """Expected calibration error: the mean distance of probability and rate in 15 bins of equal width, by words.

    Naeini et al. 2015; Guo et al. 2017, equation 3.
    """
    bins = bin_index(probabilities)
    count = weights.shape[1]
    gaps = np.bincount(units * BINS + bins, probabilities - positive, minlength=count * BINS)
    return _ratio(
        np.abs(weights @ gaps.reshape(count, BINS)).sum(axis=1), weights @ np.bincount(units, minlength=count)
    )


def bin_index(probabilities: Floats) -> Ints:
    """The bin of each probability (0..1), of 15 bins of equal width: 0 to 14 (int, [words])."""
    return np.minimum((probabilities * BINS).astype(np.int64), BINS - 1)


def rank_correlation(scores: Floats, targets: Floats, units: Ints, weights: Ints) -> Floats:
    """Spearman's rank correlation of `scores` and `targets` ([words] both); nan where either are all equal."""
    words = np.arange(len(scores))
    samples = (np.repeat(words, counts[units]) for counts in weights)
    return np.array([spearman(scores[sample], targets[sample]) for sample in samples])


def spearman(first: Floats, second: Floats) -> float:
    """Spearman's rank correlation (1904) of two lists ([words] both); nan where either are all equal.

    Equal values share their mean rank.
    """
    if len(first) == 0:
        return np.nan
    ranks, other = _ranks(first), _ranks(second)
    if min(np.ptp(ranks), np.ptp(other)) == 0:
        return np.nan
    return float(np.corrcoef(ranks, other)[0, 1])


def _ranks(values: Floats) -> Floats:
    _, inverse, counts = np.unique(values, return_inverse=True, return_counts=True)
    ranks: Floats = (np.cumsum(counts) - (counts - 1) / 2)[inverse]
    return ranks


def _sums(units: Ints, weights: Ints, *columns: Bools) -> tuple[Floats, ...]:
    """How many words of each sample are true in each of the columns ([words] each)."""
    counts = weights.astype(np.float64)
    return tuple(
        counts @ np.bincount(units, column.astype(np.float64), minlength=weights.shape[1]) for column in columns
    )


def _ratio(over: Floats, under: Floats | Ints) -> Floats:
    """Of two sums ([samples]); nan where both are 0."""
    ratio: Floats = np.divide(over, under, out=np.full(len(over), np.nan), where=under > 0)
    return ratio
