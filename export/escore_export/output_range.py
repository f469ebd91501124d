"""Does a checkpoint give logits? One that was trained on plain numbers, without a sigmoid, is known by its outputs."""

from collections.abc import Sequence

import numpy as np
import torch
from numpy.typing import NDArray

from escore.pipeline.pipeline import Pipeline
from escore_export.checkpoint.checkpoint import HUGGING_FACE, Checkpoint
from escore_export.checkpoint.config import REGRESSION
from escore_export.checkpoint.outputs import Logits, RawNumbers
from escore_export.errors import CheckpointError

# Scales that people train on, by the largest output that is still one of theirs.
SCALES = ((1.6, 1), (4.8, 3), (14, 10), (150, 100), (450, 300))
LARGEST_LOGIT = 25.0  # a loss of probabilities has no gradient left long before
SMALLEST_LOGIT = 1.6  # below it no score is sure: no word of a text lies outside 50 to 250
# Most words of a text are no entities, so that most of their logits lie below 0; a regression's outputs do not, but for
# its error.
BELOW_ZERO = 0.25
PERCENTILES = (2, 98)
BEYOND, LEAST_SHARE = 0.5, 0.05  # of a range: how far outputs may lie beyond it, and how much of it they must fill
LEAST_SPREAD = 0.02  # of outputs: less is a model that learned nothing, which is said elsewhere


def check_range(checkpoint: Checkpoint, pipeline: Pipeline, texts: Sequence[str]) -> None:
    """Raise CheckpointError where the first output of real texts is no logit of a score, or not of the range given.

    pipeline: cuts texts into windows; the model itself is run here. What escore or the original demo trained is known.
    """
    meaning = checkpoint.outputs
    if checkpoint.kind != HUGGING_FACE or not isinstance(meaning, Logits | RawNumbers):
        return
    outputs = _first_outputs(checkpoint, pipeline, texts)
    if not np.isfinite(outputs).all() or outputs.std() < LEAST_SPREAD:
        return
    low, high = np.percentile(outputs, PERCENTILES)
    span = f"from {low:.3g} to {high:.3g}"
    if isinstance(meaning, RawNumbers):
        size = meaning.high - meaning.low
        beyond = low < meaning.low - BEYOND * size or high > meaning.high + BEYOND * size
        if beyond or high - low < LEAST_SHARE * size:
            raise CheckpointError(
                f"the outputs on real text lie {span}, not from {meaning.low:g} to {meaning.high:g}",
                "give the --range of numbers that it was trained on",
            )
    elif (is_known := checkpoint.model.config.problem_type == REGRESSION) or _are_numbers(low, high):
        source = "config.json says (problem_type regression)" if is_known else "it seems"
        numbers = _range(low, high)
        raise CheckpointError(
            f"the outputs on real text lie {span}: a regression's numbers, {source}, no logits of a score",
            f"add --output raw --range {numbers}, the numbers that it was trained on, or --output sigmoid if not",
        )


def _are_numbers(low: float, high: float) -> bool:
    """Whether outputs from `low` to `high` are no logits."""
    return low >= -BELOW_ZERO * high or not SMALLEST_LOGIT < max(-low, high) <= LARGEST_LOGIT


def _range(low: float, high: float) -> str:
    """The range of numbers that outputs from `low` to `high` look like, as --range takes it."""
    if low >= -BELOW_ZERO * high:
        return next((f"0 {scale}" for largest, scale in SCALES if high <= largest), "LOW HIGH")
    return "-1 1" if max(-low, high) <= SMALLEST_LOGIT else "LOW HIGH"


def _first_outputs(checkpoint: Checkpoint, pipeline: Pipeline, texts: Sequence[str]) -> NDArray[np.float64]:
    """The first output of all tokens but <s> and </s> ([tokens])."""
    first, last = checkpoint.vocabulary.tokenizer.special_ids
    values = []
    for text in texts:
        for window in pipeline.windows(text):
            ids = torch.tensor([[first, *window.ids.tolist(), last]])
            with torch.no_grad():
                values.append(checkpoint.model(ids, torch.ones_like(ids)).logits[0, 1:-1, 0].double().numpy())
    return np.concatenate(values)
