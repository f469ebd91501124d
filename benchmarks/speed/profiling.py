"""Where the time goes: by stage of a bulk run, by operator of the graph, and by option of a session."""

import json
import tempfile
from collections import defaultdict
from collections.abc import Callable
from functools import partial
from pathlib import Path
from statistics import median
from typing import Any

import numpy as np
from numpy.typing import NDArray
from onnxruntime import GraphOptimizationLevel, InferenceSession, SessionOptions

from benchmarks.measure import in_turn, seconds, table
from benchmarks.results import versions
from benchmarks.texts import SENTENCE_LENGTHS, Source
from escore import Bundle, Scorer
from escore.bundle.bundle import DEFAULT
from escore.bundle.session import DISABLED_OPTIMIZERS
from escore.pipeline.encode import encode_text
from escore.pipeline.infer import run_window
from escore.pipeline.pooling import pool
from escore.pipeline.windows import make_windows
from escore_cli.output import columns, tables
from escore_evaluation.machine import read_machine

ROUNDS, RUNS = 7, 200
LENGTHS = (18, 64, 250)  # tokens of a window, <s> and </s> included
OPTIONS: dict[str, dict[str, Any]] = {
    "as the runtime has it": {},
    "two threads a run, spinning": {"intra_op_num_threads": 2},
    "two threads a run, not spinning": {"intra_op_num_threads": 2, "entry": ("session.intra_op.allow_spinning", "0")},
    "graph level: basic": {"graph_optimization_level": GraphOptimizationLevel.ORT_ENABLE_BASIC},
    "graph level: none": {"graph_optimization_level": GraphOptimizationLevel.ORT_DISABLE_ALL},
    "with SkipLayerNormFusion": {"disabled": []},
    "no arena": {"enable_cpu_mem_arena": False},
    "no memory pattern": {"enable_mem_pattern": False},
    "weights not packed beforehand": {"entry": ("session.disable_prepacking", "1")},
}


def by_stage(bundle: Bundle, texts: list[str]) -> dict[str, float]:
    """Seconds of each stage over all texts, in one thread and one after the other, so that nothing overlaps."""
    spent: dict[str, float] = {}

    def timed(stage: str, call: Callable[[Any], Any], items: list[Any]) -> list[Any]:
        values: list[Any] = []
        spent[stage] = seconds(lambda: values.extend(map(call, items)))
        return values

    cut = partial(make_windows, capacity=bundle.manifest.max_tokens - 2, overlap=bundle.manifest.overlap)
    run = partial(run_window, bundle.session, bundle.tokenizer.special_ids, outputs=bundle.outputs)
    chunks = timed("encode: tokens, words, offsets", lambda text: list(encode_text(bundle.tokenizer, text)), texts)
    windows = timed("windows", lambda parts: list(cut(iter(parts))), chunks)
    tokens = timed("infer: arrays in and out, and the model", lambda w: np.concatenate([*map(run, w)]), windows)
    counts = [np.concatenate([chunk.counts for chunk in parts]) for parts in chunks]
    timed("pooling", lambda pair: pool(*pair), list(zip(counts, tokens, strict=True)))
    documents = list(map(Scorer(bundle, threads=1), texts))
    timed("Word objects from a score of 80 on", lambda document: document.words_above(80), documents)
    rows = partial(columns.rows, "-", minimum=80, entities=False, columns=columns.DEFAULT)
    timed(
        "output: the same, and their lines of tsv",
        lambda document: list(tables.table("tsv", rows(document))),
        documents,
    )
    return spent


def open_session(content: bytes, **options: Any) -> InferenceSession:
    """A session as the runtime makes it, but for `options`: a config `entry`, `disabled` optimizers, SessionOptions."""
    settings = SessionOptions()
    if entry := options.pop("entry", None):
        settings.add_session_config_entry(*entry)
    disabled = options.pop("disabled", DISABLED_OPTIMIZERS)
    options = {"intra_op_num_threads": 1, "inter_op_num_threads": 1, "log_severity_level": 3} | options
    for name, value in options.items():
        setattr(settings, name, value)
    return InferenceSession(content, settings, providers=["CPUExecutionProvider"], disabled_optimizers=disabled)


