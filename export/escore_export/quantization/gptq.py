"""Round a weight matrix to 8 bits so that its products change least, and can overflow on no processor."""

import torch
from torch import Tensor

LARGEST = 127
# Processors without VNNI multiply unsigned 8-bit activations (at most 255) by two neighbouring weights and add both in
# 16 bits, which saturate at 32,767. 255 × 128 = 32,640 fits, so a pair's magnitudes may add up to 128 and no more.
PAIR = 128
DAMPING = 0.03  # added to the moments' diagonal, as a share of its mean, lest the calibration's text be learnt by heart
_BLOCK = 128


def steps(weights: Tensor) -> Tensor:
    """The step of each output (float64, [out]) in which its weights ([in, out]) fit 8 bits, and pairs of them 128."""
    size, outputs = weights.shape
    magnitudes = torch.cat([weights.abs(), torch.zeros(size % 2, outputs, dtype=weights.dtype)])
    pairs = magnitudes[0::2] + magnitudes[1::2]
    return torch.maximum(magnitudes.amax(0) / LARGEST, pairs.amax(0) / PAIR).clamp(min=1e-12)


def round_weights(weights: Tensor, moment: Tensor) -> tuple[Tensor, Tensor]:
    """Weights (float64, [in, out]) as int8 [in, out], and the scale of each output (float32, [out]).

    GPTQ (Frantar et al. 2023, algorithm 1, in the order of falling diagonal): channel by channel, the error of
    rounding goes into the channels not yet rounded, as the `moment` of the inputs (E[x xᵀ], float64, [in, in]) says
    that it is felt least. Two weights of an output that are multiplied together (2k and 2k + 1) never add up to more
    than 128 steps, so that 8 bits are safe where others make do with 7.
    """
    size, outputs = weights.shape
    scales = steps(weights).float()
    step = scales.double()

    damped = moment.clone()
    mean = float(damped.diagonal().mean())
    damped.diagonal().add_(DAMPING * mean if mean > 0 else 1.0)
    order = torch.sort(-damped.diagonal(), stable=True).indices
    upper = torch.linalg.cholesky(torch.cholesky_inverse(torch.linalg.cholesky(damped[order][:, order])), upper=True)
    left = weights[order].clone()
    rounded = torch.zeros(size + 1, outputs, dtype=weights.dtype)  # one more: an odd last channel has a partner too
    for begin in range(0, size, _BLOCK):
        end = min(begin + _BLOCK, size)
        errors = torch.empty(end - begin, outputs, dtype=weights.dtype)
        for i in range(begin, end):
            channel = int(order[i])
            room = (PAIR - rounded[channel ^ 1].abs()).clamp(max=LARGEST)
            rounded[channel] = torch.clamp(torch.round(left[i] / step), -room, room)
            errors[i - begin] = (left[i] - rounded[channel] * step) / upper[i, i]
            left[i + 1 : end] -= upper[i, i + 1 : end, None] * errors[i - begin]
        left[end:] -= upper[begin:end, end:].T @ errors
    return rounded[:size].to(torch.int8), scales
