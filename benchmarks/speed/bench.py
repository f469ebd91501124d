"""How rows are measured: those that rows.toml describes in full, others, and what the plots show beside them."""

import json
import sys
from collections.abc import Callable, Iterator
from functools import cache, partial
from types import SimpleNamespace
from typing import Any, NamedTuple

import numpy as np

from benchmarks import CACHE
from benchmarks.measure import Pairs, in_turn, paired
from benchmarks.measure_process import ESCORE, measure_process
from benchmarks.speed.equivalence import check_peer
from benchmarks.speed.models import get_model
from benchmarks.speed.page import ROWS
from benchmarks.speed.peers import Worker
from benchmarks.texts import SENTENCE_LENGTHS, Source, Texts
from escore import Bundle, Scorer, SettingError
from escore.pipeline.pipeline import Pipeline
from escore_evaluation.speed.timing import time_bulk

SPACY = CACHE / "spacy"
BATCHES = (1, 4, 8, 16)
PROGRAMS = {"escore": ESCORE, "python": sys.executable}

LENGTHS = (4, 8, 16, 32, 64, 100)  # words, of the plot of latencies
TITLES = {"transformers pipeline": "pipeline", "optimum pipeline": "optimum", "plain onnxruntime": "plain"}
TITLES |= {"escore": "escore"}

Row = tuple[str, Pairs, str]  # name, pairs, what was run
Side = tuple[Callable[[], float], str]
open_worker = cache(Worker)


