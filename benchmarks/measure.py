"""Two things measured by turns, and what their ratio is: its median, and how sure that is."""

import warnings
from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeVar

import numpy as np
from scipy.stats import bootstrap

CONFIDENCE = 0.95

T = TypeVar("T")
Pairs = list[tuple[float, float]]


@dataclass(frozen=True, slots=True)
class Row:
    """One comparison: `pairs` of values of `over` and of `under`, each measured one right after the other.

    The row's figure is the ratio over / under. Where `under` is empty it is the value of `over` itself, whose partner
    is 1. `note` says in a line what was run.
    """

    name: str
    over: str
    under: str
    unit: str
    pairs: Pairs
    note: str = ""


@dataclass(frozen=True, slots=True)
class Estimate:
    """The median of ratios, and the ends of its confidence interval."""

    median: float
    low: float
    high: float


def paired(over: Callable[[], T], under: Callable[[], T], pairs: int, warm: int = 1) -> list[tuple[T, T]]:
    """Measure both `pairs` times, after `warm` times that do not count; every second pair begins with `under`."""
    found: list[tuple[T, T]] = []
    for number in range(-warm, pairs):
        if number % 2:
            second = under()
            first = over()
        else:
            first = over()
            second = under()
        if number >= 0:
            found.append((first, second))
    return found


def estimate(pairs: Pairs) -> Estimate:
    """The median ratio and its interval, by scipy's bootstrap over the pairs; one pair has no interval."""
    ratios = np.array([over / under for over, under in pairs])
    median = float(np.median(ratios))
    if len(ratios) < 2:
        return Estimate(median, median, median)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of equal values, whose interval is a point
        interval = bootstrap(
            (ratios,), np.median, confidence_level=CONFIDENCE, method="percentile", rng=np.random.default_rng(1)
        ).confidence_interval
    return Estimate(median, float(interval.low), float(interval.high))
