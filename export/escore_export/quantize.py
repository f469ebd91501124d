"""fp32 graph in, int8 graph out."""

import logging
from pathlib import Path

import onnx
from onnxruntime.quantization import QuantType, quantize_dynamic


def quantize(source: Path, target: Path) -> None:
    """Quantize weights to int8, activations as they come.

    7 bits a weight (`reduce_range`), one scale a channel: processors without VNNI saturate on products of 8 bits, and
    would score otherwise than those with it. The last product, one value a token, stays in float.
    """
    nodes = onnx.load(source, load_external_data=False).graph.node
    last = [node.name for node in nodes if node.op_type == "MatMul" and "classifier" in node.name]
    root = logging.getLogger()
    level = root.level
    root.setLevel(logging.ERROR)  # onnxruntime advises a pre-processing step that does nothing for this graph
    try:
        quantize_dynamic(
            source, target, per_channel=True, reduce_range=True, weight_type=QuantType.QInt8, nodes_to_exclude=last
        )
    finally:
        root.setLevel(level)