def random_window(length: int) -> dict[str, NDArray[np.int64]]:
    """A window of `length` random tokens."""
    ids = np.random.default_rng(length).integers(5, 10_000, (1, length))
    return {"input_ids": ids, "attention_mask": np.ones_like(ids)}


def by_operator(content: bytes, length: int) -> list[list[str]]:
    """By onnxruntime's profiler: operators, how many there are, microseconds a run of them all, the costliest first."""
    with tempfile.TemporaryDirectory() as folder:
        session = open_session(content, enable_profiling=True, profile_file_prefix=f"{folder}/profile")
        for _ in range(RUNS):
            session.run(["scores"], random_window(length))
        events = json.loads(Path(session.end_profiling()).read_text("utf-8"))
    spent: dict[str, list[int]] = defaultdict(list)
    for event in events:
        if event["cat"] == "Node" and event["name"].endswith("_kernel_time"):
            spent[event["args"]["op_name"]].append(event["dur"])
    ordered = sorted(spent.items(), key=lambda item: -sum(item[1]))
    return [[name, str(len(times) // RUNS), f"{sum(times) / RUNS:.0f}"] for name, times in ordered]


def by_option(content: bytes) -> dict[str, list[float]]:
    """Tokens a second for each length, then milliseconds to make a session; medians of rounds."""
    sessions = {name: open_session(content, **options) for name, options in OPTIONS.items()}
    rows: dict[str, list[float]] = defaultdict(list)
    for length in LENGTHS:
        inputs, runs = random_window(length), RUNS * 18 // length
        calls = {name: partial(session.run, ["scores"], inputs) for name, session in sessions.items()}
        calls["inputs and outputs bound"] = partial(_run_bound, sessions["as the runtime has it"], inputs)
        passes = {name: partial(seconds, lambda c=c, n=runs: [c() for _ in range(n)]) for name, c in calls.items()}
        for name, times in in_turn(passes, ROUNDS).items():
            rows[name].append(runs * length / median(times))
    makers = {name: partial(seconds, partial(open_session, content, **options)) for name, options in OPTIONS.items()}
    for name, times in in_turn(makers, ROUNDS, warm_up=0).items():
        rows[name].append(1000 * median(times))
    return rows


def _run_bound(session: InferenceSession, inputs: dict[str, NDArray[np.int64]]) -> None:
    binding = session.io_binding()
    for name, array in inputs.items():
        binding.bind_cpu_input(name, array)
    binding.bind_output("scores")
    session.run_with_iobinding(binding)
    binding.copy_outputs_to_cpu()


def main(text: Path | None = None) -> None:
    """Where the time of scoring goes: docs/background/performance.md, docs/decisions.md."""
    machine = read_machine()
    print(f"{machine.processor} ({machine.kind}); {versions(machine.versions)}\n")
    texts, bundle = Source(text).texts(400, *SENTENCE_LENGTHS), Bundle.open(device="cpu")
    rounds = [by_stage(bundle, texts.texts) for _ in range(ROUNDS)]
    stages = {stage: 1e6 * median(spent[stage] for spent in rounds) / texts.words for stage in rounds[0]}
    print(table(["stage", "µs a word"], ([stage, f"{value:.2f}"] for stage, value in stages.items())))
    content = (DEFAULT / "model.onnx").read_bytes()
    for length in LENGTHS:
        print("\n" + table([f"operator, {length} tokens", "nodes", "µs a run"], by_operator(content, length)))
    rows = ([name, *(f"{value:,.0f}" for value in values)] for name, values in by_option(content).items())
    print("\n" + table(["session", *(f"{length} tokens" for length in LENGTHS), "ms to make one"], rows))
