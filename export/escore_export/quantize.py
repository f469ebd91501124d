"""fp32 graph in, int8 graph out."""

import logging
from pathlib import Path

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper
from onnxruntime.quantization import QuantType, quantize_dynamic

_TABLE = "word_embeddings.weight"


def quantize(source: Path, target: Path) -> None:
    """Quantize weights to int8, activations as they come.

    Products: 7 bits a weight (`reduce_range`), one scale a channel: processors without VNNI saturate on products of 8
    bits, and would score otherwise than those with it. The last product, one value a token, stays in float. Token
    embeddings: 8 bits, one scale a token; one scale for the whole table, as onnxruntime would have it, costs a third of
    all the error.
    """
    model = onnx.load(source)
    last = [node.name for node in model.graph.node if node.op_type == "MatMul" and "classifier" in node.name]
    _quantize_rows(model.graph)
    root = logging.getLogger()
    level = root.level
    root.setLevel(logging.ERROR)  # onnxruntime advises a pre-processing step that does nothing for this graph
    try:
        quantize_dynamic(
            model,
            target,
            op_types_to_quantize=["MatMul"],
            per_channel=True,
            reduce_range=True,
            weight_type=QuantType.QInt8,
            nodes_to_exclude=last,
        )
    finally:
        root.setLevel(level)


def _quantize_rows(graph: onnx.GraphProto) -> None:
    """Look token embeddings up in an int8 table and multiply by the token's own scale."""
    table = next(tensor for tensor in graph.initializer if tensor.name.endswith(_TABLE))
    lookup = next(node for node in graph.node if node.op_type == "Gather" and node.input[0] == table.name)
    weights = numpy_helper.to_array(table)
    scales = np.maximum(np.abs(weights).max(axis=1, keepdims=True), 1e-12) / 127
    rounded = np.rint(weights / scales).astype(np.int8)
    ids, embedded = lookup.input[1], lookup.output[0]
    place = list(graph.node).index(lookup)
    graph.initializer.remove(table)
    graph.node.remove(lookup)
    graph.initializer.append(numpy_helper.from_array(rounded, "embeddings.int8"))
    graph.initializer.append(numpy_helper.from_array(scales.astype(np.float32), "embeddings.scale"))
    nodes = [
        helper.make_node("Gather", ["embeddings.int8", ids], ["embedded.int8"], name="embed"),
        helper.make_node("Gather", ["embeddings.scale", ids], ["embedded.scale"], name="embed_scale"),
        helper.make_node("Cast", ["embedded.int8"], ["embedded.cast"], name="embed_cast", to=TensorProto.FLOAT),
        helper.make_node("Mul", ["embedded.cast", "embedded.scale"], [embedded], name="embed_multiply"),
    ]
    for offset, node in enumerate(nodes):
        graph.node.insert(place + offset, node)
