"""Rows in which escore meets what one would use instead. Values are words a second, or milliseconds a sentence."""

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import numpy as np

from benchmarks.agree import FP32, INT8, INT8_RANDOM, check, check_graph
from benchmarks.measure import Row, paired
from benchmarks.models import for_transformers
from benchmarks.settings import Bench, Skipped
from benchmarks.texts import Texts
from benchmarks.worker import ROOT, Worker, WorkerError, environment

BATCHES = (1, 4, 8, 16)


def base(bench: Bench) -> Iterator[Row]:
    """roberta-base in int8 against the original way, transformers, optimum and plain onnxruntime."""
    model, source, amount = bench.base, bench.source, bench.amount
    few, mixed = source.mixed(amount.slow_sentences), source.mixed(amount.sentences)
    with Worker("escore", bundle=str(model.int8)) as escore:
        with Worker("original", checkpoint=str(model.checkpoint)) as original:
            with Worker("escore", bundle=str(model.fp32)) as exact:
                check(exact, original, source, FP32)
            check(escore, original, source, INT8_RANDOM)
            yield _speed(bench, "base-original", escore, few, original, few)
        with Worker("pipeline", folder=str(model.checkpoint)) as pipeline:
            check(escore, pipeline, source, INT8_RANDOM)
            batch = _best(pipeline, mixed, amount.least)
            yield _speed(bench, "base-pipeline", escore, mixed, pipeline, mixed, batch)
        check_graph(escore, model, source)
        with Worker("optimum", folder=str(model.optimum)) as optimum:
            check(escore, optimum, source, INT8_RANDOM)
            for length in (16, 100):
                texts = source.sentences(amount.sentences if length == 16 else amount.sentences // 4, length)
                yield _speed(bench, f"base-optimum-{length}", escore, texts, optimum, texts, 1)
                batch = _best(optimum, texts, amount.least)
                yield _speed(bench, f"base-optimum-{length}-batch", escore, texts, optimum, texts, batch)
        with Worker("plain", bundle=str(model.int8)) as plain:
            check(escore, plain, source, INT8_RANDOM)
            yield _speed(bench, "base-plain", escore, mixed, plain, mixed)


def default(bench: Bench) -> Iterator[Row]:
    """The default model's bulk text against the original way on a model of roberta-base's size."""
    bulk, few = bench.source.bulk(bench.amount.bulk), bench.source.mixed(bench.amount.slow_sentences)
    with Worker("escore") as escore, Worker("original", checkpoint=str(bench.base.checkpoint)) as original:
        with Worker("escore", bundle=str(bench.base.fp32)) as exact:
            check(exact, original, bench.source, FP32)
        yield _speed(bench, "default-original", escore, bulk, original, few)


def spacy(bench: Bench) -> Iterator[Row]:
    """The default model against spaCy, in one process as it runs by default, and in as many as there are cores."""
    if not bench.spacy.is_dir():
        if bench.corpora is None:
            raise Skipped("spaCy's pipeline is not trained; give --corpora with the folder of the corpora")
        _spacy_peer("train", bench.corpora, bench.spacy)
    bulk, cores = bench.source.bulk(bench.amount.bulk), len(bench.cores)
    with Worker("escore") as escore:
        with Worker("spacy", folder=str(bench.spacy)) as one:
            yield _speed(bench, "default-spacy", escore, bulk, one, bulk)
        with Worker("spacy", folder=str(bench.spacy), processes=cores) as more:
            yield _speed(bench, "default-spacy-processes", escore, bulk, more, bulk)


def _spacy_peer(*arguments: str | Path) -> str:
    command = [sys.executable, "-m", "benchmarks.spacy_peer", *arguments]
    ended = subprocess.run(command, stdout=subprocess.PIPE, text=True, env=environment(), cwd=ROOT, check=False)
    if ended.returncode:
        raise WorkerError(f"spacy_peer {arguments[0]}: left with {ended.returncode}; what it said stands above")
    return ended.stdout


def latency(bench: Bench) -> Iterator[Row]:
    """One sentence of 16 words at a time, the default model in escore and, the same weights, in transformers."""
    texts = bench.source.sentences(bench.amount.calls).texts
    note = f"{len(texts)} sentences a run, a call each"
    with Worker("escore") as escore, Worker("pipeline", folder=str(for_transformers(bench.default.checkpoint))) as peer:
        check(escore, peer, bench.source, INT8)
        pairs = paired(lambda: escore.each(texts), lambda: peer.each(texts), bench.amount.pairs)
    for percent in (50, 99):
        values = [tuple(float(np.percentile(side, percent)) * 1e3 for side in pair) for pair in pairs]
        yield Row(f"default-latency-p{percent}", "escore", "pipeline", "ms", values, note)  # type: ignore[arg-type]


def _speed(
    bench: Bench, name: str, escore: Worker, texts: Texts, peer: Worker, theirs: Texts, batch: int | None = None
) -> Row:
    """Words a second of both. What is one text to escore may be another's cut in other pieces."""
    least = bench.amount.least
    pairs = paired(
        lambda: texts.words / escore.passes(texts.texts, least),
        lambda: theirs.words / peer.passes(theirs.texts, least, batch),
        bench.amount.pairs,
    )
    same = f"{len(texts.texts)} texts of {texts.words} words"
    note = same if texts is theirs else f"{same}, and {len(theirs.texts)} sentences of {theirs.words} words"
    if batch is not None:
        note += f"; batches of {batch}"
    return Row(name, "escore", peer.contestant, "words/s", pairs, note)


def _best(peer: Worker, texts: Texts, least: float) -> int:
    """The batch size that is quickest on these texts, each tried after a pass that warms up."""
    seconds = {}
    for batch in BATCHES:
        peer.passes(texts.texts, 0, batch)
        seconds[batch] = peer.passes(texts.texts, least, batch)
    return min(seconds, key=lambda batch: seconds[batch])
