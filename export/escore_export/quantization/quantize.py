"""A fused fp32 graph to int8: the encoder's products and the token embeddings in 8 bits, the rest in float."""

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
import onnx
from onnx import NodeProto, TensorProto, helper
from torch import Tensor

from escore_export.graph.onnx_graph import MICROSOFT, Graph
from escore_export.quantization.calibrate import LayerStatistics
from escore_export.quantization.channel_splitting import count_copies, split_channels
from escore_export.quantization.gptq import round_weights
from escore_export.quantization.smoothquant import smoothing_factors


def quantize_graph(fused: onnx.ModelProto, layers: Iterable[LayerStatistics]) -> onnx.ModelProto:
    """A copy of a fused graph with 8-bit weights, one scale an output channel; activations get one scale a window.

    `layers` are the statistics of the encoder's layers, in order. The last product, one value a token, stays in float.
    Token embeddings get one scale a token. Figures: docs/background/quantization.md.
    """
    graph = Graph(fused)
    attentions = [node for node in graph.nodes if node.op_type == "Attention"]
    for attention, statistics in zip(attentions, layers, strict=True):
        _quantize_layer(graph, attention, statistics)
    quantize_embeddings(graph)
    return graph.model()


@dataclass(frozen=True, slots=True)
class _Product:
    """A product of the encoder: the node of its MatMul, and the float weights that it multiplies by."""

    node: NodeProto
    weights: Tensor


def _quantize_layer(graph: Graph, attention: NodeProto, statistics: LayerStatistics) -> None:
    """Replace an Attention node and the three products behind it."""
    out, out_norm = _product(graph, attention.output[0])
    up, gelu = _product(graph, out_norm.output[0])
    down, down_norm = _product(graph, gelu.output[0])

    # Attention's output is smoothed by its values: they are added up with weights of its own, and nothing else.
    weights = graph.doubles(attention.input[1])
    bias = graph.doubles(attention.input[2])
    out_factors = smoothing_factors(statistics.out, out.weights)
    weights[:, -len(out_factors) :] /= out_factors
    bias[-len(out_factors) :] /= out_factors
    attention.input[2] = graph.add(f"{attention.name}_bias", bias.float())  # layers that are alike share their tensors

    counts = count_copies(statistics.down)
    down_inputs, index = split_channels(statistics.down, counts)
    gelu.input[1] = graph.add(f"{gelu.name}_bias", graph.weights(gelu.input[1])[index.numpy()])
    down_weights = down.weights[index]
    down_factors = smoothing_factors(down_inputs, down_weights)

    factors = smoothing_factors(statistics.attention, weights)
    scaled = _scale(graph, attention, attention.input[0], 1 / factors)
    rounded = round_weights(weights * factors[:, None], statistics.attention.divide(factors).second_moment)
    _replace_attention(graph, attention, scaled, *rounded)

    rounded = round_weights(out.weights * out_factors[:, None], statistics.out.divide(out_factors).second_moment)
    _replace_product(graph, out.node, out.node.input[0], *rounded, out_norm)

    factors = smoothing_factors(statistics.up, up.weights)
    scaled = _scale(graph, up.node, up.node.input[0], 1 / factors)
    rounded = round_weights((up.weights * factors[:, None])[:, index], statistics.up.divide(factors).second_moment)
    _replace_product(graph, up.node, scaled, *rounded, None)

    scaled = _scale(graph, down.node, down.node.input[0], 1 / counts[index] / down_factors)
    rounded = round_weights(down_weights * down_factors[:, None], down_inputs.divide(down_factors).second_moment)
    _replace_product(graph, down.node, scaled, *rounded, down_norm)


def _product(graph: Graph, tensor: str) -> tuple[_Product, NodeProto]:
    """The MatMul that takes `tensor`, and the node behind it."""
    node = next(node for node in graph.nodes if node.op_type == "MatMul" and node.input[0] == tensor)
    weights = graph.doubles(node.input[1])
    return _Product(node, weights), graph.consumer(node.output[0])


