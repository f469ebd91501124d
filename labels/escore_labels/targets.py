"""What a word should score, by its label and by what a model says of it: for everything that learns from labels.

Scores are 0..3 here, as models are trained on them.
"""

import numpy as np
from numpy.typing import NDArray

from escore.scale import EDGES, MAX_SCORE
from escore_labels.tokens import ENTITY, Token

# What a word of each class should score, as the shipped model does: none, common noun, proper noun, entity.
CLASS_SCORES = (0.03, 1.0, 1.97, 2.95)
EDGE_SLOPE = 3.0  # of the sigmoid from a logit's distance to an edge to the probability of being beyond it
_CERTAIN = 0.03  # a target number stays so far from both ends of 0..3, where the sigmoid would never arrive

Floats = NDArray[np.float64]


def word_target(token: Token, predicted: float, beyond: Floats) -> tuple[float, Floats] | None:
    """What a word should score, and how probable it is then to lie beyond each edge between two classes ([3]).

    predicted, beyond: the same by the model.
    None where the label leaves the word to the model, or agrees with it.
    """
    if token.target is not None:
        score = min(max(token.target / 100, _CERTAIN), 3 - _CERTAIN)
        return score, beyond_edges(np.array(score))
    if token.low == token.high:
        return CLASS_SCORES[token.low], (np.arange(3) < token.low).astype(np.float64)
    if token.high < ENTITY and class_of(predicted) > token.high:
        return _outside_of_entities(beyond)
    return None


def _outside_of_entities(beyond: Floats) -> tuple[float, Floats]:
    """What the model would say of a word if it knew that it is in no entity, by its own odds of the other classes."""
    odds = np.maximum(-np.diff(beyond, prepend=1.0), 1e-6)  # none, noun, proper
    odds = odds / odds.sum()
    score = float((odds * CLASS_SCORES[:3]).sum())
    return score, np.array([odds[1] + odds[2], odds[2], 0.0])


def beyond_edges(scores: Floats) -> Floats:
    """The probability of lying beyond each edge between two classes ([...] to [..., 3])."""
    distance = _logit(np.asarray(scores) / 3)[..., None] - _logit(np.array(EDGES) / MAX_SCORE)
    probabilities: Floats = 1 / (1 + np.exp(-EDGE_SLOPE * distance))
    return probabilities


def class_of(score: float) -> int:
    """The class whose edges a score lies between."""
    return int(np.searchsorted(EDGES, 100 * score, side="right"))


def _logit(share: Floats) -> Floats:
    logit: Floats = np.log(share) - np.log1p(-share)
    return logit