class Bench(NamedTuple):
    """The text, the amounts (see rows.toml), and the cores that everything runs on."""

    source: Source
    amount: SimpleNamespace
    cores: list[int]

    def texts(self, kind: str) -> Texts:
        """Texts of a kind that rows.toml names."""
        amount, source = self.amount, self.source
        match kind.split():
            case [size, "lines" | "document" as shape]:
                return source.document(getattr(amount, size), lines=shape == "lines")
            case [length, "words"]:
                return source.texts(amount.sentences if length == "16" else amount.sentences // 4, int(length))
            case ["few" | "mixed"]:
                return source.texts(amount.few if kind == "few" else amount.sentences, *SENTENCE_LENGTHS)
            case ["calls" | "sentence"]:
                return source.texts(amount.calls if kind == "calls" else 1, 16)
        return source.bulk(amount.bulk)

    def peer(self, name: str, model: str = "default", **options: Any) -> Worker:
        """A peer that runs a model, its scores found to be escore's. Raises DisagreementError, SettingError."""
        if name == "spacy" and not SPACY.is_dir():
            raise SettingError("spaCy's pipeline is not trained", "run make bench CORPORA=DIR")
        if len(self.cores) < options.get("cores", 0):
            raise SettingError("this process may use one core only", "give it two")
        options |= {"processes": len(self.cores)} if "processes" in options else {}
        options |= {"cores": tuple(self.cores[: options["cores"]])} if "cores" in options else {}
        forms = get_model(model)
        folders = {"escore": forms.int8, "plain": forms.int8, "optimum": forms.optimum, "spacy": SPACY}
        worker = open_worker(name, folder=str(folders.get(name, forms.transformers)), **options)
        check_peer(worker, model, self.source)
        return worker

    def side(self, unit: str, texts: str = "", command: list[str] | None = None, **options: Any) -> Side:
        """A call that measures one side of a row of rows.toml, and what it does in words."""
        several, minimum = self.texts(texts), self.amount.seconds * options.pop("times", 1)
        note = f"{len(several.texts)} texts of {several.words} words"
        if command:
            whole, text = [PROGRAMS[command[0]], *command[1:]], several.texts[0] + "\n" if texts else None
            return lambda: measure_process(whole, text)[unit == "MB"], note
        batch, callers, percentile = (options.pop(key, None) for key in ("batch", "callers", "percentile"))
        call = partial(self.peer(options.pop("peer"), **options).call, texts=several.texts)
        if percentile:
            return lambda: 1e3 * float(np.percentile(call("seconds_each"), percentile)), note
        if callers:
            return partial(call, "seconds_shared", callers=callers), note
        seconds = {size: partial(call, "seconds", minimum=minimum, batch=size) for size in BATCHES}
        if batch == "best":
            times = in_turn(seconds, 1)
            batch = min(times, key=times.__getitem__)
        note += f"; batches of {batch}" if batch else ""
        if unit == "words/s":
            return lambda: several.words / seconds[batch or 1](), note
        return lambda: 1e6 * seconds[batch or 1]() / several.words, note


def measure(bench: Bench, name: str) -> Iterator[Row]:
    """A row that rows.toml describes in full."""
    row, amount = {"unit": "words/s", "rounds": ""} | ROWS[name], bench.amount
    rounds = {"few": amount.few_rounds, "many": 3 * amount.rounds}.get(row["rounds"], amount.rounds)
    over, note = bench.side(row["unit"], **row["over"])
    under, other = bench.side(row["unit"], **row["under"]) if "under" in row else (lambda: 1.0, note)
    pairs = paired(over, under, rounds, warm_up=row["rounds"] != "few")
    texts = other if other.startswith(note) else f"{note}, and {other}"
    yield name, pairs, "; ".join(filter(None, (texts if "peer" in row["over"] else "", row.get("note"))))


def model_flops(config: dict[str, Any], lengths: list[int]) -> int:
    """Operations of a model, by its config.json, for windows of `lengths` tokens each, <s> and </s> included.

    One of L layers, width h and feed-forward f does, for n tokens, 2 n (L (4 h² + 2 h f) + h) in products with weights
    and 4 n² h L in attention. The rest counts nothing, from layer norms to tokenization: its time lowers the share.
    """
    layers, width, inner = (config[key] for key in ("num_hidden_layers", "hidden_size", "intermediate_size"))
    weights = layers * (4 * width**2 + 2 * width * inner) + width
    return sum(2 * n * weights + 4 * n**2 * width * layers for n in lengths)


def flops(bench: Bench) -> Iterator[Row]:
    """Operations a second of fp32 models, from text to scores, over those of large products of matrices."""
    for name, count in (("default", bench.amount.bulk), ("base", bench.amount.base_bulk)):
        texts, model = bench.source.bulk(count), get_model(name)
        bundle = Bundle.open(model.fp32, "cpu")
        windows = Pipeline(bundle.tokenizer, bundle.manifest.max_tokens, bundle.manifest.overlap, np.asarray).windows
        lengths = [len(window.ids) + 2 for text in texts.texts for window in windows(text)]
        bench.peer("pipeline", name)  # compares the fp32 bundle with torch
        call = partial(open_worker("escore", folder=str(model.fp32)).call, "seconds", texts.texts, bench.amount.seconds)
        config = json.loads((model.transformers / "config.json").read_text("utf-8"))
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
    points: dict[str, dict[str, list[float]]] = {title: {} for title in TITLES}
    for length in LENGTHS:
        texts = bench.source.texts(bench.amount.calls // 2, length).texts
        calls = {title: partial(bench.peer(name).call, "seconds_each", texts) for title, name in TITLES.items()}
        for title, (values,) in in_turn(calls, 1).items():
            points[title][str(length)] = [1e3 * float(value) for value in np.percentile(values, (50, 99))]
    return points


def speed_by_threads(bench: Bench) -> dict[str, Any]:
    """Words a second of bulk text by threads, every round's value; the default model."""
    bundle = Bundle.open(device="cpu")
    scorers = {number: Scorer(bundle, number) for number in range(1, len(bench.cores) + 1)}
    passes = time_bulk(scorers, bench.texts("bulk").texts, 5 * bench.amount.seconds * len(scorers))
    return {str(number): [bulk.words / seconds for seconds in bulk.seconds] for number, bulk in passes.items()}


def memory_by_size(bench: Bench) -> dict[str, Any]:
    """Peak megabytes by bytes of text: `escore run --lines`, and `escore run` of it as one document."""
    peaks: dict[str, dict[str, float]] = {"lines": {}, "one document": {}}
    for size in sorted(factor * size for size in (bench.amount.part, bench.amount.small) for factor in (1, 3)):
        for kind, options in (("lines", ["--lines"]), ("one document", [])):
            text = bench.source.document(size, lines=kind == "lines").texts[0]
            peaks[kind][str(size)] = measure_process([ESCORE, "run", *options], text)[1]
    return peaks
