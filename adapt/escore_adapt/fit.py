"""Fit a personal head: ridge regression on radial basis functions, and a classifier that tells the person's texts.

Kernel ridge regression in Nyström's form (Williams & Seeger 2001, "Using the Nyström method to speed up kernel
machines"): few centers, all tokens as equations.
"""

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from escore.bundle.personal_head import BasisNetwork, HeadArrays
from escore.scale import EDGES, MAX_SCORE
from escore_adapt.basis import (
    Floats,
    Projection,
    Singles,
    basis,
    fit_classifier,
    fit_ridge,
    network_values,
)
from escore_adapt.projections import Directions, Projections
from escore_adapt.token_changes import TokenChanges
from escore_evaluation import metrics
from escore_labels.targets import sigmoid

# Measured, see docs/how-to/adapt.md.
DIMENSIONS = 64  # of the directions
STRENGTHS = (1.0, 0.8, 0.6, 0.4, 0.2)  # shares of the change that are tried, from the largest on
_CENTERS = 256  # of the network that says how scores change, at most; at most two thirds are corrected tokens
_WINDOW_CENTERS = 100  # of the gate, at most
_RIDGE = _GATE_RIDGE = 0.1  # how strongly weights are held back
_ANCHORS = 1000  # tokens of those general texts that look most like the person's, which should not change
_FOLDS = 4  # of the cross-validation


def fit_head(own: TokenChanges, general: Directions, projections: Projections, seed: int) -> HeadArrays:
    """A head of full strength, from what the labels ask and general text, which should not change."""
    rng = np.random.default_rng(seed)
    used = np.unique(own.directions.windows)
    gate = _fit_gate(own.directions.window_means[used], general.window_means, projections.window_means, rng)
    own_gates = sigmoid(network_values(gate, own.directions.window_means))[own.directions.windows]
    general_gates = sigmoid(network_values(gate, general.window_means))[general.windows]
    anchors = np.argsort(-general_gates, kind="stable")[:_ANCHORS]
    still = np.concatenate([own.directions.tokens[~own.is_corrected], general.tokens[anchors]])
    centers = _draw_centers(own.directions.tokens[own.is_corrected], still, _CENTERS, rng)
    inputs = np.concatenate(
        [
            basis(own.directions.tokens, centers) * own_gates[:, None],
            basis(general.tokens[anchors], centers) * general_gates[anchors, None],
        ]
    )
    change = np.concatenate([own.change, np.zeros(len(anchors))])
    weights = fit_ridge(inputs, change, _RIDGE * basis(centers, centers))
    network = _network(projections.tokens, centers, weights, 0.0)
    return HeadArrays(network, gate)


def _fit_gate(own: Singles, general: Singles, projection: Projection, rng: np.random.Generator) -> BasisNetwork:
    """What is positive for windows like the person's; far from all of these it is negative."""
    centers = own if len(own) <= _WINDOW_CENTERS else own[_draw(len(own), _WINDOW_CENTERS, rng)]
    inputs = basis(np.concatenate([own, general]), centers)
    weights = fit_classifier(inputs, np.arange(len(inputs)) < len(own), _GATE_RIDGE)
    return _network(projection, centers, weights[:-1], float(weights[-1]))


def _draw_centers(corrected: Singles, still: Singles, count: int, rng: np.random.Generator) -> Singles:
    first = corrected[_draw(len(corrected), count * 2 // 3, rng)]
    return np.concatenate([first, still[_draw(len(still), count - len(first), rng)]])


def _draw(size: int, count: int, rng: np.random.Generator) -> NDArray[np.int64]:
    return np.sort(rng.permutation(size)[:count])


def _network(projection: Projection, centers: Singles, weights: Floats, bias: float) -> BasisNetwork:
    arrays = projection.matrix, projection.offset, centers, weights.astype(np.float32), np.array([bias], np.float32)
    return BasisNetwork(*arrays)


def head_change(head: HeadArrays, directions: Directions) -> Floats:
    """What the head adds to the logit of each token ([tokens])."""
    gates = sigmoid(network_values(head.gate, directions.window_means))[directions.windows]
    return network_values(head.change, directions.tokens) * gates


def scale_head(head: HeadArrays, strength: float) -> HeadArrays:
    """The head with a share of its change."""
    change = replace(head.change, weights=(strength * head.change.weights).astype(np.float32))
    return HeadArrays(change, head.gate)


def choose_strength(own: TokenChanges, general: Directions, projections: Projections, seed: int) -> float:
    """The strength that ranks the tokens of corrected texts best by a head from the others; 0 where none does better.

    Cross-validation over texts, by average precision of what should be an entity, or by the cross-entropy of all tokens
    where everything should, or nothing; 1 for a single text, which cannot be divided.
    """
    texts = np.unique(own.text_numbers)
    if len(texts) < 2:
        return 1.0
    folds = np.searchsorted(texts, own.text_numbers) % min(_FOLDS, len(texts))
    change = np.zeros(len(own.base))
    for fold in np.unique(folds):
        head = fit_head(_select(own, folds != fold), general, projections, seed)
        change[folds == fold] = head_change(head, _select(own, folds == fold).directions)
    target = sigmoid(own.base + own.change)
    strengths: Sequence[float] = (0.0, *STRENGTHS)
    is_entity = MAX_SCORE * target >= EDGES[2]
    loss = _cross_entropy if is_entity.all() or not is_entity.any() else _lack_of_precision
    return min(strengths, key=lambda strength: loss(target, sigmoid(own.base + strength * change)))


def _lack_of_precision(target: Floats, probabilities: Floats) -> float:
    one_unit, one_sample = np.zeros(len(target), np.int64), np.ones((1, 1), np.int64)
    is_entity = MAX_SCORE * target >= EDGES[2]
    return -float(metrics.average_precision_and_best_f1(probabilities, is_entity, one_unit, one_sample)[0][0])


def _cross_entropy(target: Floats, probabilities: Floats) -> float:
    safe = np.clip(probabilities, 1e-9, 1 - 1e-9)
    return float(-(target * np.log(safe) + (1 - target) * np.log1p(-safe)).sum())


def _select(own: TokenChanges, chosen: NDArray[np.bool_]) -> TokenChanges:
    directions = replace(own.directions, tokens=own.directions.tokens[chosen], windows=own.directions.windows[chosen])
    parts = (getattr(own, name)[chosen] for name in ("base", "change", "is_corrected", "text_numbers"))
    return TokenChanges(directions, *parts)
