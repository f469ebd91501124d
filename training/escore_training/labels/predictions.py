"""What a model predicts for each token of the corpora."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Self

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from escore.atomic import atomic_file
from escore_training.data.packing import PackedSequences, make_batches
from escore_training.fit import autocast
from escore_training.progress import Progress

_BATCH_TOKENS = 4096


@dataclass(frozen=True, slots=True, eq=False)
class Predictions:
    """Probabilities for all tokens of the sources, in their order.

    part_of_speech: p(none), p(common noun), p(proper noun) (float32, [tokens, 3]).
    entity: p(entity) by each annotation scheme (float32, [tokens, schemes]).
    seconds: how long the model took to train and to predict.
    """

    part_of_speech: NDArray[np.float32]
    entity: NDArray[np.float32]
    seconds: float

    def save(self, path: Path) -> None:
        """Write them to a file, whole or not at all."""
        with atomic_file(path) as file:
            np.savez(file, part_of_speech=self.part_of_speech, entity=self.entity, seconds=self.seconds)

    @classmethod
    def load(cls, path: Path) -> Self:
        """What `save` wrote."""
        with np.load(path) as content:
            return cls(content["part_of_speech"], content["entity"], float(content["seconds"]))


def inference_batches(packed: PackedSequences) -> list[NDArray[np.int64]]:
    """All sequences once, in batches of like length."""
    return make_batches(np.argsort(packed.lengths, kind="stable"), packed.lengths, _BATCH_TOKENS)


def predict_tokens(
    packed: PackedSequences, token_count: int, stage: str, model: Callable[[Tensor, Tensor], Tensor], bfloat16: bool
) -> NDArray[np.float32]:
    """The mean of what a model says of each token's pieces (float32, [tokens, classes]).

    `model` gets index and mask of a batch (see PackedSequences.batch) and returns [batch, length, classes].
    `stage` is shown in lines of progress.
    """
    tokens = torch.from_numpy(packed.tokens)
    batches = inference_batches(packed)
    progress = Progress(stage, len(batches))
    total, count = torch.zeros(0), torch.zeros(token_count, 1)
    with torch.inference_mode(), autocast(bfloat16):
        for sequences in batches:
            index, mask = packed.batch(sequences)
            output = model(index, mask).float()
            if not len(total):
                total = torch.zeros(token_count, output.shape[-1])
            pieces = mask.bool() & (tokens[index] >= 0)
            total.index_add_(0, tokens[index][pieces], output[pieces])
            count.index_add_(0, tokens[index][pieces], torch.ones(int(pieces.sum()), 1))
            progress.step()
    mean: NDArray[np.float32] = (total / count.clamp(min=1)).numpy()
    # A token without pieces of its own, such as the "not" of "cannot", lies in a piece of the one before it.
    return mean[np.maximum.accumulate(np.where(count[:, 0] > 0, np.arange(token_count), 0))]
