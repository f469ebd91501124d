"""Learning rates over a training."""

import math

import torch


def cosine(optimizer: torch.optim.Optimizer, total: int, warmup: float) -> torch.optim.lr_scheduler.LambdaLR:
    """Rise over a `warmup` share of the `total` steps, then fall along a half cosine to nothing."""
    warm = max(1, int(warmup * total))

    def share(step: int) -> float:
        return min((step + 1) / warm, 0.5 + 0.5 * math.cos(math.pi * min(1.0, step / total)))

    return torch.optim.lr_scheduler.LambdaLR(optimizer, share)
