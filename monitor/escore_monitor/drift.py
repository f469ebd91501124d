"""Whether texts or scores are still like those of the reference days.

Two questions for each signal: can chance explain the difference, and is it large? The first is answered by the test of
Kolmogorov and Smirnov on the bins of the store, the second by the population stability index (PSI; Siddiqi 2006,
Credit Risk Scorecards). Days are compared with the same weekdays of the reference. Values of one text, and texts of one
day, are alike, so chance alone makes days differ by more than the test of independent values expects: its statistic is
divided by the inflation that the reference days show among themselves (Devlin and Roeder 1999, genomic control).
"""

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.special import kolmogorov, ndtr

from escore.scale import EDGES, WORD_MINIMUM
from escore_monitor.rates import Days
from escore_monitor.signals import SCORE, SCORE_STEP, SIGNALS

LEVEL = 0.003  # the probability that a report of a stream in which nothing changes names anything
LARGE_PSI = 0.1  # from which on a difference is usually called one
LARGE_DISTANCE = 0.05  # of distribution functions: at least so much of all values lies elsewhere
LARGE_FALL = 0.05  # of a share
ENOUGH_DAYS = 7  # of the reference, before anything is said
CONFIDENT = "confident"
_MEDIAN_KOLMOGOROV = 0.8275735551899077  # of the distribution's limit
_MEDIAN_NORMAL = 0.6744897501960817  # of absolute values
_GROUPS = 10  # of the PSI
_WEEK = 7
_SHARE = 2  # bins of a share: what is not counted in, and what is

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Drift:
    """How a signal of a span of the window compares with the reference.

    days: the span, as indices of days.
    psi: population stability index; None for shares.
    statistic: the largest difference of the two distribution functions, or the fall of the share.
    p: corrected for the number of signals and spans (Bonferroni).
    before, after: means, or shares.
    """

    signal: str
    days: NDArray[np.intp]
    psi: float | None
    statistic: float
    p: float
    is_drift: bool
    before: float
    after: float


def find_drift(bins: Mapping[str, Ints], days: Days) -> list[Drift]:
    """The clearest difference of each signal: of the whole window, or of one day of it.

    bins: how many values fall into each bin, by day, of each signal ([days, bins]); of two bins, the second is a share.
    Signals without enough days in reference or window are left out.
    """
    spans = [np.flatnonzero(days.window)]
    spans += [np.array([day]) for day in spans[0]] if len(spans[0]) > 1 else []
    found = []
    for name, counts in [*bins.items(), (CONFIDENT, confident_words(bins[SCORE.name]))]:
        compare = _compare_shares if counts.shape[1] == _SHARE else _compare
        has_values = counts.sum(axis=1) > 0
        reference = np.flatnonzero(days.reference & has_values)
        if len(reference) < ENOUGH_DAYS:
            continue
        inflation = _inflation(counts, days, reference, compare)
        with_values = (span[has_values[span]] for span in spans)
        found.append((name, [compare(counts, days, reference, span, inflation) for span in with_values if len(span)]))
    tests = sum(len(results) for _, results in found)
    clearest = []
    for name, results in found:
        drifts = [_judge(name, result, tests) for result in results]
        if drifts:
            clearest.append(min(drifts, key=lambda drift: (not drift.is_drift, drift.p)))  # else the whole window
    return clearest


@dataclass(frozen=True, slots=True)
class _Result:
    days: NDArray[np.intp]
    scaled: float  # the test's statistic, which has its limit distribution where nothing changes
    statistic: float
    p: float
    psi: float | None
    before: float
    after: float


_Compare = Callable[[Ints, Days, NDArray[np.intp], NDArray[np.intp], float], _Result]


def _judge(name: str, result: _Result, tests: int) -> Drift:
    p = min(1.0, result.p * tests)
    if result.psi is None:
        large = result.statistic >= LARGE_FALL
    else:
        large = result.psi >= LARGE_PSI or result.statistic >= LARGE_DISTANCE
    return Drift(name, result.days, result.psi, result.statistic, p, p <= LEVEL and large, result.before, result.after)


