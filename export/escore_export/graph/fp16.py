"""A fused graph in float16, for CUDA."""

import numpy as np
import onnx
from onnx import TensorProto, helper

from escore_export.graph.onnx_graph import Graph

HALF = ("EmbedLayerNormalization", "Attention", "MatMul", "BiasGelu", "SkipLayerNormalization")


def to_fp16(fused: onnx.ModelProto) -> onnx.ModelProto:
    """A copy in float16 up to the last hidden states; from these on in float32, since a score has more digits.

    Not by onnxruntime's converter: around each node that is to stay in float32 it casts to float16 and back.
    """
    graph = Graph(fused)
    after = {"hidden"}  # what depends on the last hidden states; nodes stand behind those that they depend on
    for node in graph.nodes:
        if after.intersection(node.input):
            after.update(node.output)
        if node.op_type not in HALF or after.intersection(node.input):
            continue
        for i, name in enumerate(node.input):
            if graph.is_float(name):
                node.input[i] = graph.add(f"{name}_half", graph.weights(name).astype(np.float16))
        if "hidden" in node.output:
            node.output[0] = "hidden_half"
            last = node
    cast = helper.make_node("Cast", ["hidden_half"], ["hidden"], "hidden_cast", to=TensorProto.FLOAT)
    graph.replace(last, last, cast)
    return graph.model()
