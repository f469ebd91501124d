"""How often words of a probability are part of an entity, in the bins of the calibration error."""

from dataclasses import dataclass

import numpy as np

from escore_evaluation import metrics
from escore_evaluation.metrics import Bools, Floats


@dataclass(frozen=True, slots=True)
class ReliabilityBin:
    """The words of a bin: how many, their mean probability, and the share of them that is part of an entity."""

    words: int
    probability: float
    share: float


def reliability_bins(probabilities: Floats, is_entity: Bools) -> list[ReliabilityBin]:
    """The bins that have words ([words] both), from the lowest probability on (Niculescu-Mizil and Caruana 2005)."""
    bins = metrics.bin_index(probabilities)
    sizes = np.bincount(bins, minlength=metrics.BINS)
    filled = sizes > 0
    means, shares = (
        np.bincount(bins, values, minlength=metrics.BINS)[filled] / sizes[filled]
        for values in (probabilities, is_entity)
    )
    columns = (column.tolist() for column in (sizes[filled], means, shares))
    return [ReliabilityBin(*values) for values in zip(*columns, strict=True)]
