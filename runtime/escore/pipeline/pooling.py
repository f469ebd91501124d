"""Stage four: scores of tokens to scores of words."""

import numpy as np
from numpy.typing import NDArray


def mean_pool(counts: NDArray[np.int32], token_scores: NDArray[np.float32]) -> NDArray[np.float32]:
    """The mean score of each word's tokens (float32, [words]); 0 for a word without tokens.

    counts: tokens of each word ([words]).
    token_scores: scores of all tokens in order ([tokens]).
    """
    means = np.zeros(len(counts), np.float32)
    if not len(token_scores):  # as of a blank line
        return means
    words = np.flatnonzero(counts)
    if len(words):
        firsts = (np.cumsum(counts) - counts)[words]
        means[words] = np.add.reduceat(token_scores, firsts, dtype=np.float64) / counts[words]
    return means
