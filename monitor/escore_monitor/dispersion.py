"""By how much the counts of days differ more than chance alone would have it, for each entity.

Where names come in bursts, the variance of a day's count with the mean m is about m (1 + a m): of the negative binomial
distribution, which Church and Gale 1995 found for words in documents. All entities together tell `a`, and each tells
from its own days by how much it differs from that; both are weighed as by Smyth 2004: the more alike entities are, the
less each one's own estimate counts. Where nothing differs by more than chance, this says that counts are Poisson's.
"""

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.special import polygamma

_OFTEN = 1.0  # documents a day, from which on an entity tells something about all
_ENOUGH = 10  # such entities, before they do
_TRUSTED = 0.98  # quantile, above which an entity's own estimate counts no more than this
_MAD = 1.4826  # median absolute deviation to standard deviation, of normal values
_NO_SPREAD = 0.01  # variance of the logarithm of dispersions, below which entities are taken for alike

Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Dispersion:
    """The dispersion of each entity's counts.

    burstiness: the `a` of all entities.
    ratio: of each one's dispersion to what all let expect ([entities]).
    freedom: degrees of freedom of these; infinite where nothing is estimated.
    """

    burstiness: float
    ratio: Floats
    freedom: float

    def of(self, means: Floats) -> Floats:
        """The dispersion of the sum of days with these means ([entities, days]); 1 at least."""
        total = means.sum(axis=1)
        expected = 1 + self.burstiness * (means**2).sum(axis=1) / np.maximum(total, 1e-300)
        dispersion: Floats = np.maximum(1.0, expected * self.ratio)
        return dispersion


def estimate_dispersion(counts: Floats, means: Floats, parameters: Floats) -> Dispersion:
    """The dispersion of counts about their means ([entities, days] both).

    parameters: how many more than one the means of an entity were fitted with ([entities]).
    """
    days = counts.shape[1]
    degrees = np.maximum(1.0, days - 1 - parameters)
    with np.errstate(divide="ignore", invalid="ignore"):
        pearson = np.nansum((counts - means) ** 2 / means, axis=1) / degrees
    mean = means.mean(axis=1)
    often = mean >= _OFTEN
    if days < 3 or np.count_nonzero(often) < _ENOUGH:
        return Dispersion(0.0, np.maximum(1.0, pearson) if days >= 3 else np.ones(len(counts)), math.inf)
    squares = (means**2).sum(axis=1) / np.maximum(means.sum(axis=1), 1e-300)
    single = (pearson[often] - 1) / squares[often]
    burstiness = max(0.0, float(np.minimum(single, np.quantile(single, _TRUSTED)).mean()))
    expected = 1 + burstiness * squares
    logs = np.log(np.maximum(pearson[often], 1e-3) / expected[often])
    center = float(np.median(logs))
    spread = (_MAD * float(np.median(np.abs(logs - center)))) ** 2
    # Pearson's X² of Poisson counts: McCullagh and Nelder 1989, 4.4.5; of bursts, more or less that of normal ones.
    chance = float(np.mean((2 + 1 / (mean[often] * expected[often])) / degrees[often]))
    prior = _prior_degrees(spread - chance)
    if math.isinf(prior):
        return Dispersion(burstiness, np.full(len(counts), max(1.0, math.exp(center))), math.inf)
    ratio = (prior + degrees * pearson / expected) / (prior + degrees)
    return Dispersion(burstiness, ratio, prior + float(np.median(degrees)))


def _prior_degrees(variance: float) -> float:
    """The degrees of freedom d with trigamma(d / 2) = variance, by Newton's method (Smyth 2004, appendix)."""
    if variance <= _NO_SPREAD:
        return math.inf
    x = 0.5 + 1 / variance
    for _ in range(50):
        trigamma = float(polygamma(1, x))
        step = trigamma * (1 - trigamma / variance) / float(polygamma(2, x))
        x += step
        if abs(step) < 1e-8 * x:
            break
    return 2 * x
