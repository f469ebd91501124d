"""Rows and curves that need more than rows.toml says."""

import json
from collections.abc import Iterator
from functools import partial
from typing import Any

import numpy as np

from benchmarks.measure import Pairs, in_turn, paired, seconds
from benchmarks.measure_process import ESCORE, measure_process
from benchmarks.speed.bench import Bench, open_worker
from benchmarks.speed.models import get_model
from escore import Bundle, Scorer
from escore.pipeline.pipeline import Pipeline

LENGTHS = (4, 8, 16, 32, 64, 100)  # words, of the plot of latencies
PEERS = {
    "transformers pipeline": "pipeline",
    "optimum pipeline": "optimum",
    "plain onnxruntime": "plain",
    "escore": "escore",
}

Row = tuple[str, Pairs, str]  # name, pairs, what was run


def model_flops(config: dict[str, Any], lengths: list[int]) -> int:
    """Operations of a model, by its config.json, for windows of `lengths` tokens each, <s> and </s> included.

    One of L layers, width h and feed-forward f does, for a window of n tokens, 2 n (L (4 h² + 2 h f) + h) in products
    with weights, 2 for each weight and token, and 4 n² h L in attention: queries with keys, probabilities with values.
    Layer norms, GELU, softmax, tokenization and the rest count nothing, so their time lowers the share of the peak.
    """
    layers, width, inner = (config[key] for key in ("num_hidden_layers", "hidden_size", "intermediate_size"))
    weights = layers * (4 * width**2 + 2 * width * inner) + width
    return sum(2 * n * weights + 4 * n**2 * width * layers for n in lengths)


def flops(bench: Bench) -> Iterator[Row]:
    """Operations a second of fp32 models, from text to scores, over those of large products of matrices."""
    for name, count in (("default", bench.amount.bulk), ("base", bench.amount.base_bulk)):
        texts, model = bench.source.bulk(count), get_model(name)
        bundle, config = (
            Bundle.open(model.fp32, "cpu"),
            json.loads((model.transformers / "config.json").read_text("utf-8")),
        )
        pipeline = Pipeline(
            bundle.tokenizer, bundle.manifest.max_tokens, bundle.manifest.overlap, lambda window: window.ids
        )
        lengths = [len(window.ids) + 2 for text in texts.texts for window in pipeline.windows(text)]
        bench.peer("pipeline", name)  # compares the fp32 bundle with torch
        call = partial(open_worker("escore", folder=str(model.fp32)).call, "seconds", texts.texts, bench.amount.seconds)
        work, peak = model_flops(config, lengths) / 1e9, partial(open_worker("gemm").call, "gigaflops")
        pairs = paired(lambda work=work, call=call: work / call(), peak, bench.amount.rounds)
        yield f"flops-{name}", pairs, f"{texts.words} words, {sum(lengths)} tokens run"


def document_memory(bench: Bench) -> Iterator[Row]:
    """`escore run` of one long document and of a short one: by how much memory grows for each character more."""
    calls = [bench.side("MB", f"{size} document", ["escore", "run"])[0] for size in ("large", "part")]
    peaks = paired(*calls, bench.amount.few_rounds, warm_up=0)
    long, short = (len(bench.texts(f"{size} document").texts[0]) for size in ("large", "part"))
    pairs = [(1e6 * (over - under) / (long - short), 1.0) for over, under in peaks]
    yield "document-memory", pairs, f"escore run; peak {max(over for over, _ in peaks):.0f} MB"


def latency_by_length(bench: Bench) -> dict[str, Any]:
    """Milliseconds of one text, 50th and 99th percentile, by tool and number of words; the default model."""
    points: dict[str, dict[str, list[float]]] = {title: {} for title in PEERS}
    for length in LENGTHS:
        texts = bench.source.texts(bench.amount.calls // 2, length).texts
        calls = {title: partial(bench.peer(name).call, "seconds_each", texts) for title, name in PEERS.items()}
        for title, (values,) in in_turn(calls, 1).items():
            points[title][str(length)] = [1e3 * float(value) for value in np.percentile(values, (50, 99))]
    return points


def speed_by_threads(bench: Bench) -> dict[str, Any]:
    """Words a second of bulk text by threads, every round's value; the default model."""
    texts, bundle = bench.texts("bulk"), Bundle.open(device="cpu")
    scorers = {str(number): Scorer(bundle, number) for number in range(1, len(bench.cores) + 1)}
    passes = {number: partial(seconds, lambda s=s: list(s.stream(texts.texts))) for number, s in scorers.items()}
    times = in_turn(passes, bench.amount.rounds)
    return {number: [texts.words / value for value in values] for number, values in times.items()}


def memory_by_size(bench: Bench) -> dict[str, Any]:
    """Peak megabytes by bytes of text: `escore run --lines`, and `escore run` of it as one document."""
    peaks: dict[str, dict[str, float]] = {"lines": {}, "one document": {}}
    for size in sorted(factor * size for size in (bench.amount.part, bench.amount.small) for factor in (1, 3)):
        for kind, options in (("lines", ["--lines"]), ("one document", [])):
            text = bench.source.document(size, lines=kind == "lines").texts[0]
            peaks[kind][str(size)] = measure_process([ESCORE, "run", *options], text)[1]
    return peaks
