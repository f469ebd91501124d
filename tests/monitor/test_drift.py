"""Drift of distributions: what is large and certain, and nothing else."""

import numpy as np
import pytest
from numpy.typing import NDArray
from scipy.stats import ks_2samp

from escore_monitor.drift import find_drift
from escore_monitor.rates import Days
from escore_monitor.signals import SIGNALS

REFERENCE, SIZE = 28, 300


def days_of(window: int) -> Days:
    size = REFERENCE + window
    reference = np.arange(size) < REFERENCE
    return Days(np.full(size, SIZE), np.arange(size) % 7, reference, ~reference)


def drawn(rng: np.random.Generator, window: int, change: float = 0.0) -> dict[str, NDArray[np.int64]]:
    """Bins of days from one distribution a signal; in the window a share `change` lies in the last bin instead."""
    bins = {}
    for name, signal in SIGNALS.items():
        weights = np.linspace(3, 1, signal.bins)
        weights /= weights.sum()
        other = (1 - change) * weights + change * np.eye(signal.bins)[-1]
        rows = [rng.multinomial(SIZE, weights if day < REFERENCE else other) for day in range(REFERENCE + window)]
        bins[name] = np.array(rows)
    return bins


@pytest.mark.parametrize("window", [1, 7])
def test_a_stable_stream_drifts_hardly_ever(window: int) -> None:
    rng = np.random.default_rng(1)
    named = [any(item.is_drift for item in find_drift(drawn(rng, window), days_of(window))) for _ in range(150)]
    assert sum(named) <= 3


@pytest.mark.parametrize("window", [1, 7])
def test_a_change_is_found(window: int) -> None:
    rng = np.random.default_rng(2)
    drifts = find_drift(drawn(rng, window, change=0.3), days_of(window))
    assert {item.signal for item in drifts if item.is_drift} >= set(SIGNALS)
    assert all(item.psi is None or item.psi > 0.1 for item in drifts if item.is_drift)


def test_what_is_certain_but_small_is_no_drift() -> None:
    bins = {name: 10_000 * counts for name, counts in drawn(np.random.default_rng(3), 7, change=0.02).items()}
    drifts = find_drift(bins, days_of(7))
    assert not any(
        item.is_drift for item in drifts if item.psi is not None and item.statistic < 0.05 and item.psi < 0.1
    )


def test_the_statistic_is_that_of_kolmogorov_and_smirnov() -> None:
    bins = drawn(np.random.default_rng(4), 7, change=0.1)
    days = Days(np.full(35, SIZE), np.zeros(35, np.int64), np.arange(35) < 28, np.arange(35) >= 28)
    (length,) = (
        item for item in find_drift({"length": bins["length"], "score": bins["score"]}, days) if item.signal == "length"
    )
    span = length.days
    values = [
        np.repeat(np.arange(bins["length"].shape[1]), bins["length"][some].sum(axis=0)) for some in (slice(28), span)
    ]
    assert length.statistic == pytest.approx(ks_2samp(*values).statistic)


def test_weekends_of_another_kind_are_no_drift() -> None:
    """Every Saturday and Sunday has long texts."""
    rng = np.random.default_rng(5)
    bins = drawn(rng, 1)
    other = drawn(rng, 1, change=1.0)
    for name, counts in bins.items():
        weekend = np.isin(np.arange(29) % 7, [0, 1])
        counts[weekend] = other[name][-1]
    drifts = find_drift(bins, days_of(1))  # its day is a 0
    assert drifts
    assert not any(item.is_drift for item in drifts)


def test_too_few_days_are_not_judged() -> None:
    bins = drawn(np.random.default_rng(6), 1)
    for counts in bins.values():
        counts[:22] = 0
    assert find_drift(bins, days_of(1)) == []


def test_days_that_always_differ_need_to_differ_more() -> None:
    rng = np.random.default_rng(7)
    named = 0
    for _ in range(100):
        bins = drawn(rng, 1)
        weights = rng.dirichlet(np.full(SIGNALS["length"].bins, 30.0), REFERENCE + 1)  # another one each day
        bins["length"] = np.array([rng.multinomial(SIZE, row) for row in weights])
        named += any(item.is_drift for item in find_drift(bins, days_of(1)))
    assert named <= 4
