"""Calibration: statistics of what the linear layers of the encoder read in real text, on which quantization is based.

All in float64, so that what differs between processors in the last bits does not change a decision.
"""

import copy
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import torch
from torch import Tensor, nn
from torch.utils.hooks import RemovableHandle

from escore.pipeline.windows import Window
from escore_export.graph.scoring_model import ScoringModel

# Names in transformers' RobertaLayer; key and value read what query reads.
LINEAR_LAYERS = ("attention.self.query", "attention.output.dense", "intermediate.dense", "output.dense")


@dataclass(frozen=True, slots=True)
class InputStatistics:
    """The inputs of one linear layer over all tokens.

    max_abs: the largest magnitude of each channel (float64, [channels]).
    second_moment: the mean of x xᵀ (float64, [channels, channels]).
    """

    max_abs: Tensor
    second_moment: Tensor

    def divide(self, factors: Tensor) -> "InputStatistics":
        """Those of the inputs divided by `factors` (float64, [channels])."""
        return InputStatistics(self.max_abs / factors, self.second_moment / factors[:, None] / factors)


@dataclass(frozen=True, slots=True)
class LayerStatistics:
    """The inputs of an encoder layer's products.

    attention: of query, key and value.
    out: of the attention's output.
    up, down: of the two feed-forward layers.
    """

    attention: InputStatistics
    out: InputStatistics
    up: InputStatistics
    down: InputStatistics


def collect_statistics(
    model: ScoringModel, special_ids: tuple[int, int], windows: Sequence[Window]
) -> Iterator[LayerStatistics]:
    """Run the encoder over `windows`, and give the statistics of its layers in order.

    `special_ids` are those of <s> and </s>. One layer's numbers are held at a time, whatever the size of the model.
    """
    with torch.no_grad():
        embeddings = copy.deepcopy(model.roberta.embeddings).double()
        states = []
        for window in windows:
            ids = torch.tensor([[special_ids[0], *window.ids.tolist(), special_ids[1]]])
            positions = torch.arange(ids.shape[1]) + 1 + embeddings.padding_idx
            words = embeddings.word_embeddings(ids) + embeddings.position_embeddings(positions)
            states.append(embeddings.LayerNorm(words))
        for original in model.roberta.encoder.layer:
            layer = copy.deepcopy(original).double()
            observers = [_Observer(layer.get_submodule(name)) for name in LINEAR_LAYERS]
            states = [layer(state)[0] for state in states]
            yield LayerStatistics(*(observer.finish() for observer in observers))


class _Observer:
    """Adds up what a linear layer reads."""

    def __init__(self, linear: nn.Module) -> None:
        size = int(linear.in_features)  # type: ignore[arg-type]
        self._max_abs = torch.zeros(size, dtype=torch.float64)
        self._sum = torch.zeros(size, size, dtype=torch.float64)
        self._tokens = 0
        self._handle: RemovableHandle = linear.register_forward_pre_hook(self._observe)

    def _observe(self, _: nn.Module, inputs: tuple[Tensor]) -> None:
        values = inputs[0].flatten(0, -2)
        self._max_abs = torch.maximum(self._max_abs, values.abs().amax(0))
        self._sum += values.T @ values
        self._tokens += len(values)

    def finish(self) -> InputStatistics:
        self._handle.remove()
        return InputStatistics(self._max_abs, self._sum / self._tokens)
