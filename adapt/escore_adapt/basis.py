"""Networks of radial basis functions (see escore.bundle.personal_head): their inputs, values, and fits."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from escore.bundle.personal_head import BasisNetwork
from escore_labels.targets import sigmoid

_SMALLEST_VARIANCE = 1e-5  # of the largest: what varies less says nothing, and is not scaled up
_JITTER = 1e-4  # keeps equations solvable where centers coincide
_STEPS = 12  # of Newton's method

Floats = NDArray[np.float64]
Singles = NDArray[np.float32]


@dataclass(frozen=True, slots=True, eq=False)
class Projection:
    """From hidden states to directions: the main components of general text, each scaled to unit variance.

    matrix: float32, [width, dimensions].
    offset: float32, [dimensions].
    """

    matrix: Singles
    offset: Singles

    def __call__(self, states: Singles) -> Singles:
        """The directions ([n, dimensions], of length 1) of states ([n, width])."""
        projected = states @ self.matrix + self.offset
        directions: Singles = projected / (np.linalg.norm(projected, axis=1, keepdims=True) + np.float32(1e-6))
        return directions


def fit_projection(states: Singles, dimensions: int) -> Projection:
    """Principal components of states ([n, width]), whitened."""
    mean = states.mean(axis=0, dtype=np.float64)
    centered = (states - mean).astype(np.float64)
    variances, components = np.linalg.eigh(centered.T @ centered / max(1, len(states) - 1))
    variances, components = variances[::-1][:dimensions], components[:, ::-1][:, :dimensions]
    matrix = components / np.sqrt(np.maximum(variances, _SMALLEST_VARIANCE * variances[0]))
    return Projection(matrix.astype(np.float32), (-mean @ matrix).astype(np.float32))


def basis(directions: Singles, centers: Singles) -> Floats:
    """exp(-|z - c|²) of each direction and each center ([n, centers])."""
    squares = (directions * directions).sum(1)[:, None] + (centers * centers).sum(1)
    values: Floats = np.exp(-np.maximum(0, squares - 2 * directions @ centers.T)).astype(np.float64)
    return values


def network_values(network: BasisNetwork, directions: Singles) -> Floats:
    """The network's values ([n]) at directions ([n, dimensions])."""
    values: Floats = basis(directions, network.centers) @ network.weights.astype(np.float64) + float(network.bias[0])
    return values


def fit_classifier(inputs: Floats, positive: NDArray[np.bool_], ridge: float) -> Floats:
    """Logistic regression with a bias: the weights ([columns + 1], the bias last), by Newton's method.

    inputs: [n, columns]. Both classes weigh the same, however many there are of each.
    """
    columns = np.column_stack([inputs, np.ones(len(inputs))])
    counts = max(1, positive.sum()), max(1, (~positive).sum())
    importance = np.where(positive, counts[1] / counts[0], 1.0)
    penalty = np.diag([ridge] * inputs.shape[1] + [1e-6])
    weights: Floats = np.zeros(columns.shape[1])
    for _ in range(_STEPS):
        probabilities = sigmoid(columns @ weights)
        curvature = importance * np.maximum(probabilities * (1 - probabilities), 1e-4)
        gradient = columns.T @ (importance * (probabilities - positive)) + penalty @ weights
        weights = weights - np.linalg.solve((columns * curvature[:, None]).T @ columns + penalty, gradient)
    return weights


def fit_ridge(inputs: Floats, values: Floats, penalty: Floats) -> Floats:
    """The weights w ([columns]) of the least (inputs @ w - values)² + w @ penalty @ w."""
    equations = inputs.T @ inputs + penalty + _JITTER * np.eye(inputs.shape[1])
    weights: Floats = np.linalg.solve(equations, inputs.T @ values).astype(np.float64)
    return weights
