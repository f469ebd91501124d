"""Make activations easier to quantize: move the size of their largest channels into the weights.

SmoothQuant (Xiao et al. 2023, equation 4). An activation has one scale for all its channels, so a few large ones leave
the rest few steps; a weight matrix has the range of the others to spare. The function stays the same.
"""

from collections.abc import Sequence

import torch
from torch import Tensor, nn
from torch.utils.hooks import RemovableHandle

from escore.plan import Window
from escore_export.graph import Scores

ALPHA = 0.7  # how much of the difference moves; chosen among .6, .7 and .8, see docs/quantization.md
_LEAST = 1e-5


class Smoothed(nn.Module):
    """A linear layer whose input is divided by a scale a channel, its weights multiplied by the same."""

    inverse: Tensor

    def __init__(self, linear: nn.Linear, scales: Tensor) -> None:
        super().__init__()
        self.linear = nn.Linear(linear.in_features, linear.out_features)
        self.linear.weight = nn.Parameter(linear.weight.detach() * scales)
        self.linear.bias = linear.bias
        self.register_buffer("inverse", 1 / scales)

    def forward(self, values: Tensor) -> Tensor:
        """float32 [.., in] → float32 [.., out], as the layer that it replaces gives."""
        return self.linear(values * self.inverse)  # type: ignore[no-any-return]


def smooth(model: Scores, ends: tuple[int, int], windows: Sequence[Window]) -> None:
    """Replace the encoder's linear layers in place, with scales from what they see in `windows`.

    `ends` are the ids of <s> and </s>.
    """
    layers = {name: layer for name, layer in model.roberta.encoder.named_modules() if isinstance(layer, nn.Linear)}
    largest = {name: torch.zeros(layer.in_features) for name, layer in layers.items()}

    def watch(name: str) -> RemovableHandle:
        def hook(_: nn.Module, inputs: tuple[Tensor]) -> None:
            largest[name] = torch.maximum(largest[name], inputs[0].abs().amax((0, 1)))

        return layers[name].register_forward_pre_hook(hook)

    hooks = [watch(name) for name in layers]
    with torch.no_grad():
        for window in windows:
            ids = torch.tensor([[ends[0], *window.ids.tolist(), ends[1]]])
            model(ids, torch.ones_like(ids))
    for hook in hooks:
        hook.remove()
    for name, layer in layers.items():
        weights = layer.weight.detach().abs().amax(0)
        scales = largest[name].clamp(min=_LEAST) ** ALPHA / weights.clamp(min=_LEAST) ** (1 - ALPHA)
        model.roberta.encoder.set_submodule(name, Smoothed(layer, scales / scales.mean()))
