"""The trainable model of a bundle that `escore export` wrote: what quantization changed in the graph is undone.

int8 weights are multiplied by their scales; smoothing (SmoothQuant) is taken back out of the weights, and the copies of
outlier channels are added up again. What rounding to 8 bits lost stays lost.
"""

from collections.abc import Iterator

import numpy as np
import onnx
import torch
from numpy.typing import NDArray
from onnx import NodeProto, helper, numpy_helper
from transformers import RobertaConfig, RobertaForTokenClassification

from escore.bundle.bundle import Bundle
from escore_export.checkpoint.config import LABELS_OF_HEADS, label_fields
from escore_export.errors import CheckpointError

Floats = NDArray[np.float32]
_EMBEDDINGS = "roberta.embeddings."


def roberta_of_bundle(bundle: Bundle) -> RobertaForTokenClassification:
    """A RoBERTa that gives the scores and the heads of an opened bundle, but for rounding.

    Its logits are those of the bundle: a score is 300 * sigmoid(the first). Raises CheckpointError for a graph that
    `escore export` did not write, and for another precision than int8.
    """
    precision, folder = bundle.manifest.precision, bundle.path
    if precision != "int8":
        raise CheckpointError(f"{folder}: an {precision} bundle", "give an int8 bundle, or the checkpoint")
    try:
        weights, config = _read(onnx.load(folder / "model.onnx"), LABELS_OF_HEADS[bundle.outputs[1:]])
        model: RobertaForTokenClassification = RobertaForTokenClassification(config)
        model.load_state_dict({name: torch.from_numpy(np.ascontiguousarray(v)) for name, v in weights.items()})
    except (KeyError, ValueError, StopIteration, AttributeError, RuntimeError) as error:
        raise CheckpointError(
            f"{folder}: its graph is not one that this version of escore exports ({type(error).__name__}: {error})",
            "give the checkpoint that it was exported from",
        ) from error
    model.train(False)
    return model


class _Graph:
    """The nodes and tensors of a graph; `next` follows a tensor to the node that takes it."""

    def __init__(self, model: onnx.ModelProto) -> None:
        self.nodes = list(model.graph.node)
        self.tensors = {tensor.name: numpy_helper.to_array(tensor) for tensor in model.graph.initializer}

    def next(self, tensor: str, operator: str) -> NodeProto:
        """The node of this operator that takes `tensor`."""
        return next(node for node in self.all(operator) if tensor in node.input)

    def all(self, operator: str) -> Iterator[NodeProto]:
        """The nodes of this operator, in order."""
        return (node for node in self.nodes if node.op_type == operator)

    def quantized(self, node: NodeProto, weights: int, scales: int) -> Floats:
        """The 8-bit weights ([in, out]) of a node as floats, from the places of its inputs."""
        return self.floats(node.input[weights]) * self.floats(node.input[scales])

    def floats(self, name: str) -> Floats:
        values: Floats = self.tensors[name].astype(np.float32)
        return values


def _read(model: onnx.ModelProto, labels: tuple[str, ...]) -> tuple[dict[str, Floats], RobertaConfig]:
    graph = _Graph(model)
    attentions = list(graph.all("QAttention"))
    weights = _embeddings(graph)
    width, inner = weights[f"{_EMBEDDINGS}word_embeddings.weight"].shape[1], 0
    for number, attention in enumerate(attentions):
        layer = _layer(graph, attention, width)
        inner = len(layer["intermediate.dense.bias"])
        weights |= {f"roberta.encoder.layer.{number}.{name}": values for name, values in layer.items()}
    next(graph.all("Sigmoid"))  # else its scores are no logits': a regression's, or a classifier's of entity labels
    product = graph.next("hidden", "MatMul")
    bias = next(name for name in graph.next(product.output[0], "Add").input if name in graph.tensors)
    weights |= {"classifier.weight": graph.floats(product.input[1]).T, "classifier.bias": graph.floats(bias)}
    return weights, RobertaConfig(
        vocab_size=len(weights[f"{_EMBEDDINGS}word_embeddings.weight"]),
        hidden_size=width,
        num_hidden_layers=len(attentions),
        num_attention_heads=helper.get_node_attr_value(attentions[0], "num_heads"),
        intermediate_size=inner,
        max_position_embeddings=len(weights[f"{_EMBEDDINGS}position_embeddings.weight"]),
        type_vocab_size=1,
        layer_norm_eps=helper.get_node_attr_value(next(graph.all("LayerNormalization")), "epsilon"),
        **label_fields(labels),
        attn_implementation="eager",
    )


