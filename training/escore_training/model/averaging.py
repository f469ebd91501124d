"""The mean of two states of a model, which often ranks words better than either (WiSE-FT; Wortsman et al. 2022)."""

import torch
from torch import Tensor, nn


def average_weights(model: nn.Module, before: dict[str, Tensor], weight: float) -> None:
    """Give the model the mean of its weights, with that weight (0..1), and those `before`, a copy of its state_dict."""
    with torch.no_grad():
        for name, value in model.state_dict().items():
            value.lerp_(before[name], 1 - weight)


def copy_weights(model: nn.Module) -> dict[str, Tensor]:
    """The weights as they are now, for `average_weights`."""
    return {name: value.clone() for name, value in model.state_dict().items()}
