"""Rows in which escore meets the machine: its peak, its cores, more callers, longer texts."""

import json
from collections.abc import Iterator

from benchmarks.agree import FP32, check
from benchmarks.flops import model_flops, windows
from benchmarks.measure import Row, paired
from benchmarks.models import Model, for_transformers
from benchmarks.settings import Bench, Skipped, size
from benchmarks.texts import Texts
from benchmarks.worker import Worker

TWO = 2


def flops(bench: Bench) -> Iterator[Row]:
    """fp32 models' operations a second, end to end, over those of large products of matrices."""
    with Worker("gemm") as gemm:
        yield _flops("flops-default", bench, bench.default, bench.source.bulk(bench.amount.bulk), gemm)
        yield _flops("flops-base", bench, bench.base, bench.source.bulk(bench.amount.base_bulk), gemm)


def _flops(name: str, bench: Bench, model: Model, texts: Texts, gemm: Worker) -> Row:
    config = json.loads((for_transformers(model.checkpoint) / "config.json").read_text("utf-8"))
    lengths = windows(model.fp32, texts.texts)
    work = model_flops(config, lengths)
    with Worker("escore", bundle=str(model.fp32)) as escore:
        with Worker("pipeline", folder=str(for_transformers(model.checkpoint))) as torch:
            check(escore, torch, bench.source, FP32)
        pairs = paired(
            lambda: work / escore.passes(texts.texts, bench.amount.least) / 1e9,
            lambda: gemm.peak() / 1e9,
            bench.amount.pairs,
        )
    return Row(name, "escore", "peak", "GFLOP/s", pairs, f"{texts.words} words, {sum(lengths)} tokens run")


def cores(bench: Bench) -> Iterator[Row]:
    """Two threads on two cores against one on one, each process held to its cores."""
    if len(bench.cores) < TWO:
        raise Skipped("this process may use one core only; give it two")
    texts = bench.source.bulk(bench.amount.bulk)
    with (
        Worker("escore", cores=bench.cores[:2], threads=2) as two,
        Worker("escore", cores=bench.cores[:1], threads=1) as one,
    ):
        pairs = paired(
            lambda: texts.words / two.passes(texts.texts, bench.amount.least),
            lambda: texts.words / one.passes(texts.texts, bench.amount.least),
            bench.amount.pairs,
        )
    yield Row("cores", "two cores", "one core", "words/s", pairs, f"{len(texts.texts)} texts of {texts.words} words")


def callers(bench: Bench) -> Iterator[Row]:
    """Two threads that share a Scorer, half of the texts each; bit-equality is asserted in the worker."""
    texts = bench.source.bulk(bench.amount.bulk)
    with Worker("escore") as escore:
        pairs = paired(
            lambda: escore.callers(texts.texts, 2), lambda: escore.callers(texts.texts, 1), bench.amount.pairs
        )
    yield Row("callers", "two callers", "one caller", "s", pairs, f"{texts.words} words in all; scores bit-equal")


def document_time(bench: Bench) -> Iterator[Row]:
    """One document, long and short: time a word."""
    amount = bench.amount
    long, short = (bench.source.documents(count) for count in (amount.large, amount.part))
    with Worker("escore") as escore:
        pairs = paired(
            lambda: 1e6 * escore.passes(long.texts, amount.least) / long.words,
            lambda: 1e6 * escore.passes(short.texts, 10 * amount.least) / short.words,  # the clock's pace drifts
            amount.few,
            warm=0,
        )
    note = f"documents of {long.words} and {short.words} words"
    yield Row("document-time", size(amount.large), size(amount.part), "µs a word", pairs, note)
