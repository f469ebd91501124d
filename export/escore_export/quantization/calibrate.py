"""What the linear layers of the encoder see in real text: the ground on which quantization decides.

All of it in float64, so that roundings which differ between processors do not reach what is decided.
"""

import copy
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import torch
from torch import Tensor, nn
from torch.utils.hooks import RemovableHandle

from escore.pipeline.windows import Window
from escore_export.graph.fuse import Scores

# Names in transformers' RobertaLayer; key and value see what query sees.
PRODUCTS = ("attention.self.query", "attention.output.dense", "intermediate.dense", "output.dense")


@dataclass(frozen=True, slots=True)
class Inputs:
    """The inputs of one linear layer, in float64.

    `peak` is the largest magnitude of each channel ([channels]), `moment` the mean of x xᵀ over all tokens
    ([channels, channels]).
    """

    peak: Tensor
    moment: Tensor


@dataclass(frozen=True, slots=True)
class Layer:
    """The inputs of an encoder layer's products: query, key and value; attention's output; up; down."""

    attention: Inputs
    out: Inputs
    up: Inputs
    down: Inputs


def collect(model: Scores, ends: tuple[int, int], windows: Sequence[Window]) -> Iterator[Layer]:
    """Run the encoder over `windows`, layer by layer, and say of each what its products saw.

    `ends` are the ids of <s> and </s>. One layer's numbers are held at a time, whatever the size of the model.
    """
    with torch.no_grad():
        embeddings = copy.deepcopy(model.roberta.embeddings).double()
        states = []
        for window in windows:
            ids = torch.tensor([[ends[0], *window.ids.tolist(), ends[1]]])
            positions = torch.arange(ids.shape[1]) + 1 + embeddings.padding_idx
            words = embeddings.word_embeddings(ids) + embeddings.position_embeddings(positions)
            states.append(embeddings.LayerNorm(words))
        for original in model.roberta.encoder.layer:
            layer = copy.deepcopy(original).double()
            watched = [_Watch(layer.get_submodule(name)) for name in PRODUCTS]
            states = [layer(state)[0] for state in states]
            yield Layer(*(watch.seen() for watch in watched))


class _Watch:
    """Adds up what a linear layer sees."""

    def __init__(self, linear: nn.Module) -> None:
        size = int(linear.in_features)  # type: ignore[arg-type]
        self._peak = torch.zeros(size, dtype=torch.float64)
        self._sum = torch.zeros(size, size, dtype=torch.float64)
        self._tokens = 0
        self._handle: RemovableHandle = linear.register_forward_pre_hook(self._see)

    def _see(self, _: nn.Module, inputs: tuple[Tensor]) -> None:
        values = inputs[0].flatten(0, -2)
        self._peak = torch.maximum(self._peak, values.abs().amax(0))
        self._sum += values.T @ values
        self._tokens += len(values)

    def seen(self) -> Inputs:
        self._handle.remove()
        return Inputs(self._peak, self._sum / self._tokens)
