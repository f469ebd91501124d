"""Stage three: one window, one run of the model."""

import numpy as np
from numpy.typing import NDArray
from onnxruntime import InferenceSession

from escore.bundle.session import OUTPUT
from escore.pipeline.windows import Window

_MASK = np.ones((1, 1 << 12), np.int64)  # sliced, not made anew: a short text is run in half a millisecond


def run_window(
    session: InferenceSession, special_ids: tuple[int, int], window: Window, output: str = OUTPUT
) -> NDArray[np.float32]:
    """The scores of the tokens that a window keeps (float32, [kept tokens], 0..300).

    special_ids: the ids of <s> and </s>.
    output: which output of the model it is.
    A window runs alone and unpadded, so nothing beside it can change its scores.
    """
    scores: NDArray[np.float32] = session.run([output], window_inputs(special_ids, window))[0]
    return scores[0, 1:][window.keep]


def window_inputs(special_ids: tuple[int, int], window: Window) -> dict[str, NDArray[np.int64]]:
    """What the model takes of a window: its ids between <s> and </s>, and a mask (int64, [1, tokens + 2] both)."""
    length = len(window.ids) + 2
    ids = np.empty((1, length), np.int64)
    ids[0, 0], ids[0, 1:-1], ids[0, -1] = special_ids[0], window.ids, special_ids[1]
    mask = _MASK[:, :length] if length <= _MASK.shape[1] else np.ones_like(ids)
    return {"input_ids": ids, "attention_mask": mask}
