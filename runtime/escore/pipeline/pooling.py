"""Stage four: what the model says of tokens to what it says of words."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True, slots=True, eq=False)
class WordOutputs:
    """What a model says of words.

    scores: float32, [words], 0..300.
    joins: the probability that a word goes on with the entity of the word before it (float32, [words], 0..1); None
        where the model has no such head.
    kinds: the probability of each of KINDS (float32, [words, 4], 0..1); None where the model has no such head.
    """

    scores: NDArray[np.float32]
    joins: NDArray[np.float32] | None = None
    kinds: NDArray[np.float32] | None = None


def pool(counts: NDArray[np.int32], tokens: NDArray[np.float32]) -> WordOutputs:
    """Scores and kinds of words are the mean of their tokens'; whether a word goes on is said at its first token.

    counts: tokens of each word ([words]); one without tokens has 0 everywhere.
    tokens: scores of all tokens in order ([tokens]), or columns of scores, joins and perhaps kinds ([tokens, columns]).
    """
    if tokens.ndim == 1:
        return WordOutputs(mean_pool(counts, tokens))
    means = mean_pool(counts, tokens)
    has_tokens = counts > 0
    joins = np.zeros(len(counts), np.float32)
    joins[has_tokens] = tokens[(np.cumsum(counts) - counts)[has_tokens], 1]
    return WordOutputs(np.ascontiguousarray(means[:, 0]), joins, means[:, 2:] if tokens.shape[1] > 2 else None)


def mean_pool(counts: NDArray[np.int32], values: NDArray[np.float32]) -> NDArray[np.float32]:
    """The mean of each word's tokens (float32, [words] or [words, columns]); 0 for a word without tokens.

    counts: tokens of each word ([words]).
    values: of all tokens in order ([tokens] or [tokens, columns]).
    """
    means = np.zeros((len(counts), *values.shape[1:]), np.float32)
    if not len(values):  # as of a blank line
        return means
    words = np.flatnonzero(counts)
    if len(words):
        firsts = (np.cumsum(counts) - counts)[words]
        sums = np.add.reduceat(values, firsts, axis=0, dtype=np.float64)
        means[words] = (sums.T / counts[words]).T
    return means
