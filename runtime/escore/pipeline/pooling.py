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
    scores, joins, kinds = tokens[:, 0], tokens[:, 1], tokens[:, 2:]
    firsts = (np.cumsum(counts) - counts)[counts > 0]
    word_joins = np.zeros(len(counts), np.float32)
    word_joins[counts > 0] = joins[firsts]
    columns = [mean_pool(counts, kind) for kind in kinds.T]
    return WordOutputs(
        mean_pool(counts, np.ascontiguousarray(scores)), word_joins, np.column_stack(columns) if columns else None
    )


def mean_pool(counts: NDArray[np.int32], values: NDArray[np.float32]) -> NDArray[np.float32]:
    """The mean of each word's tokens (float32, [words]); 0 for a word without tokens.

    counts: tokens of each word ([words]).
    values: of all tokens in order ([tokens]).
    """
    means = np.zeros(len(counts), np.float32)
    if not len(values):  # as of a blank line
        return means
    words = np.flatnonzero(counts)
    if len(words):
        firsts = (np.cumsum(counts) - counts)[words]
        means[words] = np.add.reduceat(values, firsts, dtype=np.float64) / counts[words]
    return means
