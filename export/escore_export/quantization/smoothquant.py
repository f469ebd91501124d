"""SmoothQuant (Xiao et al. 2023): move the size of large channels from activations into weights.

It does not change what the model computes. One scale serves the activations of a whole window, and large channels
leave the others few steps, while the weights have steps to spare.
"""

from itertools import product

import torch
from torch import Tensor

from escore_export.quantization.calibrate import InputStatistics
from escore_export.quantization.gptq import step_sizes

# How much of a channel's size may move into the weights (equation 4); and of what is left after that, above which
# quantile channels give up the rest too. Each product takes what leaves it the least error.
ALPHAS = (0.4, 0.5, 0.6, 0.7, 0.8, 0.9)
QUANTILES = (1.0, 0.99, 0.98)
_MIN = 1e-5


def smoothing_factors(inputs: InputStatistics, weights: Tensor) -> Tensor:
    """What to divide each input channel by, and to multiply its weights ([in, out]) by; float64, [in]."""
    max_abs = inputs.max_abs.clamp(min=_MIN)
    candidates = []
    for alpha, quantile in product(ALPHAS, QUANTILES):
        factors = max_abs**alpha / weights.abs().amax(1).clamp(min=_MIN) ** (1 - alpha)
        factors = torch.maximum(factors, max_abs / torch.quantile(max_abs / factors, quantile))
        candidates.append(_coarse(factors / factors.mean()))
    power = inputs.second_moment.diagonal()
    return min(candidates, key=lambda by: _error(inputs.max_abs / by, power / by**2, weights * by[:, None]))


def _error(max_abs: Tensor, power: Tensor, weights: Tensor) -> float:
    """The variance that rounding adds to all outputs together: a step²/12 for each activation and each weight.

    `max_abs` and `power` are the largest magnitude and the mean square of each input channel.
    """
    input_error = (2 * max_abs.amax() / 255) ** 2 * weights.square().sum()
    weight_error = step_sizes(weights).square().sum() * power.sum()
    return float((input_error + weight_error) / 12)


def _coarse(values: Tensor) -> Tensor:
    """Eight significant bits: the last bits of float64 may differ between processors, and must not show."""
    mantissa, exponent = torch.frexp(values)
    return torch.ldexp(torch.round(mantissa * 256) / 256, exponent)
