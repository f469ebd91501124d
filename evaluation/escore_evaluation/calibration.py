"""From a score to a probability: isotonic regression of "is part of a named entity" on the score, as a short table."""

import numpy as np
from numpy.typing import NDArray

from escore.bundle.manifest import Calibration

KNOTS = 20  # of a table, at most
_TOP = 300.0

Floats = NDArray[np.float64]


def fit(scores: Floats, positive: NDArray[np.bool_]) -> Calibration:
    """The table that says best how probable it is that a word of a score (0..300) is positive ([words] both).

    A positive word of score 0 and a negative one of 300 are added, so that nothing is ever certain.
    """
    known = np.append(scores, [0.0, _TOP])
    at, rates, sizes = isotonic(known, np.append(positive, [True, False]).astype(np.float64))
    kept = _reduced(at, rates, sizes)
    rounded, first = np.unique(np.round(at[kept], 2), return_index=True)
    return Calibration(tuple(rounded.tolist()), tuple(np.round(rates[kept], 6)[first].tolist()))


def isotonic(at: Floats, values: Floats) -> tuple[Floats, Floats, Floats]:
    """The never falling function of `at` that is nearest to `values` in squares: blocks of equal value, in order.

    Gives the mean place, value and size of each block. Pools neighbours that fall until none does (pool adjacent
    violators: Ayer et al. 1955, "An empirical distribution function for sampling with incomplete information").
    """
    places, group, counts = np.unique(at, return_inverse=True, return_counts=True)
    blocks: list[tuple[float, float, float]] = []  # sums of places and of values, and the number of both
    for place, total, count in zip(places, np.bincount(group, values), counts, strict=True):
        block = (float(place) * float(count), float(total), float(count))
        while blocks and blocks[-1][1] * block[2] >= block[1] * blocks[-1][2]:  # rates, without the division
            before = blocks.pop()
            block = (before[0] + block[0], before[1] + block[1], before[2] + block[2])
        blocks.append(block)
    sums, totals, sizes = np.array(blocks).T
    return sums / sizes, totals / sizes, sizes


def _reduced(at: Floats, rates: Floats, sizes: Floats) -> list[int]:
    """The blocks to keep, at most KNOTS, so that lines between them stay near to all: the least useful goes first."""
    kept = list(range(len(at)))
    while len(kept) > KNOTS:
        errors = []
        for i in range(1, len(kept) - 1):
            rest = kept[:i] + kept[i + 1 :]
            errors.append(float((sizes * (np.interp(at, at[rest], rates[rest]) - rates) ** 2).sum()))
        del kept[1 + int(np.argmin(errors))]
    return kept
