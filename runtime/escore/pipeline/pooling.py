"""Stage four: scores of tokens into scores of words."""

import numpy as np
from numpy.typing import NDArray


def stitch(counts: NDArray[np.int32], scores: NDArray[np.float32]) -> NDArray[np.float32]:
    """The mean of each word's tokens: `counts` ([words]) tokens a word, `scores` ([tokens]) → float32, [words].

    A word without tokens scores 0.
    """
    means = np.zeros(len(counts), np.float32)
    some = np.flatnonzero(counts)
    if len(some):
        firsts = (np.cumsum(counts) - counts)[some]
        means[some] = np.add.reduceat(scores, firsts, dtype=np.float64) / counts[some]
    return means
