"""Make activations easier to quantize: one scale serves a whole window, and a few large channels would take it all.

Two changes, neither of which changes what the model computes. SmoothQuant (Xiao et al. 2023, equation 4) moves the size
of large channels into the weights, which have the range of the others to spare. Outlier channel splitting (Zhao et al.
2019) gives a channel that is too large even for that to several copies of itself: RoBERTa-like models keep a neuron or
two a layer that fire for <s> alone, ten times as high as any other.
"""

from itertools import product

import torch
from torch import Tensor

from escore_export.quantization.calibrate import Inputs
from escore_export.quantization.gptq import steps

# How much of a channel's size may move into the weights; and of what is left after that, above which quantile channels
# give up the rest too. Each product takes what leaves it the least error.
ALPHAS = (0.4, 0.5, 0.6, 0.7, 0.8, 0.9)
LIMITS = (1.0, 0.99, 0.98)
COPIES = 48  # one channel in so many may be copied
_MULTIPLE = 16  # of which widths stay: processors work on so many channels at a time
_LEAST = 1e-5


def copies(inputs: Inputs) -> Tensor:
    """How many copies of each channel to have (int64, [channels]): always one more of the largest that is left."""
    counts = torch.ones_like(inputs.peak, dtype=torch.int64)
    extra = len(counts) // COPIES // _MULTIPLE * _MULTIPLE
    for _ in range(extra):
        counts[int(torch.argmax(inputs.peak / counts))] += 1
    return counts


def copied(inputs: Inputs, counts: Tensor) -> tuple[Inputs, Tensor]:
    """The inputs once each channel is spread evenly over its copies, and the channel that each one copies (int64)."""
    index = torch.repeat_interleave(torch.arange(len(counts)), counts)
    share = 1 / counts[index].double()
    moment = inputs.moment[index][:, index] * share[:, None] * share
    return Inputs(inputs.peak[index] * share, moment), index


def scales(inputs: Inputs, weights: Tensor) -> Tensor:
    """What to divide each input channel by, and to multiply its weights ([in, out]) by; float64, [in]."""
    peak = inputs.peak.clamp(min=_LEAST)
    tried = []
    for alpha, limit in product(ALPHAS, LIMITS):
        found = peak**alpha / weights.abs().amax(1).clamp(min=_LEAST) ** (1 - alpha)
        found = torch.maximum(found, peak / torch.quantile(peak / found, limit))
        tried.append(_coarse(found / found.mean()))
    power = inputs.moment.diagonal()
    return min(tried, key=lambda by: _error(inputs.peak / by, power / by**2, weights * by[:, None]))


def scaled(inputs: Inputs, factors: Tensor) -> Inputs:
    """The inputs divided by `factors`, channel by channel."""
    return Inputs(inputs.peak / factors, inputs.moment / factors[:, None] / factors)


def _error(peak: Tensor, power: Tensor, weights: Tensor) -> float:
    """The variance that rounding adds to all outputs together: a step²/12 for each activation and each weight.

    `peak` and `power` are the largest magnitude and the mean square of each input channel.
    """
    of_inputs = (2 * peak.amax() / 255) ** 2 * weights.square().sum()
    of_weights = steps(weights).square().sum() * power.sum()
    return float((of_inputs + of_weights) / 12)


def _coarse(values: Tensor) -> Tensor:
    """Eight significant bits: the last bits of float64 may differ between processors, and must not show."""
    mantissa, exponent = torch.frexp(values)
    return torch.ldexp(torch.round(mantissa * 256) / 256, exponent)
