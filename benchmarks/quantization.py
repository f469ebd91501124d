"""How far each way to quantize moves the scores of a checkpoint: the table of docs/quantization.md.

    python benchmarks/quantization.py CHECKPOINT CORPUS_FILE...

Against the fp32 graph in onnxruntime, words of the corpus files, four sentences a text; words a second of one core,
medians of three rounds by turns.
"""

import logging
import statistics
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from unittest.mock import patch

import numpy as np
import onnx
import onnxruntime
import torch
from onnxruntime.quantization import QuantType, quantize_dynamic
from torch import Tensor

from escore.bundle.session import DISABLED_OPTIMIZERS
from escore.sample_text import paragraphs
from escore_export import export, parity
from escore_export.checkpoint.checkpoint import read_checkpoint
from escore_export.graph import fuse as graph
from escore_export.graph.onnx_graph import Graph
from escore_export.quantization import calibrate as seen
from escore_export.quantization import gptq as rounding
from escore_export.quantization import quantize
from escore_export.quantization import smoothquant as smooth
from escore_labels.readers.formats import read_corpus
from escore_labels.texts import join_sentences

ROUNDS = 3


def by_onnxruntime(fused: onnx.ModelProto, **options: object) -> onnx.ModelProto:
    """What onnxruntime's own dynamic quantization makes of the fused graph; the embeddings as escore has them."""
    by_row = Graph(fused)
    quantize._quantize_embeddings(by_row)
    with tempfile.NamedTemporaryFile(suffix=".onnx") as file:
        last = [node.name for node in fused.graph.node if "classifier" in node.name]
        quantize_dynamic(
            graph.plain_norms(by_row.model()),
            file.name,
            op_types_to_quantize=["MatMul", "Attention"],
            weight_type=QuantType.QInt8,
            nodes_to_exclude=last,
            extra_options={"DefaultTensorType": onnx.TensorProto.FLOAT},
            **options,
        )
        return onnx.load(file.name)


def plain_rounding(weights: Tensor, _: Tensor) -> tuple[Tensor, Tensor]:
    """Each weight to its nearest step, the steps those of the default."""
    scales = rounding.steps(weights).float()
    return torch.round(weights / scales.double()).to(torch.int8), scales


def variants(fused: onnx.ModelProto, layers: list[seen.Layer]) -> Iterator[tuple[str, onnx.ModelProto]]:
    """Graphs by name; from the fifth on each adds one idea to the one before."""
    yield "fp32, fused", graph.plain_norms(fused)
    yield "onnxruntime, 8 bits, one scale a matrix", by_onnxruntime(fused)
    yield "onnxruntime, 8 bits, one scale a channel", by_onnxruntime(fused, per_channel=True)
    yield "onnxruntime, 7 bits, one scale a channel", by_onnxruntime(fused, per_channel=True, reduce_range=True)
    without = {
        "smoothing": patch.object(smooth, "scales", lambda inputs, weights: torch.ones(len(weights)).double()),
        "copies": patch.object(smooth, "copies", lambda inputs: torch.ones(len(inputs.peak), dtype=torch.int64)),
        "rounding": patch.object(quantize, "round_weights", plain_rounding),
    }
    names = {
        "": "escore, 8 bits, no pair above 128, one scale a channel",
        "smoothing": "the same, smoothed",
        "copies": "the same, outlier channels copied",
        "rounding": "the same, rounded with the errors passed on (the default)",
    }
    for idea, name in names.items():
        without.pop(idea, None)
        with ExitStack() as stack:
            for missing in without.values():
                stack.enter_context(missing)
            yield name, graph.plain_norms(quantize.quantize(fused, layers))


def main() -> None:
    """Print the table as Markdown."""
    logging.disable(logging.WARNING)  # onnxruntime advises a pre-processing step that does nothing for this graph
    folder, *files = map(Path, sys.argv[1:])
    opened = read_checkpoint(folder)
    tokenizer = opened.vocabulary.tokenizer
    windows = parity.Windows(tokenizer, opened.max_tokens, export.OVERLAP)
    model = graph.scores_of(opened.model)
    fused = graph.fused(model)
    layers = list(seen.collect(model, tokenizer.special_ids, windows.of(paragraphs())))
    scored = [
        join_sentences(d[i : i + 4]).text for path in files for d in read_corpus(path) for i in range(0, len(d), 4)
    ]

    sessions, sizes = {}, {}
    for name, made in variants(fused, layers):
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = 1
        options.log_severity_level = 3
        content = made.SerializeToString()
        sessions[name] = onnxruntime.InferenceSession(content, options, disabled_optimizers=DISABLED_OPTIMIZERS)
        sizes[name] = len(content) / 1e6

    found: dict[str, np.ndarray] = {}  # type: ignore[type-arg]
    seconds: dict[str, list[float]] = {name: [] for name in sessions}
    for _ in range(ROUNDS):
        for name, session in sessions.items():
            run = parity.session_run(session, tokenizer.special_ids)
            started = time.process_time()
            found[name] = np.concatenate([windows.scores(text, run) for text in scored])
            seconds[name].append(time.process_time() - started)
    reference = next(iter(found.values()))
    print("| graph | mean | 99th percentile | marks changed | MB | words/s, one core |\n|---|---|---|---|---|---|")
    for name, scores in found.items():
        measured = parity.measure(reference, scores, 0.0, export.MARKS)
        error = f"{measured.mean:.2f} | {measured.p99:.1f} | {measured.marks_changed:.2%}"
        speed = len(scores) / statistics.median(seconds[name])
        print(f"| {name} | {'– | – | –' if scores is reference else error} | {sizes[name]:.1f} | {speed:,.0f} |")


if __name__ == "__main__":
    main()
