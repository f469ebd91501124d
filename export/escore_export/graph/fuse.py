"""The model as a fused ONNX graph: scores on the scale of 0..300, and the encoder's last states for those who ask."""

import logging
import tempfile
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np
import onnx
import torch
from onnx import NodeProto, TensorProto, helper
from onnxruntime.transformers.fusion_options import FusionOptions
from onnxruntime.transformers.optimizer import optimize_model
from optimum.exporters.onnx import export as optimum_export
from optimum.exporters.onnx.model_configs import RobertaOnnxConfig
from torch import Tensor
from transformers import RobertaConfig, RobertaForTokenClassification

from escore_export.errors import ParityError
from escore_export.graph.onnx_graph import MICROSOFT, Graph

OPSET = 17  # LayerNormalization is one operator from here on
FUSED = ("EmbedLayerNormalization", "Attention", "BiasGelu", "SkipLayerNormalization")
MOST_IR = 10  # what the least onnxruntime that escore installs with can read


class Scores(RobertaForTokenClassification):
    """A token classifier whose forward gives what a bundle's graph gives."""

    def forward(self, input_ids: Tensor, attention_mask: Tensor) -> dict[str, Tensor]:
        """int64 [batch, sequence] twice → scores, float32 [batch, sequence], and hidden, float32 [.., width].

        Positions are RoBERTa's: the n-th token that is no padding stands at padding_idx + n. The one token type is
        part of the position table here (see `scores_of`), which leaves an embedding that onnxruntime can fuse.
        """
        embeddings = self.roberta.embeddings
        real = input_ids.ne(embeddings.padding_idx).int()
        positions = (torch.cumsum(real, 1).type_as(real) * real).long() + embeddings.padding_idx
        words = embeddings.word_embeddings(input_ids)
        embedded = embeddings.LayerNorm(words + embeddings.position_embeddings(positions))
        mask = self.roberta.get_extended_attention_mask(attention_mask, input_ids.shape)
        hidden = self.roberta.encoder(embedded, attention_mask=mask)[0]
        return {"scores": 300 * torch.sigmoid(self.classifier(hidden)[..., 0]), "hidden": hidden}


class _ScoresConfig(RobertaOnnxConfig):  # type: ignore[misc]
    @property
    def outputs(self) -> dict[str, dict[int, str]]:
        axes = {0: "batch_size", 1: "sequence_length"}
        return {"scores": axes, "hidden": axes}


def scores_of(model: RobertaForTokenClassification) -> Scores:
    """The same weights with the scale inside; eager attention, which exports to plain operators."""
    config = RobertaConfig.from_dict(model.config.to_dict() | {"num_labels": 1})
    config._attn_implementation = "eager"
    wrapped: Scores = Scores(config)  # type: ignore[no-untyped-call]
    wrapped.load_state_dict(model.state_dict())
    embeddings = wrapped.roberta.embeddings
    with torch.no_grad():
        embeddings.position_embeddings.weight += embeddings.token_type_embeddings.weight[0]
    wrapped.train(False)
    return wrapped


def fused(model: Scores, work: Path | None = None) -> onnx.ModelProto:
    """The graph in float32, by optimum, then by onnxruntime's optimizer for transformers.

    `work` is a folder for what optimum writes (None: the system's for temporary files).

    Raises ParityError where a layer did not fuse: the graph would be right, but slow.
    """
    config = model.config
    options = FusionOptions("bert")
    options.use_raw_attention_mask(True)  # any mask, not just padding at the end
    with _quiet(), tempfile.TemporaryDirectory(dir=work) as folder:
        path = Path(folder) / "model.onnx"
        optimum_export(model, _ScoresConfig(config, task="token-classification"), path, opset=OPSET)
        optimized = optimize_model(
            str(path),
            model_type="bert",
            num_heads=config.num_attention_heads,
            hidden_size=config.hidden_size,
            opt_level=0,
            optimization_options=options,
        )
    counts = operators(optimized.model)
    layers = config.num_hidden_layers
    needed = {
        "EmbedLayerNormalization": 1,
        "Attention": layers,
        "BiasGelu": layers,
        "SkipLayerNormalization": 2 * layers,
    }
    for kind, number in needed.items():
        if counts[kind] != number:
            raise ParityError(f"the graph did not fuse: {counts[kind]} of {number} {kind}; escore would be slow")
    graph: onnx.ModelProto = optimized.model
    if not any(item.domain == MICROSOFT for item in graph.opset_import):
        graph.opset_import.append(helper.make_opsetid(MICROSOFT, 1))
    graph.producer_name, graph.producer_version, graph.doc_string = "escore", "", ""
    return graph


def operators(fused: onnx.ModelProto) -> dict[str, int]:
    """How many there are of each operator that holds what were several."""
    kinds = [node.op_type for node in fused.graph.node]
    return {kind: kinds.count(kind) for kind in FUSED}


def plain_norms(fused: onnx.ModelProto) -> onnx.ModelProto:
    """A copy in which each SkipLayerNormalization is additions and a LayerNormalization: quicker on a CPU."""
    graph = Graph(fused)
    for node in [node for node in graph.nodes if node.op_type == "SkipLayerNormalization"]:
        added, skipped, weight, bias, *rest = node.input
        new: list[NodeProto] = []
        for term in (*rest, skipped):
            new.append(helper.make_node("Add", [added, term], [f"{node.name}_plus_{len(new)}"]))
            added = new[-1].output[0]
        epsilon = helper.get_node_attr_value(node, "epsilon")
        norm = helper.make_node(
            "LayerNormalization", [added, weight, bias], [node.output[0]], f"{node.name}_norm", axis=-1, epsilon=epsilon
        )
        graph.replace(node, *new, norm)
    return graph.model()


def half(fused: onnx.ModelProto) -> onnx.ModelProto:
    """A copy in float16 up to the last hidden states; from these on in float32, since a score has more digits.

    Not by onnxruntime's converter: around each node that is to stay in float32 it casts to float16 and back.
    """
    graph = Graph(fused)
    for node in graph.nodes:
        if node.op_type not in ("EmbedLayerNormalization", "Attention", "MatMul", "BiasGelu", "SkipLayerNormalization"):
            continue
        if "hidden" in node.input:
            continue
        for place, name in enumerate(node.input):
            if graph.is_float(name):
                node.input[place] = graph.add(f"{name}_half", graph.weights(name).astype(np.float16))
        if "hidden" in node.output:
            node.output[0] = "hidden_half"
            last = node
    graph.replace(
        last, last, helper.make_node("Cast", ["hidden_half"], ["hidden"], "hidden_cast", to=TensorProto.FLOAT)
    )
    return graph.model()


@contextmanager
def _quiet() -> Iterator[None]:
    """No warnings of the tracer, which are about Python values that never change here, and no advice from the rest."""
    loggers = [logging.getLogger(name) for name in ("optimum", "onnxruntime.transformers")]
    levels = [logger.level for logger in loggers]
    for logger in loggers:
        logger.setLevel(logging.ERROR)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            yield
    finally:
        for logger, level in zip(loggers, levels, strict=True):
            logger.setLevel(level)