def _expected(counts: Ints, days: Days, reference: NDArray[np.intp], span: NDArray[np.intp]) -> tuple[Floats, float]:
    """The reference's distribution over bins on the span's weekdays, and how many values tell it.

    A weekday that the reference lacks counts as all days together.
    """
    values = np.bincount(days.weekdays[span], counts[span].sum(axis=1), _WEEK)
    weight = values / values.sum()
    expected, variance = np.zeros(counts.shape[1]), 0.0
    for weekday in np.flatnonzero(weight):
        same = reference[days.weekdays[reference] == weekday]
        total = counts[same if len(same) else reference].sum(axis=0)
        expected += weight[weekday] * total / total.sum()
        variance += weight[weekday] ** 2 / total.sum()
    return expected, 1 / variance


def _compare(
    counts: Ints, days: Days, reference: NDArray[np.intp], span: NDArray[np.intp], inflation: float
) -> _Result:
    """Two distributions."""
    expected, size_before = _expected(counts, days, reference, span)
    total = counts[span].sum(axis=0)
    size = total.sum()
    observed = total / size
    distance = float(np.abs(np.cumsum(observed - expected)).max())
    scaled = distance * math.sqrt(size * size_before / (size + size_before)) / inflation
    psi = _psi(expected, observed, size_before, size)
    places = np.arange(counts.shape[1])
    return _Result(
        span, scaled, distance, float(kolmogorov(scaled)), psi, float(expected @ places), float(observed @ places)
    )


def _compare_shares(
    counts: Ints, days: Days, reference: NDArray[np.intp], span: NDArray[np.intp], inflation: float
) -> _Result:
    """The share of what is in the second of two bins, and whether it fell."""
    expected, size_before = _expected(counts, days, reference, span)
    no, yes = counts[span].sum(axis=0)
    before, after = float(expected[1]), yes / (no + yes)
    pooled = (before * size_before + yes) / (size_before + no + yes)
    deviation = math.sqrt(max(pooled * (1 - pooled), 1e-12) * (1 / size_before + 1 / (no + yes)))
    scaled = (before - after) / deviation / inflation
    return _Result(span, scaled, before - after, float(ndtr(-scaled)), None, before, after)


def _inflation(counts: Ints, days: Days, reference: NDArray[np.intp], compare: "_Compare") -> float:
    """By how much days of the reference differ more than independent values would, each from the others; 1 at least."""
    values = []
    for day in reference:
        others = reference[reference != day]
        values.append(abs(compare(counts, days, others, np.array([day]), 1.0).scaled))
    median = _MEDIAN_NORMAL if compare is _compare_shares else _MEDIAN_KOLMOGOROV
    margin = 1 + 1 / math.sqrt(len(values))  # few days tell it only roughly, and a tail needs it well
    return max(1.0, float(np.median(values)) / median * margin)


def _psi(expected: Floats, observed: Floats, size_before: float, size: float) -> float:
    """The index over bins joined into about ten of equal weight; half a value more in each, so that none is empty."""
    group = np.minimum((np.cumsum(expected) - expected / 2) * _GROUPS, _GROUPS - 1).astype(np.intp)
    joined = np.unique(group, return_inverse=True)[1]
    parts = joined.max() + 1
    before, after = (
        (np.bincount(joined, values) * number + 0.5) / (number + 0.5 * parts)
        for values, number in ((expected, size_before), (observed, size))
    )
    return float(((after - before) * np.log(after / before)).sum())


def confident_words(counts: Ints) -> Ints:
    """How many of the words that score at least 80 score less than an entity, and how many as one ([days, 2])."""
    edge = int((EDGES[2] - WORD_MINIMUM) / SCORE_STEP)
    return np.stack([counts[:, :edge].sum(axis=1), counts[:, edge:].sum(axis=1)], axis=1)


def titles() -> dict[str, str]:
    """What signals are, for people."""
    confident = f"share of the words from {WORD_MINIMUM:g} on that score {EDGES[2]:g} or more"
    return {name: signal.title for name, signal in SIGNALS.items()} | {CONFIDENT: confident}
