"""What words should score, by their labels and by what a model says of them: for everything that learns from labels.

Scores are 0..3 here, as models are trained on them: POINTS of the scale from 0 to 300 make one.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from escore.scale import EDGES, MAX_SCORE
from escore_labels.texts import LabeledText
from escore_labels.tokens import ENTITY, Token

POINTS = MAX_SCORE / ENTITY
# What a word of each class should score, as the shipped model does: none, common noun, proper noun, entity.
CLASS_SCORES = (0.03, 1.0, 1.97, 2.95)
EDGE_SLOPE = 3.0  # of the sigmoid from a logit's distance to an edge to the probability of being beyond it
_CERTAIN = 0.03  # a target number stays so far from both ends of 0..3, where the sigmoid would never arrive

Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True, eq=False)
class TokenTargets:
    """What the labels of a text ask of its tokens.

    words: the labeled word of each token; -1 before the first word (int, [tokens]).
    score: what it should score (0..3); nan where its label leaves it to the model, or agrees with it ([tokens]).
    beyond: how probable it is then to lie beyond each edge between two classes; nan as in `score` ([tokens, 3]).
    is_corrected: whether its word's label asks for another class than the model (bool, [tokens]).
    corrections: how many words are corrected.
    """

    words: NDArray[np.int64]
    score: Floats
    beyond: Floats
    is_corrected: NDArray[np.bool_]
    corrections: int


def token_targets(
    text: LabeledText, starts: NDArray[np.int32], counts: NDArray[np.int32], scores: NDArray[np.floating]
) -> TokenTargets:
    """What the labels of a text ask of its tokens. What a model says of a word is the mean of its tokens.

    starts, counts: where each word of the model starts in the text, and how many tokens it has ([words], in order).
    scores: what the model says of each token (0..3, [tokens]).
    """
    label_starts = np.array([start for start, _ in text.spans], np.int64)
    words = np.repeat(np.searchsorted(label_starts, starts, side="right") - 1, counts)
    is_labeled = words >= 0
    numbers, firsts, places, sizes = np.unique(
        words[is_labeled], return_index=True, return_inverse=True, return_counts=True
    )
    model_scores = scores[is_labeled].astype(np.float64)
    predicted = np.add.reduceat(model_scores, firsts) / sizes
    beyond = np.add.reduceat(beyond_edges(model_scores), firsts) / sizes[:, None]
    score, beyond = word_targets([text.tokens[number] for number in numbers.tolist()], predicted, beyond)
    is_corrected = ~np.isnan(score) & (classes_of(predicted) != classes_of(score))
    targets = TokenTargets(
        words,
        np.full(len(words), np.nan),
        np.full((len(words), 3), np.nan),
        np.zeros(len(words), np.bool_),
        int(is_corrected.sum()),
    )
    targets.score[is_labeled], targets.beyond[is_labeled] = score[places], beyond[places]
    targets.is_corrected[is_labeled] = is_corrected[places]
    return targets


def word_targets(labels: Sequence[Token], predicted: Floats, beyond: Floats) -> tuple[Floats, Floats]:
    """What words should score ([words]), and how probable they are to lie beyond each edge ([words, 3]).

    predicted, beyond: the same by the model.
    nan where a label leaves its word to the model, or agrees with it.
    """
    low, high = (np.array([getattr(label, name) for label in labels], np.int64) for name in ("low", "high"))
    number = np.array([np.nan if label.target is None else label.target for label in labels]) / POINTS
    score, probabilities = np.full(len(labels), np.nan), np.full((len(labels), 3), np.nan)
    outside = (low < high) & (high < ENTITY) & (classes_of(predicted) > high)
    score[outside], probabilities[outside] = _outside_of_entities(beyond[outside])
    certain = low == high
    score[certain] = np.array(CLASS_SCORES)[low[certain]]
    probabilities[certain] = np.arange(3) < low[certain, None]
    given = ~np.isnan(number)
    score[given] = np.clip(number[given], _CERTAIN, MAX_SCORE / POINTS - _CERTAIN)
    probabilities[given] = beyond_edges(score[given])
    return score, probabilities


def _outside_of_entities(beyond: Floats) -> tuple[Floats, Floats]:
    """What the model would say of words if it knew that they are in no entity, by its odds of the other classes."""
    odds = np.maximum(-np.diff(beyond, prepend=1.0), 1e-6)  # none, noun, proper
    odds = odds / odds.sum(axis=1, keepdims=True)
    probabilities = np.column_stack([odds[:, 1] + odds[:, 2], odds[:, 2], np.zeros(len(odds))])
    return odds @ np.array(CLASS_SCORES[:3]), probabilities


def beyond_edges(scores: Floats) -> Floats:
    """The probability of lying beyond each edge between two classes ([...] to [..., 3])."""
    distance = logit(POINTS * np.asarray(scores) / MAX_SCORE)[..., None] - logit(np.array(EDGES) / MAX_SCORE)
    return sigmoid(EDGE_SLOPE * distance)


def classes_of(scores: ArrayLike) -> NDArray[np.int64]:
    """The class whose edges each score lies between."""
    return np.searchsorted(EDGES, POINTS * np.asarray(scores), side="right")


def class_of(score: float) -> int:
    """classes_of one score."""
    return int(classes_of(score))


def logit(shares: NDArray[np.floating]) -> Floats:
    """log(x / (1 - x)) of shares (0..1), which stay 1e-6 away from both ends."""
    inner = np.clip(shares.astype(np.float64), 1e-6, 1 - 1e-6)
    logits: Floats = np.log(inner) - np.log1p(-inner)
    return logits


def sigmoid(values: Floats) -> Floats:
    """1 / (1 + exp(-x))."""
    shares: Floats = 1 / (1 + np.exp(-np.clip(values, -60, 60)))
    return shares
