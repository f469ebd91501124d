"""The hidden states of texts as directions, which are all that a personal head reads of them."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from escore_adapt.basis import Projection, Singles


@dataclass(frozen=True, slots=True, eq=False)
class Projections:
    """Of tokens' hidden states, and of windows' means."""

    tokens: Projection
    window_means: Projection


@dataclass(frozen=True, slots=True, eq=False)
class Directions:
    """Tokens of texts, projected; or before that, as hidden states (float32).

    tokens: [tokens, dimensions].
    window_means: of the states of all tokens of each window ([windows, dimensions]).
    windows: the window that gives each token's score (int, [tokens]).
    """

    tokens: Singles
    window_means: Singles
    windows: NDArray[np.int64]


def project(states: Directions, projections: Projections) -> Directions:
    """The directions of hidden states."""
    tokens, means = projections.tokens(states.tokens), projections.window_means(states.window_means)
    return Directions(tokens, means, states.windows)


def concatenate(parts: Sequence[Directions]) -> Directions:
    """The tokens of several texts, one after the other."""
    first_windows = np.cumsum([0, *(len(part.window_means) for part in parts)])
    return Directions(
        np.concatenate([part.tokens for part in parts]),
        np.concatenate([part.window_means for part in parts]),
        np.concatenate([part.windows + first for part, first in zip(parts, first_windows, strict=False)]),
    )
