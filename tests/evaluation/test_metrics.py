"""Metrics and calibration against their definitions, one word at a time."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from escore.bundle.manifest import Calibration
from escore.scale import EDGES
from escore_evaluation import calibration, metrics

Pairs = list[tuple[int, bool]]
some_pairs = st.lists(st.tuples(st.integers(0, 5), st.booleans()), min_size=1, max_size=40)


def once(words: int) -> tuple[metrics.Ints, metrics.Ints]:
    """Each word a unit of its own, each unit once."""
    return np.arange(words), np.ones((1, words), np.int64)


def by_definition(scores: metrics.Floats, positive: metrics.Bools) -> tuple[float, float]:
    average, recall_before, best = 0.0, 0.0, 0.0
    for threshold in sorted(set(scores), reverse=True):
        chosen = scores >= threshold
        precision, recall = positive[chosen].mean(), positive[chosen].sum() / positive.sum()
        average += (recall - recall_before) * precision
        recall_before = recall
        if precision + recall:
            best = max(best, 2 * precision * recall / (precision + recall))
    return average, best


def test_average_precision_and_f1_of_a_known_ranking() -> None:
    scores = np.array([0.9, 0.8, 0.7, 0.6])
    positive = np.array([True, False, True, False])
    average, best = metrics.average_precision_and_best_f1(scores, positive, *once(4))
    assert average == pytest.approx(0.5 * 1 + 0.5 * 2 / 3)
    assert best == pytest.approx(2 * (2 / 3) * 1 / (2 / 3 + 1))
    assert metrics.f1_at(scores, positive, 0.8, *once(4)) == pytest.approx(0.5)


@given(some_pairs)
def test_ties_count_together(pairs: Pairs) -> None:
    scores = np.array([score for score, _ in pairs], np.float64)
    positive = np.array([label for _, label in pairs])
    average, best = metrics.average_precision_and_best_f1(scores, positive, *once(len(pairs)))
    if not positive.any():
        assert np.isnan([average[0], best[0]]).all()
    else:
        assert (average[0], best[0]) == pytest.approx(by_definition(scores, positive))


@given(some_pairs, st.data())
def test_a_resampled_corpus_is_measured_as_if_its_words_were_written_so_often(
    pairs: Pairs, data: st.DataObject
) -> None:
    scores = np.array([score for score, _ in pairs], np.float64)
    positive = np.array([label for _, label in pairs])
    units = np.array(data.draw(st.lists(st.integers(0, 3), min_size=len(pairs), max_size=len(pairs))))
    weights = np.array([data.draw(st.lists(st.integers(0, 3), min_size=4, max_size=4)) for _ in range(20)])
    averages, bests = metrics.average_precision_and_best_f1(scores, positive, units, weights)
    shares = metrics.share(positive, units, weights)
    f1s = metrics.f1_at(scores, positive, 3, units, weights)
    errors = metrics.calibration_error(scores / 5, positive, units, weights)
    for i, counts in enumerate(weights):
        words = np.repeat(np.arange(len(pairs)), counts[units])
        if not len(words):
            assert np.isnan([averages[i], bests[i], shares[i], f1s[i], errors[i]]).all()
            continue
        assert shares[i] == pytest.approx(positive[words].mean())
        assert errors[i] == pytest.approx(ece(scores[words] / 5, positive[words]))
        if not positive[words].any():
            assert np.isnan([averages[i], bests[i], f1s[i]]).all()
            continue
        assert (averages[i], bests[i]) == pytest.approx(by_definition(scores[words], positive[words]))
        taken = scores[words] >= 3
        assert f1s[i] == pytest.approx(2 * (taken & positive[words]).sum() / (taken.sum() + positive[words].sum()))


def ece(probabilities: metrics.Floats, positive: metrics.Bools) -> float:
    """Guo et al. 2017, equation 3, read aloud."""
    total = 0.0
    for b in range(15):
        inside = (probabilities >= b / 15) & ((probabilities < (b + 1) / 15) | (b == 14))
        if inside.any():
            total += inside.sum() * abs(positive[inside].mean() - probabilities[inside].mean())
    return total / len(probabilities)


def test_the_calibration_error_of_known_words() -> None:
    probabilities, positive = np.array([0.1, 0.1, 0.9, 1.0]), np.array([False, True, True, True])
    # The bin of .1 says .1 and is .5; .9 and 1 fall into two bins.
    expected = (2 * 0.4 + 0.1 + 0.0) / 4
    assert metrics.calibration_error(probabilities, positive, *once(4)) == pytest.approx(expected)


def test_accuracy_counts_an_edge_to_the_class_above() -> None:
    scores = np.array([49.9, 50, 150, 250, 260])
    right = metrics.in_class(scores, np.array([0, 1, 2, 3, 2]), EDGES)
    assert right.tolist() == [True, True, True, True, False]
    assert metrics.share(right, *once(5)) == pytest.approx(0.8)


def test_the_same_seed_draws_the_same_samples() -> None:
    assert np.array_equal(metrics.bootstrap_weights(7, 5, 3), metrics.bootstrap_weights(7, 5, 3))
    assert not np.array_equal(metrics.bootstrap_weights(7, 5, 3), metrics.bootstrap_weights(7, 5, 4))
    assert metrics.bootstrap_weights(7, 5, 3)[0].tolist() == [1] * 7
    assert (metrics.bootstrap_weights(7, 5, 3).sum(axis=1) == 7).all()


def test_intervals_cover_the_truth_as_often_as_they_say() -> None:
    rng = np.random.default_rng(5)
    covered = 0
    for seed in range(200):
        which = rng.random(400) < 0.8
        figure = metrics.estimate(metrics.share(which, np.arange(400) // 4, metrics.bootstrap_weights(100, 200, seed)))
        assert figure is not None
        covered += figure.low <= 0.8 <= figure.high
    assert 180 <= covered <= 199  # of 190


def test_an_interval_of_words_that_go_together_is_wider() -> None:
    which = np.repeat(np.random.default_rng(1).random(50) < 0.5, 20)  # whole documents are right or wrong
    widths = []
    for units in (np.arange(1000) // 20, np.arange(1000)):
        figure = metrics.estimate(metrics.share(which, units, metrics.bootstrap_weights(int(units.max()) + 1, 400, 0)))
        assert figure is not None
        widths.append(figure.high - figure.low)
    assert widths[0] > 3 * widths[1]


def test_an_estimate_knows_when_there_is_none() -> None:
    assert metrics.estimate(np.array([np.nan, 0.5])) is None
    assert metrics.estimate(np.array([0.5])) == metrics.Estimate(0.5, 0.5, 0.5)
    assert metrics.estimate(np.array([0.5, np.nan])) == metrics.Estimate(0.5, 0.5, 0.5)


def test_neighbours_that_fall_are_pooled() -> None:
    at, rates, sizes = calibration.isotonic_regression(np.array([1.0, 2, 3, 4, 5]), np.array([0.0, 1, 0, 1, 1]))
    assert at.tolist() == [1, 2.5, 4.5]
    assert rates.tolist() == [0, 0.5, 1]
    assert sizes.tolist() == [1, 2, 2]


@given(st.lists(st.tuples(st.integers(0, 20), st.booleans()), min_size=2, max_size=60))
def test_isotonic_regression_is_the_nearest_that_never_falls(pairs: Pairs) -> None:
    """By the min-max formula (Robertson et al. 1988, theorem 1.4.4)."""
    places = np.array([place for place, _ in pairs], np.float64)
    values = np.array([label for _, label in pairs], np.float64)
    at, rates, sizes = calibration.isotonic_regression(places, values)
    assert (np.diff(at) > 0).all()
    assert (np.diff(rates) > 0).all()
    ends = np.cumsum(sizes).astype(int)
    fitted = np.repeat(rates, sizes.astype(int))
    known = sorted(set(places))
    order = np.sort(places)
    assert ends[-1] == len(pairs)
    for i, place in enumerate(order):
        lower = [p for p in known if p <= place]
        upper = [p for p in known if p >= place]
        best = max(min(values[(places >= a) & (places <= b)].mean() for b in upper) for a in lower)
        assert fitted[i] == pytest.approx(best)


def test_a_table_tells_the_probabilities_that_made_the_labels() -> None:
    rng = np.random.default_rng(2)
    scores = np.concatenate([rng.random(20_000) * 300, rng.random(60_000) * 5])
    truth = 1 / (1 + np.exp((200 - scores) / 20))
    table = calibration.fit_table(scores, rng.random(80_000) < truth)
    assert isinstance(table, Calibration)  # which checks that it rises
    assert 2 < len(table.scores) <= calibration.MAX_KNOTS
    probabilities = np.interp(scores, table.scores, table.probabilities)
    assert np.abs(probabilities - truth)[:20_000].mean() < 0.02
    fresh = rng.random(80_000) < truth
    assert metrics.calibration_error(probabilities, fresh, *once(80_000)) < 0.01


@given(st.lists(st.tuples(st.floats(0, 300, width=32), st.booleans()), min_size=1, max_size=60))
def test_any_words_give_a_table_that_a_manifest_takes(pairs: list[tuple[float, bool]]) -> None:
    table = calibration.fit_table(np.array([score for score, _ in pairs]), np.array([label for _, label in pairs]))
    assert len(table.scores) <= calibration.MAX_KNOTS
    assert 0 < table.probabilities[-1] < 1  # nothing is ever certain
