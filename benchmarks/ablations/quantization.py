"""How far each way to quantize moves the scores of a checkpoint from fp32's: the table of docs/decisions.md."""

import logging
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack
from functools import partial
from pathlib import Path
from statistics import median
from unittest.mock import patch

import onnx
import torch
from onnxruntime.quantization import QuantType, quantize_dynamic

from benchmarks.measure import in_turn, seconds, table
from benchmarks.speed.profiling import open_session
from escore.difference import compare_scores
from escore.pipeline.infer import run_window
from escore.pipeline.pipeline import Pipeline
from escore.sample_text import paragraphs
from escore.scale import MARKS
from escore_evaluation.scoring import read_texts
from escore_export.checkpoint.checkpoint import read_checkpoint
from escore_export.export import OVERLAP
from escore_export.graph.fuse import fuse_graph, split_skip_norms
from escore_export.graph.onnx_graph import Graph
from escore_export.graph.scoring_model import make_scoring_model
from escore_export.parity import score_texts, torch_run
from escore_export.quantization import quantize
from escore_export.quantization.calibrate import LayerStatistics, collect_statistics
from escore_export.quantization.gptq import step_sizes

ROUNDS, SENTENCES = 3, 4


def round_to_nearest(weights: torch.Tensor, _: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
    """Each weight rounded to its nearest step, the steps those of the default."""
    scales = step_sizes(weights).float()
    return torch.round(weights / scales.double()).to(torch.int8), scales


IDEAS = {  # of escore, and what replaces each where it is left out
    "with SmoothQuant": ("smoothing_factors", lambda _, weights: torch.ones(len(weights)).double()),
    "outlier channels copied": ("count_copies", lambda inputs: torch.ones_like(inputs.max_abs, dtype=torch.int64)),
    "with GPTQ (the default)": ("round_weights", round_to_nearest),
}


def by_onnxruntime(fused: onnx.ModelProto, **options: object) -> onnx.ModelProto:
    """What onnxruntime's own dynamic quantization makes of the fused graph; the embeddings as escore has them."""
    graph, last = Graph(fused), [node.name for node in fused.graph.node if "classifier" in node.name]
    quantize.quantize_embeddings(graph)
    options |= {"extra_options": {"DefaultTensorType": onnx.TensorProto.FLOAT}, "weight_type": QuantType.QInt8}
    options |= {"op_types_to_quantize": ["MatMul", "Attention"], "nodes_to_exclude": last}
    with tempfile.NamedTemporaryFile(suffix=".onnx") as file:
        quantize_dynamic(split_skip_norms(graph.model()), file.name, **options)
        return onnx.load(file.name)


def variants(fused: onnx.ModelProto, layers: list[LayerStatistics]) -> Iterator[tuple[str, onnx.ModelProto]]:
    """Graphs by name; from the fifth on each adds one idea to the one before."""
    yield "fp32, fused", split_skip_norms(fused)
    yield "onnxruntime, 8 bits, one scale a matrix", by_onnxruntime(fused)
    yield "onnxruntime, 8 bits, one scale a channel", by_onnxruntime(fused, per_channel=True)
    yield "onnxruntime, 7 bits, one scale a channel", by_onnxruntime(fused, per_channel=True, reduce_range=True)
    names = ["escore, 8 bits, no pair above 128, one scale a channel", *(f"the same, {idea}" for idea in IDEAS)]
    for count, name in enumerate(names):
        with ExitStack() as stack:
            for missing in list(IDEAS.values())[count:]:
                stack.enter_context(patch.object(quantize, *missing))
            yield name, split_skip_norms(quantize.quantize_graph(fused, layers))


def main(folder: Path, files: list[Path]) -> None:
    """How far each way to quantize moves the scores of the checkpoint in FOLDER, on corpus FILES: docs/decisions.md."""
    logging.disable(logging.WARNING)  # onnxruntime advises a pre-processing step that does nothing for this graph
    checkpoint = read_checkpoint(folder)
    tokenizer, model = checkpoint.vocabulary.tokenizer, make_scoring_model(checkpoint.model)
    run = torch_run(checkpoint.model, checkpoint.outputs, tokenizer.special_ids)
    pipeline = Pipeline(tokenizer, checkpoint.max_tokens, OVERLAP, run)
    windows = [window for text in paragraphs() for window in pipeline.windows(text)]
    layers = list(collect_statistics(model, tokenizer.special_ids, windows))
    texts = [text.text for text in read_texts(files, sentences=SENTENCES).texts]
    graphs = {name: graph.SerializeToString() for name, graph in variants(fuse_graph(model), layers)}
    runs = {name: partial(run_window, open_session(graph), tokenizer.special_ids) for name, graph in graphs.items()}
    scores = {name: score_texts(pipeline, run, texts).scores for name, run in runs.items()}
    passes = {name: partial(seconds, partial(score_texts, pipeline, run, texts)) for name, run in runs.items()}
    rows = []
    for name, times in in_turn(passes, ROUNDS, warm_up=0).items():
        error = compare_scores(scores["fp32, fused"], scores[name], MARKS)
        figures = (f"{error.mean:.2f}", f"{error.p99:.1f}", f"{error.marks_changed:.2%}") if rows else "–––"
        rows.append([name, *figures, f"{len(graphs[name]) / 1e6:.1f}", f"{len(scores[name]) / median(times):,.0f}"])
    print(table(["graph", "mean", "99th percentile", "marks changed", "MB", "words/s, one core"], rows))
