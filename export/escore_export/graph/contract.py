"""What a bundle promises to any onnxruntime, and whether a written graph keeps it: names, axes, dtypes, versions."""

import numpy as np
import onnx
from onnxruntime import InferenceSession

from escore_export.errors import ParityError
from escore_export.graph.fuse import MOST_IR, OPSET
from escore_export.graph.onnx_graph import MICROSOFT

BATCH, SEQUENCE = "batch_size", "sequence_length"


def check(model: onnx.ModelProto, session: InferenceSession, ends: tuple[int, int], padding: int) -> None:
    """Compare the graph's own description, and what comes out of a padded batch, with the promise.

    `ends` are the ids of <s> and </s>, `padding` that of <pad>. Raises ParityError with what was found.
    """
    opsets = {item.domain or "ai.onnx": item.version for item in model.opset_import}
    _expect("opsets", {name: opsets.get(name) for name in ("ai.onnx", MICROSOFT)}, {"ai.onnx": OPSET, MICROSOFT: 1})
    if model.ir_version > MOST_IR:
        raise ParityError(f"the graph has IR version {model.ir_version}, needed {MOST_IR} at most")
    taken = {tensor.name: (tensor.type, tensor.shape) for tensor in session.get_inputs()}
    int64 = "tensor(int64)", [BATCH, SEQUENCE]
    _expect("inputs", taken, {"input_ids": int64, "attention_mask": int64})
    given = {tensor.name: (tensor.type, tensor.shape[:2]) for tensor in session.get_outputs()}
    floats = "tensor(float)", [BATCH, SEQUENCE]
    _expect("outputs", given, {"scores": floats, "hidden": floats})

    ids = np.array([[ends[0], *range(5, 12), ends[1]], [ends[0], *range(5, 9), ends[1], *[padding] * 3]], np.int64)
    mask = (ids != padding).astype(np.int64)
    scores, hidden = session.run(["scores", "hidden"], {"input_ids": ids, "attention_mask": mask})
    _expect("shapes", (scores.shape, hidden.shape[:2]), (ids.shape, ids.shape))
    if not (np.isfinite(scores).all() and scores.min() >= 0 and scores.max() <= 300):
        raise ParityError(f"the graph gives scores of {scores.min()} to {scores.max()}, needed 0 to 300")


def _expect(what: str, found: object, needed: object) -> None:
    if found != needed:
        raise ParityError(f"the graph has {what} {found}, needed {needed}")
