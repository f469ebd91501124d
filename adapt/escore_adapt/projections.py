"""The hidden states of texts as directions, which are all that a personal head reads of them."""

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from escore_adapt.basis import Projection, Singles
from escore_adapt.states import TextStates


@dataclass(frozen=True, slots=True, eq=False)
class Projections:
    """Of tokens' hidden states, and of windows' means."""

    tokens: Projection
    texts: Projection


@dataclass(frozen=True, slots=True, eq=False)
class Directions:
    """Tokens of texts, projected (float32).

    tokens: [tokens, dimensions].
    texts: of the windows' means ([windows, dimensions]).
    windows: the window of each token (int, [tokens]).
    """

    tokens: Singles
    texts: Singles
    windows: NDArray[np.int64]


def project(states: Iterable[TextStates], projections: Projections) -> Directions:
    """The directions of texts, one after the other; of each only these are kept."""
    tokens, texts, windows = [], [], []
    first = 0
    for text in states:
        tokens.append(projections.tokens(text.hidden))
        texts.append(projections.texts(text.means))
        windows.append(text.windows + first)
        first += len(text.means)
    return Directions(np.concatenate(tokens), np.concatenate(texts), np.concatenate(windows))
