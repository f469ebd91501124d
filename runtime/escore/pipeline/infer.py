"""Stage three: one window, one run of the model."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray
from onnxruntime import InferenceSession

from escore.bundle.session import KINDS as KINDS_OUTPUT
from escore.bundle.session import OUTPUT
from escore.kinds import KINDS
from escore.pipeline.windows import Window

_MASK = np.ones((1, 1 << 12), np.int64)  # sliced, not made anew: a short text is run in half a millisecond


def run_window(
    session: InferenceSession, special_ids: tuple[int, int], window: Window, outputs: Sequence[str] = (OUTPUT,)
) -> NDArray[np.float32]:
    """What the model says of the tokens that a window keeps: float32, [kept tokens] for one output, else by `beside`.

    special_ids: the ids of <s> and </s>.
    outputs: which outputs of the model, the scores (0..300) first.
    A window runs alone and unpadded, so nothing beside it can change its scores.
    """
    values = session.run(outputs, window_inputs(special_ids, window))
    return beside([value[0, 1:][window.keep] for value in values])


def no_tokens(outputs: Sequence[str]) -> NDArray[np.float32]:
    """What `run_window` would give for a window that keeps no token."""
    return beside([np.empty((0, len(KINDS)) if output == KINDS_OUTPUT else 0, np.float32) for output in outputs])


def beside(outputs: Sequence[NDArray[np.float32]]) -> NDArray[np.float32]:
    """Several outputs of the same tokens ([tokens] or [tokens, columns] each) side by side: [tokens, columns].

    One alone stays [tokens].
    """
    return outputs[0] if len(outputs) == 1 else np.column_stack(outputs)


def window_inputs(special_ids: tuple[int, int], window: Window) -> dict[str, NDArray[np.int64]]:
    """What the model takes of a window: its ids between <s> and </s>, and a mask (int64, [1, tokens + 2] both)."""
    length = len(window.ids) + 2
    ids = np.empty((1, length), np.int64)
    ids[0, 0], ids[0, 1:-1], ids[0, -1] = special_ids[0], window.ids, special_ids[1]
    mask = _MASK[:, :length] if length <= _MASK.shape[1] else np.ones_like(ids)
    return {"input_ids": ids, "attention_mask": mask}
