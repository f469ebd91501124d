"""Stage three: one window, one run of the model."""

import numpy as np
from numpy.typing import NDArray
from onnxruntime import InferenceSession

from escore.bundle import OUTPUT
from escore.plan import Window


def infer(session: InferenceSession, ends: tuple[int, int], window: Window) -> NDArray[np.float32]:
    """The scores (float32, [kept tokens], 0..300) that count of a window; `ends` are the ids of <s> and </s>.

    A window runs alone and unpadded, so nothing beside it can change its scores.
    """
    ids = np.empty((1, len(window.ids) + 2), np.int64)
    ids[0, 0], ids[0, 1:-1], ids[0, -1] = ends[0], window.ids, ends[1]
    scores = session.run([OUTPUT], {"input_ids": ids, "attention_mask": np.ones_like(ids)})[0]
    kept: NDArray[np.float32] = scores[0, 1 + window.keep.start : 1 + window.keep.stop]
    return kept
