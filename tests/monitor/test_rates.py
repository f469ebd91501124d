"""The test for two rates: it is the exact one where nothing else is known, and is quiet where nothing changes."""

import numpy as np
import pytest
from numpy.typing import NDArray
from scipy.stats import binomtest, false_discovery_control

from escore_monitor.rates import LEVEL, Days, test_rates

compare_rates = test_rates
test_rates = None  # type: ignore[assignment]  # no test of pytest's
REFERENCE = 28


def days_of(documents: NDArray[np.int64], window: int) -> Days:
    size = len(documents)
    reference = np.arange(size) < size - window
    return Days(documents, np.arange(size) % 7, reference, ~reference)


def spread(total: int, size: int) -> list[int]:
    """`total` documents, as evenly on `size` days as can be."""
    return [total * (day + 1) // size - total * day // size for day in range(size)]


@pytest.mark.parametrize(("before", "after"), [(0, 4), (28, 9), (28, 0), (56, 14), (3, 1), (84, 3)])
def test_it_is_the_exact_conditional_test(before: int, after: int) -> None:
    counts = np.array([[*spread(before, REFERENCE), after]], np.int32)
    rates = compare_rates(counts, days_of(np.full(29, 100), 1))
    exact = [binomtest(after, before + after, 1 / 29, side).pvalue for side in ("greater", "less")]
    assert rates.p[0, 0] == pytest.approx(min(1, 2 * min(exact)), rel=1e-6)
    assert rates.expected[0, 0] == pytest.approx(before / REFERENCE)


def test_many_tests_are_corrected_as_benjamini_and_hochberg_do() -> None:
    rng = np.random.default_rng(1)
    after = np.concatenate([rng.poisson(2, 300), [12, 11, 15, 9, 10]])
    counts = np.array([[*spread(56, REFERENCE), value] for value in after], np.int32)
    rates = compare_rates(counts, days_of(np.full(29, 100), 1))
    assert (rates.is_significant[:, 0] == (false_discovery_control(rates.p[:, 0]) <= LEVEL)).all()
    assert 3 <= rates.is_significant.sum() <= 5


def test_what_cannot_be_significant_costs_nothing() -> None:
    """A hundred thousand entities that are in one document do not hide one that is new in six."""
    counts = np.zeros((100_001, 29), np.int32)
    counts[np.arange(100_000), np.arange(100_000) % 29] = 1
    counts[-1, -1] = 6
    rates = compare_rates(counts, days_of(np.full(29, 4000), 1))
    assert np.flatnonzero(rates.is_significant[:, 0]).tolist() == [100_000]


def test_a_name_of_mondays_is_no_news_on_a_monday() -> None:
    weekly = [20 if day % 7 == 0 else 0 for day in range(36)]
    counts = np.array([weekly], np.int32)
    assert not compare_rates(counts[:, :29], days_of(np.full(29, 100), 1)).is_significant.any()
    rates = compare_rates(counts[:, 1:30], days_of(np.full(29, 100), 1))
    assert rates.expected[0, 0] < 2
    counts[0, 29] = 20  # but on a Tuesday it is
    days = Days(np.full(29, 100), np.arange(1, 30) % 7, np.arange(29) < 28, np.arange(29) == 28)
    assert compare_rates(counts[:, 1:30], days).is_significant.all()
    counts[0, 28] = counts[0, 29] = 0  # and if it does not come on Monday
    assert compare_rates(counts[:, :29], days_of(np.full(29, 100), 1)).is_significant.all()


def test_a_day_with_more_documents_is_no_rise() -> None:
    documents = np.full(29, 100)
    documents[-1] = 1000
    counts = np.array([[*spread(56, REFERENCE), 20]], np.int32)
    assert not compare_rates(counts, days_of(documents, 1)).is_significant.any()


def test_a_rise_of_one_day_is_found_in_a_week() -> None:
    counts = np.array([[*spread(56, REFERENCE), 2, 2, 14, 2, 2, 2, 2]], np.int32)
    rates = compare_rates(counts, days_of(np.full(35, 100), 7))
    assert np.flatnonzero(rates.is_significant[0]).tolist() == [3]
    assert rates.spans[3].tolist() == [REFERENCE + 2]


def test_what_comes_in_bursts_must_burst_more() -> None:
    rng = np.random.default_rng(2)
    calm = rng.poisson(5, (60, 29))
    bursty = rng.poisson(5 * rng.gamma(0.5, 2, (60, 29)))
    calm[:, -1] = bursty[:, -1] = 16
    counts = np.concatenate([calm, bursty]).astype(np.int32)
    rates = compare_rates(counts[:60], days_of(np.full(29, 100), 1))
    assert rates.is_significant.mean() > 0.5
    rates = compare_rates(counts[60:], days_of(np.full(29, 100), 1))
    assert rates.is_significant.mean() < 0.05


@pytest.mark.parametrize("window", [1, 7])
@pytest.mark.parametrize("weekend", [1.0, 0.3])
def test_where_nothing_changes_it_names_something_once_in_fifty_days_at_most(window: int, weekend: float) -> None:
    rng = np.random.default_rng(3)
    shares = 1 / (np.arange(1, 1500) + 3)
    documents = np.where(np.arange(140) % 7 >= 5, int(300 * weekend), 300)
    counts = rng.binomial(documents, np.minimum(0.9, shares[:, None]))
    reports = [
        compare_rates(counts[:, end - REFERENCE - window : end].astype(np.int32), days).is_significant.any()
        for end in range(REFERENCE + window, 140, window)
        for days in [
            Days(
                documents[end - REFERENCE - window : end],
                np.arange(end - REFERENCE - window, end) % 7,
                np.arange(REFERENCE + window) < REFERENCE,
                np.arange(REFERENCE + window) >= REFERENCE,
            )
        ]
    ]
    assert sum(reports) <= max(1, len(reports) * window // 50)
