"""fp32 graph in, int8 graph out: the encoder's products and the token embeddings in 8 bits, the rest in float."""

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
import onnx
from onnx import NodeProto, TensorProto, helper
from torch import Tensor

from escore_export.graph.onnx_graph import MICROSOFT, Graph
from escore_export.quantization import smoothquant as smooth
from escore_export.quantization.calibrate import Layer
from escore_export.quantization.gptq import round_weights


def quantize(fused: onnx.ModelProto, layers: Iterable[Layer]) -> onnx.ModelProto:
    """A copy of a fused graph with 8-bit weights, one scale an output channel; activations get one scale a window.

    `layers` are the statistics of the encoder's layers, in order. The last product, one value a token, stays in float.
    Token embeddings get one scale a token. Docs and figures: docs/background/quantization.md.
    """
    graph = Graph(fused)
    attentions = [node for node in graph.nodes if node.op_type == "Attention"]
    for attention, seen in zip(attentions, layers, strict=True):
        _quantize_layer(graph, attention, seen)
    quantize_embeddings(graph)
    return graph.model()


@dataclass(frozen=True, slots=True)
class _Product:
    """A product of the encoder: the node of its MatMul, and the float weights that it multiplies by."""

    node: NodeProto
    weights: Tensor


def _quantize_layer(graph: Graph, attention: NodeProto, seen: Layer) -> None:
    """Replace an Attention node and the three products behind it."""
    layer = attention.output[0]
    out, out_norm = _product(graph, layer)
    up, gelu = _product(graph, out_norm.output[0])
    down, down_norm = _product(graph, gelu.output[0])

    # Attention's output is smoothed by its values: they are added up with weights of its own, and nothing else.
    weights = graph.doubles(attention.input[1])
    bias = graph.doubles(attention.input[2])
    factors = smooth.scales(seen.out, out.weights)
    weights[:, -len(factors) :] /= factors
    bias[-len(factors) :] /= factors
    attention.input[2] = graph.add(f"{attention.name}_bias", bias.float())  # layers that are alike share their tensors

    counts = smooth.copies(seen.down)
    seen_down, index = smooth.copied(seen.down, counts)
    gelu.input[1] = graph.add(f"{gelu.name}_bias", graph.weights(gelu.input[1])[index.numpy()])
    copied_down = down.weights[index]
    down_factors = smooth.scales(seen_down, copied_down)

    factors_in = smooth.scales(seen.attention, weights)
    scaled = _scale(graph, attention, attention.input[0], 1 / factors_in)
    rounded = round_weights(weights * factors_in[:, None], smooth.scaled(seen.attention, factors_in).moment)
    _replace_attention(graph, attention, scaled, *rounded)

    rounded = round_weights(out.weights * factors[:, None], smooth.scaled(seen.out, factors).moment)
    _replace_product(graph, out.node, out.node.input[0], *rounded, out_norm)

    factors = smooth.scales(seen.up, up.weights)
    scaled = _scale(graph, up.node, up.node.input[0], 1 / factors)
    rounded = round_weights((up.weights * factors[:, None])[:, index], smooth.scaled(seen.up, factors).moment)
    _replace_product(graph, up.node, scaled, *rounded, None)

    scaled = _scale(graph, down.node, down.node.input[0], 1 / counts[index] / down_factors)
    rounded = round_weights(copied_down * down_factors[:, None], smooth.scaled(seen_down, down_factors).moment)
    _replace_product(graph, down.node, scaled, *rounded, down_norm)


def _product(graph: Graph, taken: str) -> tuple[_Product, NodeProto]:
    """The MatMul that takes the tensor `taken`, and the node behind it."""
    node = next(node for node in graph.nodes if node.op_type == "MatMul" and node.input[0] == taken)
    weights = graph.doubles(node.input[1])
    return _Product(node, weights), graph.reader(node.output[0])


def _scale(graph: Graph, before: NodeProto, taken: str, factors: Tensor) -> str:
    """Multiply the tensor `taken` by `factors` before that node; the name of what comes out."""
    name = f"{before.name}_smoothed"
    multiply = helper.make_node("Mul", [taken, graph.add(f"{name}_by", factors.float())], [name], name)
    graph.replace(before, multiply, before)
    return name


def _replace_attention(graph: Graph, node: NodeProto, taken: str, weights: Tensor, scales: Tensor) -> None:
    """Attention in float becomes QAttention; its input is quantized once for query, key and value."""
    name = node.name
    quantized, scale, zero = f"{name}_input", f"{name}_input_scale", f"{name}_input_zero"
    graph.add(f"{name}_int8", weights)
    graph.add(f"{name}_scale", scales)
    graph.add(f"{name}_zero", np.zeros(len(scales), np.int8))
    bias, mask = node.input[2], node.input[3]
    inputs = [quantized, f"{name}_int8", bias, scale, f"{name}_scale", mask, zero, f"{name}_zero"]
    quantize_input = helper.make_node("DynamicQuantizeLinear", [taken], [quantized, scale, zero], f"{name}_quantize")
    attend = helper.make_node("QAttention", inputs, [node.output[0]], name, domain=MICROSOFT)
    attend.attribute.extend(node.attribute)
    graph.replace(node, quantize_input, attend)


def _replace_product(
    graph: Graph, node: NodeProto, taken: str, weights: Tensor, scales: Tensor, norm: NodeProto | None
) -> None:
    """A MatMul becomes a DynamicQuantizeMatMul, which adds the bias too where the norm behind it would have done so."""
    name = node.name
    graph.add(f"{name}_int8", weights)
    graph.add(f"{name}_scale", scales)
    graph.add(f"{name}_zero", np.zeros(len(scales), np.int8))
    inputs = [taken, f"{name}_int8", f"{name}_scale", f"{name}_zero"]
    if norm is not None:
        inputs.append(norm.input.pop())  # behind norm weight and norm bias stands the product's
    graph.replace(node, helper.make_node("DynamicQuantizeMatMul", inputs, [node.output[0]], name, domain=MICROSOFT))


def quantize_embeddings(graph: Graph) -> None:
    """Look token embeddings up in an int8 table and multiply by the token's own scale.

    One scale for the whole table, as onnxruntime's own quantized embedding has it, costs a third of all the error.
    """
    (node,) = (node for node in graph.nodes if node.op_type == "EmbedLayerNormalization")
    ids, _, table, positions, _, weight, bias, _, place = node.input
    floats = graph.weights(table)
    scales = (np.maximum(np.abs(floats).max(axis=1, keepdims=True), 1e-12) / 127).astype(np.float32)
    graph.add("embeddings_int8", np.rint(floats / scales).astype(np.int8))
    graph.add("embeddings_scale", scales)
    epsilon = helper.get_node_attr_value(node, "epsilon")
    graph.replace(
        node,
        helper.make_node("Gather", ["embeddings_int8", ids], ["embedded_int8"], "embed"),
        helper.make_node("Gather", ["embeddings_scale", ids], ["embedded_scale"], "embed_scale"),
        helper.make_node("Cast", ["embedded_int8"], ["embedded_float"], "embed_cast", to=TensorProto.FLOAT),
        helper.make_node("Mul", ["embedded_float", "embedded_scale"], ["embedded"], "embed_multiply"),
        helper.make_node("Gather", [positions, place], ["embedded_place"], "embed_place"),
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
