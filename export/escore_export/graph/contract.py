"""What a bundle promises to any onnxruntime: names, axes, dtypes and versions of its graph."""

from collections.abc import Sequence

import numpy as np
import onnx
from onnxruntime import InferenceSession

from escore.bundle.session import JOINS, OUTPUT
from escore.kinds import KINDS
from escore.scale import MAX_SCORE
from escore_export.errors import ParityError
from escore_export.graph.fuse import OPSET
from escore_export.graph.onnx_graph import MICROSOFT

MAX_IR = 10  # the newest IR version that the oldest supported onnxruntime reads
AXES = ["batch_size", "sequence_length"]


def check_contract(
    model: onnx.ModelProto, session: InferenceSession, special_ids: tuple[int, int], pad: int, heads: Sequence[str] = ()
) -> None:
    """Compare what the graph says of itself, and what it gives for a padded batch, with the promise.

    `special_ids` are those of <s> and </s>, `pad` that of <pad>, `heads` those that the model has. Raises ParityError
    with what is wrong.
    """
    opsets = {item.domain or "ai.onnx": item.version for item in model.opset_import}
    _expect("opsets", {name: opsets.get(name) for name in ("ai.onnx", MICROSOFT)}, {"ai.onnx": OPSET, MICROSOFT: 1})
    if model.ir_version > MAX_IR:
        raise ParityError(f"the graph has IR version {model.ir_version}, needed {MAX_IR} at most")
    inputs = {tensor.name: (tensor.type, tensor.shape) for tensor in session.get_inputs()}
    int64 = "tensor(int64)", AXES
    _expect("inputs", inputs, {"input_ids": int64, "attention_mask": int64})
    outputs = {tensor.name: (tensor.type, tensor.shape[:2]) for tensor in session.get_outputs()}
    float32 = "tensor(float)", AXES
    _expect("outputs", outputs, dict.fromkeys([OUTPUT, *heads, "hidden"], float32))

    first, last = special_ids
    ids = np.array([[first, *range(5, 12), last], [first, *range(5, 9), last, *[pad] * 3]], np.int64)
    mask = (ids != pad).astype(np.int64)
    scores, hidden = session.run(["scores", "hidden"], {"input_ids": ids, "attention_mask": mask})
    _expect("shapes", (scores.shape, hidden.shape[:2]), (ids.shape, ids.shape))
    if not (np.isfinite(scores).all() and scores.min() >= 0 and scores.max() <= MAX_SCORE):
        raise ParityError(f"the graph gives scores of {scores.min()} to {scores.max()}, needed 0 to {MAX_SCORE:g}")
    for name in heads:
        (values,) = session.run([name], {"input_ids": ids, "attention_mask": mask})
        _expect(f"shape of {name}", values.shape, ids.shape if name == JOINS else (*ids.shape, len(KINDS)))
        if not (np.isfinite(values).all() and values.min() >= 0 and values.max() <= 1):
            raise ParityError(f"the graph gives {name} of {values.min()} to {values.max()}, needed 0 to 1")


def _expect(what: str, value: object, needed: object) -> None:
    if value != needed:
        raise ParityError(f"the graph has {what} {value}, needed {needed}")
