"""The optimiser of a training, and its learning rates over the steps."""

import math
from collections.abc import Iterable

import torch
from torch import nn


def adamw(
    slow: Iterable[nn.Parameter], fast: Iterable[nn.Parameter], rate: float, factor: float, decay: float
) -> torch.optim.AdamW:
    """AdamW at `rate` for the slow parameters, and `factor` times that for the fast ones; weights decay by `decay`."""
    groups = [{"params": list(slow), "lr": rate}, {"params": list(fast), "lr": rate * factor}]
    return torch.optim.AdamW(groups, weight_decay=decay, fused=True)


def cosine(optimizer: torch.optim.Optimizer, total: int, warmup: float) -> torch.optim.lr_scheduler.LambdaLR:
    """Rise over a `warmup` share of the `total` steps, then fall along a half cosine to nothing."""
    warm = max(1, int(warmup * total))

    def share(step: int) -> float:
        return min((step + 1) / warm, 0.5 + 0.5 * math.cos(math.pi * min(1.0, step / total)))

    return torch.optim.lr_scheduler.LambdaLR(optimizer, share)


def linear(optimizer: torch.optim.Optimizer, total: int, warmup: float) -> torch.optim.lr_scheduler.LambdaLR:
    """Rise over a `warmup` share of the `total` steps, and fall along a line to a fiftieth."""
    warm = max(1, int(warmup * total))
    return torch.optim.lr_scheduler.LambdaLR(
        optimizer, lambda step: min((step + 1) / warm, max(0.02, 1 - step / total))
    )
