"""GPTQ: round a weight matrix to 8 bits so that its products change least, and overflow on no processor."""

import torch
from torch import Tensor

MAX_WEIGHT = 127
# Processors without VNNI multiply unsigned 8-bit activations (at most 255) by two neighboring weights and add both in
# 16 bits, which saturate at 32,767. 255 × 128 = 32,640 fits, so a pair's magnitudes may add up to 128 and no more.
MAX_PAIR = 128
DAMPING = 0.03  # added to the moments' diagonal, as a share of its mean, so as not to overfit the calibration text
BLOCK_SIZE = 128


def step_sizes(weights: Tensor) -> Tensor:
    """The smallest step size of each output (float64, [out]) whose weights ([in, out]) keep to the limits."""
    size, outputs = weights.shape
    magnitudes = torch.cat([weights.abs(), torch.zeros(size % 2, outputs, dtype=weights.dtype)])
    pairs = magnitudes[0::2] + magnitudes[1::2]
    return torch.maximum(magnitudes.amax(0) / MAX_WEIGHT, pairs.amax(0) / MAX_PAIR).clamp(min=1e-12)


def round_weights(weights: Tensor, second_moment: Tensor) -> tuple[Tensor, Tensor]:
    """Round weights (float64, [in, out]) to int8 [in, out]; also gives the scale of each output (float32, [out]).

    GPTQ (Frantar et al. 2023, algorithm 1, in the order of falling diagonal): channel by channel, the error of
    rounding is passed on to the channels not yet rounded, such that the products with inputs of that `second_moment`
    (E[x xᵀ], float64, [in, in]) change least. Two weights of an output that are multiplied together (2k and 2k + 1)
    never add up to more than 128 steps, so that 8 bits are safe where other methods use 7.
    """
    size, outputs = weights.shape
    scales = step_sizes(weights).float()
    steps = scales.double()

    damped = second_moment.clone()
    mean = float(damped.diagonal().mean())
    damped.diagonal().add_(DAMPING * mean if mean > 0 else 1.0)
    order = torch.sort(-damped.diagonal(), stable=True).indices
    upper = torch.linalg.cholesky(torch.cholesky_inverse(torch.linalg.cholesky(damped[order][:, order])), upper=True)
    left = weights[order].clone()
    rounded = torch.zeros(size + 1, outputs, dtype=weights.dtype)  # one more: an odd last channel has a partner too
    for begin in range(0, size, BLOCK_SIZE):
        end = min(begin + BLOCK_SIZE, size)
        errors = torch.empty(end - begin, outputs, dtype=weights.dtype)
        for i in range(begin, end):
            channel = int(order[i])
            bound = (MAX_PAIR - rounded[channel ^ 1].abs()).clamp(max=MAX_WEIGHT)
            rounded[channel] = torch.clamp(torch.round(left[i] / steps), -bound, bound)
            errors[i - begin] = (left[i] - rounded[channel] * steps) / upper[i, i]
            left[i + 1 : end] -= upper[i, i + 1 : end, None] * errors[i - begin]
        left[end:] -= upper[begin:end, end:].T @ errors
    return rounded[:size].to(torch.int8), scales
