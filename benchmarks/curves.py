"""What the plots show beside the rows: latency by length, words a second by threads, memory by size."""

from contextlib import ExitStack
from typing import Any

import numpy as np

from benchmarks.agree import INT8, SAME_GRAPH, check, check_graph
from benchmarks.commands import ESCORE, watch, written
from benchmarks.models import for_transformers
from benchmarks.settings import Bench
from benchmarks.texts import LENGTHS
from benchmarks.worker import Worker


def latency(bench: Bench) -> dict[str, Any]:
    """Milliseconds of one text, 50th and 99th percentile, by contestant and number of words; the default model."""
    model = bench.default
    found: dict[str, dict[int, list[float]]] = {}
    with ExitStack() as stack:
        escore = stack.enter_context(Worker("escore"))
        check_graph(escore, model, bench.source)
        peers = {
            "transformers pipeline": Worker("pipeline", folder=str(for_transformers(model.checkpoint))),
            "optimum pipeline": Worker("optimum", folder=str(model.optimum)),
            "plain onnxruntime": Worker("plain", bundle=str(model.int8)),
        }
        for name, peer in peers.items():
            stack.enter_context(peer)
            check(escore, peer, bench.source, INT8 if peer.contestant == "pipeline" else SAME_GRAPH)
            found[name] = {}
        workers = {"escore": escore} | peers
        found["escore"] = {}
        for length in LENGTHS:
            texts = bench.source.sentences(bench.amount.curve_calls, length).texts
            for name, worker in workers.items():
                worker.each(texts[: len(texts) // 10 + 1])
                seconds = worker.each(texts)
                found[name][length] = [float(np.percentile(seconds, percent)) * 1e3 for percent in (50, 99)]
    return found


def threads(bench: Bench) -> dict[str, Any]:
    """Words a second of bulk text by threads, every round's value; the default model."""
    texts = bench.source.bulk(bench.amount.bulk)
    numbers = range(1, len(bench.all_cores) + 1)
    found: dict[str, list[float]] = {str(number): [] for number in numbers}
    with ExitStack() as stack:
        workers = {number: stack.enter_context(_of(bench, number)) for number in numbers}
        for turn in range(bench.amount.pairs + 1):
            for number, worker in workers.items():
                value = texts.words / worker.passes(texts.texts, bench.amount.least)
                if turn:  # the first warms up
                    found[str(number)].append(value)
    return found


def _of(bench: Bench, number: int) -> Worker:
    return Worker("escore", threads=number, cores=bench.all_cores[:number])


def memory(bench: Bench) -> dict[str, Any]:
    """Peak megabytes by bytes of text: `escore run --lines`, and `escore run` of it as one document."""
    amount = bench.amount
    sizes = sorted({amount.part, amount.part * 3, amount.small, amount.small * 3})
    found: dict[str, dict[str, float]] = {"lines": {}, "one document": {}}
    for count in sizes:
        with written(bench.source.lines(count)) as path:
            found["lines"][str(count)] = watch([ESCORE, "run", "--lines", path]).peak / 1e6
        with written(bench.source.document(count)) as path:
            found["one document"][str(count)] = watch([ESCORE, "run", path]).peak / 1e6
    return found
