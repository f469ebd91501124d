"""Which entities are in more documents than before, or in fewer: a test for two rates, corrected for many tests.

Null hypothesis: documents mention an entity at the rate of the reference days. Given that x documents of the window
and y of the reference mention it, x is then binomial of x + y with the window's share of all documents (Przyborowski
and Wilenski 1940: the exact conditional test for two Poisson rates). Beyond that, it counts with

- the rhythm of the week: an entity's rate on a weekday is drawn from its mean rate towards what that weekday had, as
  far as weekdays differ by more than chance (the weight 1 - df/X² of Morris 1983, never below 0); the reference then
  counts as much as the variance of that rate allows;
- days that differ by more than chance: counts are divided by the dispersion of quasi-likelihood (McCullagh and Nelder
  1989, chapter 9), which dispersion.py estimates; what it is not sure of makes the normal tail one of Student's t;
- many tests, one an entity and span of days: the false discovery rate is held at `LEVEL` (Benjamini and Hochberg 1995)
  among the tests that could be significant at all (Tarone 1990, Gilbert 2005). On a stream in which nothing changes, a
  report then names anything with at most that probability.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.special import betainc, ndtri, stdtr

from escore_monitor.dispersion import Dispersion, estimate_dispersion

LEVEL = 0.01
RATIO = 1.5  # by which a rate must have changed to be worth a word, whatever its significance
_WEEK = 7
_TINY = 1e-300
_FEW = 3  # documents of reference and window, below which nothing is tested

Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Days:
    """Consecutive days, reference and window.

    documents: of each day (int64, [days]).
    weekdays: 0 to 6 of each ([days]).
    reference, window: which days are which (bool, [days]).
    """

    documents: NDArray[np.int64]
    weekdays: NDArray[np.int64]
    reference: NDArray[np.bool_]
    window: NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class Rates:
    """The tests of all entities and spans; arrays are [entities, spans].

    spans: the days of each, as indices of days: the whole window first, then each day of it, if there are several.
    observed, expected: documents that mention the entity in the span, and those that the reference lets expect.
    p: two-sided, not corrected.
    is_significant: after the correction, and the rate has changed by `RATIO` or more.
    """

    spans: tuple[NDArray[np.intp], ...]
    observed: Floats
    expected: Floats
    p: Floats
    is_significant: NDArray[np.bool_]


def test_rates(counts: NDArray[np.int32], days: Days) -> Rates:
    """Compare the window with the reference, which must have documents.

    counts: documents of each entity and day ([entities, days]).
    """
    often = np.flatnonzero(counts.sum(axis=1) >= _FEW)
    fit = _fit(counts[often], days)
    reference = days.reference & (days.documents > 0)
    mean = counts[:, reference].sum(axis=1) / days.documents[reference].sum()
    window = np.flatnonzero(days.window & (days.documents > 0))
    spans = (window, *([np.array([day]) for day in window] if len(window) > 1 else []))
    shape = len(counts), len(spans)
    observed, expected, p, least = (np.ones(shape) for _ in range(4))
    for i, span in enumerate(spans):
        observed[:, i] = counts[:, span].sum(axis=1)
        expected[:, i] = mean * days.documents[span].sum()
        expected[often, i] = fit.rates[:, days.weekdays[span]] @ days.documents[span]
        p[often, i], least[often, i] = _test(observed[often, i], expected[often, i], fit, days, span)
    return Rates(spans, observed, expected, p, _significant(p, least) & _is_large(observed, expected))


@dataclass(frozen=True, slots=True)
class _Fit:
    """What the reference says of each entity.

    rates: documents that mention it, of each one on a weekday ([entities, 7]).
    weight: of the weekday's own rate in these, 0..1 ([entities]).
    documents: of the reference on each weekday ([7]).
    """

    rates: Floats
    weight: Floats
    dispersion: Dispersion
    documents: Floats


def _fit(counts: NDArray[np.int32], days: Days) -> _Fit:
    reference = np.flatnonzero(days.reference & (days.documents > 0))
    by_weekday = np.eye(_WEEK)[days.weekdays[reference]]  # [days, 7]
    documents = days.documents[reference] @ by_weekday
    y = counts[:, reference].astype(np.float64)
    y_weekday, total = y @ by_weekday, y.sum(axis=1, keepdims=True)
    mean = total / documents.sum()
    even = mean * documents
    with np.errstate(divide="ignore", invalid="ignore"):
        own = np.where(documents > 0, y_weekday / documents, mean)
        between = np.nansum((y_weekday - even) ** 2 / even, axis=1, keepdims=True)
        fitted = days.documents[reference] * own[:, days.weekdays[reference]]
        within = np.nansum((y - fitted) ** 2 / fitted, axis=1, keepdims=True)
        freedom = np.count_nonzero(documents) - 1
        chance = freedom * np.maximum(1.0, within / max(1, len(reference) - 1 - freedom))
        weight = np.where(between > chance, 1 - chance / between, 0.0)
    rates = (1 - weight) * mean + weight * own
    fitted = days.documents[reference] * rates[:, days.weekdays[reference]]
    dispersion = estimate_dispersion(y, fitted, freedom * weight[:, 0] ** 2)
    return _Fit(rates, weight[:, 0], dispersion, documents)


def _test(observed: Floats, expected: Floats, fit: _Fit, days: Days, span: NDArray[np.intp]) -> tuple[Floats, Floats]:
    """Two-sided p-values, and the least that they could be, of entities in a span of days."""
    size = days.documents[span]
    shares = np.bincount(days.weekdays[span], size, _WEEK) / size.sum()
    with np.errstate(divide="ignore", invalid="ignore"):
        own = np.nansum(np.where(fit.documents > 0, shares**2 / fit.documents, 0))
    # The variance of the span's rate, in documents of the reference that would give a mean as exact.
    exposure = 1 / ((1 - fit.weight**2) / fit.documents.sum() + fit.weight**2 * own)
    share = size.sum() / (size.sum() + exposure)
    factor = fit.dispersion.of(fit.rates[:, days.weekdays[span]] * size)
    x, y = observed / factor, expected / size.sum() * exposure / factor
    more = betainc(np.maximum(x, _TINY), y + 1, share)
    fewer = np.where(y > 0, betainc(np.maximum(y, _TINY), x + 1, 1 - share), 1.0)
    least = np.minimum(share ** (x + y), (1 - share) ** (x + y))
    freedom = fit.dispersion.freedom
    return _two_sided(np.minimum(more, fewer), freedom), _two_sided(least, freedom)


def _two_sided(p: Floats, freedom: float) -> Floats:
    """p-values as they are where the dispersion is only estimated, of both sides."""
    tail = p if np.isinf(freedom) else stdtr(freedom, ndtri(np.maximum(p, _TINY)))
    doubled: Floats = np.minimum(1, 2 * tail)
    return doubled


def _significant(p: Floats, least: Floats) -> NDArray[np.bool_]:
    """Benjamini and Hochberg's step-up among the tests that could be significant (Gilbert 2005)."""
    smallest = np.sort(least[least < 1])
    sizes = np.arange(1, smallest.size + 1)
    # The least K with at most K tests that could reach LEVEL / K.
    enough = np.searchsorted(smallest, LEVEL / sizes, side="right") <= sizes
    tests = int(sizes[enough][0]) if enough.any() else 0
    if not tests:
        return np.zeros(p.shape, np.bool_)
    testable = least <= LEVEL / tests
    values = np.sort(p[testable])
    limits = LEVEL * np.arange(1, len(values) + 1) / max(1, len(values))
    passed = np.flatnonzero(values <= limits)
    if not len(passed):
        return np.zeros(p.shape, np.bool_)
    significant: NDArray[np.bool_] = testable & (p <= values[passed[-1]])
    return significant


def _is_large(observed: Floats, expected: Floats) -> NDArray[np.bool_]:
    large: NDArray[np.bool_] = (observed >= RATIO * expected) | (observed * RATIO <= expected)
    return large


def span_of(rates: Rates, entity: int, spans: Sequence[int]) -> int:
    """The span among `spans` in which an entity's test is clearest."""
    return min(spans, key=lambda span: (rates.p[entity, span], span))
