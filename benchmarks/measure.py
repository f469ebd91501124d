"""Calls measured in turn, the ratio of two with its interval, and tables."""

import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import TypeVar

import numpy as np

from escore_evaluation.metrics import Estimate

T = TypeVar("T")
Pairs = list[tuple[float, float]]


def seconds(call: Callable[[], object]) -> float:
    """How long a call takes."""
    started = time.perf_counter()
    call()
    return time.perf_counter() - started


def in_turn(calls: Mapping[str, Callable[[], T]], rounds: int, warm_up: int = 1) -> dict[str, list[T]]:
    """The values of each call, called once a round; the first `warm_up` rounds do not count.

    Every second round goes backward, so that a drift of the machine hits all alike.
    """
    values: dict[str, list[T]] = {name: [] for name in calls}
    for number in range(-warm_up, rounds):
        for name in list(calls)[:: -1 if number % 2 else 1]:
            value = calls[name]()
            values[name] += [value] if number >= 0 else []
    return values


def paired(over: Callable[[], T], under: Callable[[], T], rounds: int, warm_up: int = 1) -> list[tuple[T, T]]:
    """The values of two calls, measured in turn."""
    return list(zip(*in_turn({"over": over, "under": under}, rounds, warm_up).values(), strict=True))


def estimate(pairs: Pairs) -> Estimate:
    """The median of the pairs' ratios, with its 95 % percentile bootstrap interval over the pairs (Efron 1979)."""
    ratios = np.array([over / under for over, under in pairs])
    medians = np.median(np.random.default_rng(1).choice(ratios, (10_000, len(ratios))), axis=1)
    return Estimate(float(np.median(ratios)), *map(float, np.percentile(medians, (2.5, 97.5))))


def table(head: Sequence[str], rows: Iterable[Sequence[str]], numbers_from: int | None = None) -> str:
    """A table in Markdown; columns from `numbers_from` on are aligned to the right."""
    left = len(head) if numbers_from is None else numbers_from
    lines = [f"| {' | '.join(cells)} |" for cells in (head, *rows)]
    return "\n".join((lines[0], "|---" * left + "|--:" * (len(head) - left) + "|", *lines[1:]))
