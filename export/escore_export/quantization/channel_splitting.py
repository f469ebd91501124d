"""Outlier channel splitting (Zhao et al. 2019): a channel too large for its neighbors becomes several copies of itself.

It does not change what the model computes. RoBERTa-like models have a neuron or two a layer that fire for <s> alone,
ten times as high as any other, and one scale serves a whole window.
"""

import torch
from torch import Tensor

from escore_export.quantization.calibrate import InputStatistics

CHANNELS_PER_COPY = 48  # one channel in so many may be copied
_MULTIPLE = 16  # widths stay multiples of it: processors work on so many channels at a time


def count_copies(inputs: InputStatistics) -> Tensor:
    """How many copies of each channel to have (int64, [channels]): always one more of the largest that is left."""
    counts = torch.ones_like(inputs.max_abs, dtype=torch.int64)
    extra = len(counts) // CHANNELS_PER_COPY // _MULTIPLE * _MULTIPLE
    for _ in range(extra):
        counts[int(torch.argmax(inputs.max_abs / counts))] += 1
    return counts


def split_channels(inputs: InputStatistics, counts: Tensor) -> tuple[InputStatistics, Tensor]:
    """The inputs once each channel is spread evenly over its copies, and which channel each copy is of (int64)."""
    index = torch.repeat_interleave(torch.arange(len(counts)), counts)
    share = 1 / counts[index].double()
    second_moment = inputs.second_moment[index][:, index] * share[:, None] * share
    return InputStatistics(inputs.max_abs[index] * share, second_moment), index
