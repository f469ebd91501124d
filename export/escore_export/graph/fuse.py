"""A scoring model as a fused ONNX graph in float32."""

import tempfile
from collections.abc import Sequence
from pathlib import Path

import onnx
from onnx import NodeProto, helper
from onnxruntime.transformers.fusion_options import FusionOptions
from onnxruntime.transformers.optimizer import optimize_model
from optimum.exporters.onnx import export
from optimum.exporters.onnx.model_configs import RobertaOnnxConfig

from escore.bundle.session import OUTPUT
from escore_export.errors import ParityError
from escore_export.graph.onnx_graph import MICROSOFT, Graph
from escore_export.graph.scoring_model import ScoringModel
from escore_export.quiet import quiet

OPSET = 17  # LayerNormalization is one operator from here on
FUSED = ("EmbedLayerNormalization", "Attention", "BiasGelu", "SkipLayerNormalization")


class _OnnxConfig(RobertaOnnxConfig):  # type: ignore[misc]
    heads: Sequence[str] = ()

    @property
    def outputs(self) -> dict[str, dict[int, str]]:
        axes = {0: "batch_size", 1: "sequence_length"}
        return dict.fromkeys([OUTPUT, *self.heads, "hidden"], axes)


def fuse_graph(model: ScoringModel, work: Path | None = None) -> onnx.ModelProto:
    """The graph of `model`: exported by optimum, fused by onnxruntime's optimizer for transformers.

    `work` is a folder for what optimum writes (None: the system's for temporary files).
    Raises ParityError where a layer did not fuse: the graph would be right, but slow.
    """
    config = model.config
    options = FusionOptions("bert")
    options.use_raw_attention_mask(True)  # any mask, not just padding at the end
    # The tracer warns of Python values that never change here.
    with quiet("optimum", "onnxruntime.transformers"), tempfile.TemporaryDirectory(dir=work) as folder:
        path = Path(folder) / "model.onnx"
        onnx_config = _OnnxConfig(config, task="token-classification")
        onnx_config.heads = model.heads
        export(model, onnx_config, path, opset=OPSET)
        optimized = optimize_model(
            str(path),
            model_type="bert",
            num_heads=config.num_attention_heads,
            hidden_size=config.hidden_size,
            opt_level=0,
            optimization_options=options,
        )
    graph: onnx.ModelProto = optimized.model
    layers = config.num_hidden_layers
    counts = count_fused(graph)
    for operator, needed in zip(FUSED, (1, layers, layers, 2 * layers), strict=True):
        if counts[operator] != needed:
            raise ParityError(f"the graph would be slow: it did not fuse: {counts[operator]} of {needed} {operator}")
    if not any(item.domain == MICROSOFT for item in graph.opset_import):
        graph.opset_import.append(helper.make_opsetid(MICROSOFT, 1))
    graph.producer_name, graph.producer_version, graph.doc_string = "escore", "", ""
    return graph


def count_fused(graph: onnx.ModelProto) -> dict[str, int]:
    """How many there are of each operator that was several before."""
    operators = [node.op_type for node in graph.graph.node]
    return {operator: operators.count(operator) for operator in FUSED}


def split_skip_norms(fused: onnx.ModelProto) -> onnx.ModelProto:
    """A copy in which each SkipLayerNormalization is additions and a LayerNormalization, which a CPU runs faster."""
    graph = Graph(fused)
    for node in [node for node in graph.nodes if node.op_type == "SkipLayerNormalization"]:
        total, skip, weight, bias, *rest = node.input
        additions: list[NodeProto] = []
        for term in (*rest, skip):
            additions.append(helper.make_node("Add", [total, term], [f"{node.name}_plus_{len(additions)}"]))
            total = additions[-1].output[0]
        epsilon = helper.get_node_attr_value(node, "epsilon")
        norm = helper.make_node(
            "LayerNormalization", [total, weight, bias], [node.output[0]], f"{node.name}_norm", axis=-1, epsilon=epsilon
        )
        graph.replace(node, *additions, norm)
    return graph.model()