def _embeddings(graph: _Graph) -> dict[str, Floats]:
    """Tables and norm; the token type's vector is part of the position table (see graph.fuse)."""
    norm = next(node for node in graph.nodes if node.name == "embed_norm")
    table = graph.floats("embeddings_int8") * graph.floats("embeddings_scale")
    return {
        f"{_EMBEDDINGS}word_embeddings.weight": table,
        f"{_EMBEDDINGS}position_embeddings.weight": graph.floats(f"{_EMBEDDINGS}position_embeddings.weight"),
        f"{_EMBEDDINGS}token_type_embeddings.weight": np.zeros((1, table.shape[1]), np.float32),
        f"{_EMBEDDINGS}LayerNorm.weight": graph.floats(norm.input[1]),
        f"{_EMBEDDINGS}LayerNorm.bias": graph.floats(norm.input[2]),
    }


def _layer(graph: _Graph, attention: NodeProto, width: int) -> dict[str, Floats]:
    """The weights of one encoder layer, by their names in transformers' RobertaLayer."""
    smoothing = graph.floats(f"{attention.name}_smoothed_by")
    # The factors between attention's values and its output cancel each other, so that both stay as they are.
    projections = graph.quantized(attention, 1, 4) * smoothing[:, None]
    biases = graph.floats(attention.input[2])
    layer: dict[str, Floats] = {}
    for place, name in enumerate(("query", "key", "value")):
        part = slice(place * width, (place + 1) * width)
        layer |= {f"attention.self.{name}.weight": projections[:, part].T, f"attention.self.{name}.bias": biases[part]}

    out = graph.next(attention.output[0], "DynamicQuantizeMatMul")
    norm = graph.next(graph.next(out.output[0], "Add").output[0], "LayerNormalization")
    layer |= _dense("attention.output", graph.quantized(out, 1, 2), graph.floats(out.input[4]))
    layer |= _norm("attention.output", graph, norm)

    scale_up = graph.next(norm.output[0], "Mul")
    up = graph.next(scale_up.output[0], "DynamicQuantizeMatMul")
    gelu = graph.next(up.output[0], "BiasGelu")
    scale_down = graph.next(gelu.output[0], "Mul")
    down = graph.next(scale_down.output[0], "DynamicQuantizeMatMul")
    up_weights = graph.quantized(up, 1, 2) * graph.floats(scale_up.input[1])[:, None]
    up_bias = graph.floats(gelu.input[1])
    down_weights = graph.quantized(down, 1, 2) * graph.floats(scale_down.input[1])[:, None]
    neuron = _neurons(graph.tensors[up.input[1]], graph.floats(up.input[2]), up_bias)
    first = np.unique(neuron, return_index=True)[1]
    summed = np.zeros((len(first), width), np.float32)
    np.add.at(summed, neuron, down_weights)
    layer |= {"intermediate.dense.weight": up_weights[:, first].T, "intermediate.dense.bias": up_bias[first]}
    layer |= _dense("output", summed, graph.floats(down.input[4]))
    layer |= _norm("output", graph, graph.next(graph.next(down.output[0], "Add").output[0], "LayerNormalization"))
    return layer


def _neurons(weights: NDArray[np.int8], scales: Floats, bias: Floats) -> NDArray[np.intp]:
    """Which neuron each channel is ([channels]): copies of one stand side by side, equal to the bit."""
    same = (weights[:, 1:] == weights[:, :-1]).all(0) & (scales[1:] == scales[:-1]) & (bias[1:] == bias[:-1])
    return np.concatenate([[0], np.cumsum(~same)])


def _dense(name: str, weights: Floats, bias: Floats) -> dict[str, Floats]:
    return {f"{name}.dense.weight": weights.T, f"{name}.dense.bias": bias}


def _norm(name: str, graph: _Graph, node: NodeProto) -> dict[str, Floats]:
    return {
        f"{name}.LayerNorm.weight": graph.floats(node.input[1]),
        f"{name}.LayerNorm.bias": graph.floats(node.input[2]),
    }