def _scale(graph: Graph, before: NodeProto, tensor: str, factors: Tensor) -> str:
    """Multiply `tensor` by `factors` before that node; the name of what comes out."""
    name = f"{before.name}_smoothed"
    multiply = helper.make_node("Mul", [tensor, graph.add(f"{name}_by", factors.float())], [name], name)
    graph.replace(before, multiply, before)
    return name


def _replace_attention(graph: Graph, node: NodeProto, tensor: str, weights: Tensor, scales: Tensor) -> None:
    """Attention in float becomes QAttention; its input is quantized once for query, key and value."""
    name = node.name
    quantized, scale, zero = f"{name}_input", f"{name}_input_scale", f"{name}_input_zero"
    weight_inputs = _add_weights(graph, name, weights, scales)
    bias, mask = node.input[2], node.input[3]
    inputs = [quantized, weight_inputs[0], bias, scale, weight_inputs[1], mask, zero, weight_inputs[2]]
    quantize_input = helper.make_node("DynamicQuantizeLinear", [tensor], [quantized, scale, zero], f"{name}_quantize")
    attention = helper.make_node("QAttention", inputs, [node.output[0]], name, domain=MICROSOFT)
    attention.attribute.extend(node.attribute)
    graph.replace(node, quantize_input, attention)


def _replace_product(
    graph: Graph, node: NodeProto, tensor: str, weights: Tensor, scales: Tensor, norm: NodeProto | None
) -> None:
    """A MatMul becomes a DynamicQuantizeMatMul, which adds the bias too where the norm behind it would have done so."""
    inputs = [tensor, *_add_weights(graph, node.name, weights, scales)]
    if norm is not None:
        inputs.append(norm.input.pop())  # behind norm weight and norm bias stands the product's
    product = helper.make_node("DynamicQuantizeMatMul", inputs, [node.output[0]], node.name, domain=MICROSOFT)
    graph.replace(node, product)


def _add_weights(graph: Graph, name: str, weights: Tensor, scales: Tensor) -> tuple[str, str, str]:
    """Add int8 weights, their scales and zero points; the three names."""
    zeros = np.zeros(len(scales), np.int8)
    return graph.add(f"{name}_int8", weights), graph.add(f"{name}_scale", scales), graph.add(f"{name}_zero", zeros)


def quantize_embeddings(graph: Graph) -> None:
    """Look token embeddings up in an int8 table and multiply by the token's own scale.

    One scale for the whole table, as onnxruntime's own quantized embedding has it, costs a third of all the error.
    """
    (node,) = (node for node in graph.nodes if node.op_type == "EmbedLayerNormalization")
    ids, _, table, position_table, _, weight, bias, _, positions = node.input
    embeddings = graph.weights(table)
    scales = (np.maximum(np.abs(embeddings).max(axis=1, keepdims=True), 1e-12) / 127).astype(np.float32)
    graph.add("embeddings_int8", np.rint(embeddings / scales).astype(np.int8))
    graph.add("embeddings_scale", scales)
    epsilon = helper.get_node_attr_value(node, "epsilon")
    graph.replace(
        node,
        helper.make_node("Gather", ["embeddings_int8", ids], ["embedded_int8"], "embed"),
        helper.make_node("Gather", ["embeddings_scale", ids], ["embedded_scale"], "embed_scale"),
        helper.make_node("Cast", ["embedded_int8"], ["embedded_float"], "embed_cast", to=TensorProto.FLOAT),
        helper.make_node("Mul", ["embedded_float", "embedded_scale"], ["embedded"], "embed_multiply"),
        helper.make_node("Gather", [position_table, positions], ["embedded_place"], "embed_place"),
        helper.make_node("Add", ["embedded", "embedded_place"], ["embedded_sum"], "embed_add"),
        helper.make_node(
            "LayerNormalization",
            ["embedded_sum", weight, bias],
            [node.output[0]],
            "embed_norm",
            axis=-1,
            epsilon=epsilon,
        ),
    )
