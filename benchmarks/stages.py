"""Where the time of a bulk run goes: the tables of docs/performance.md.

    python -m benchmarks.stages [FILE]

First by stage, in one thread and one after the other, so that nothing overlaps; then by operator of the graph, as
onnxruntime's own profiler counts it, for windows of three lengths; then by option of a session, by turns.
"""

import json
import statistics
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import onnxruntime
from numpy.typing import NDArray

from benchmarks.texts import Source
from escore import Bundle, Scorer
from escore.bundle.bundle import DEFAULT, DISABLED_OPTIMIZERS
from escore.pipeline.encode import encode_text
from escore.pipeline.infer import run_window
from escore.pipeline.pooling import mean_pool
from escore.pipeline.windows import make_windows
from escore_cli.output.formats import tsv
from escore_evaluation.machine import read_machine

ROUNDS = 7
LENGTHS = (18, 64, 250)  # tokens of a window, <s> and </s> included
RUNS = 200


def by_stage(bundle: Bundle, texts: list[str]) -> dict[str, float]:
    """Seconds of each stage, over all texts."""
    tokenizer, ends = bundle.tokenizer, bundle.tokenizer.special_ids
    spent: dict[str, float] = {}
    last = time.perf_counter()

    def note(stage: str) -> None:
        nonlocal last
        now = time.perf_counter()
        spent[stage] = spent.get(stage, 0.0) + now - last
        last = now

    for text in texts:
        tokenizer._tokenizer.encode(text, add_special_tokens=False)
        note("tokenizers, alone (Rust)")
        pieces = list(encode_text(tokenizer, text))
        note("encode: tokens, words, offsets as arrays")
        windows = list(make_windows(iter(pieces), bundle.manifest.max_tokens - 2, bundle.manifest.overlap))
        note("plan")
        feeds = [np.array([[ends[0], *window.ids.tolist(), ends[1]]]) for window in windows]
        masks = [np.ones_like(ids) for ids in feeds]
        last = time.perf_counter()
        for ids, mask in zip(feeds, masks, strict=True):
            bundle.session.run(["scores"], {"input_ids": ids, "attention_mask": mask})
        note("the model, alone (session.run)")
        scores = [run_window(bundle.session, ends, window) for window in windows]
        note("infer: arrays in and out, and the model")
        counts = np.concatenate([np.empty(0, np.int32), *(piece.counts for piece in pieces)])
        mean_pool(counts, np.concatenate([np.empty(0, np.float32), *scores]))
        note("stitch")
    scorer = Scorer(bundle, threads=1)
    documents = [scorer(text) for text in texts]
    last = time.perf_counter()
    for document in documents:
        document.words_above(80)
    note("Word objects from a score of 80 on")
    for document in documents:
        for _ in tsv("-", document, 80, False):
            pass
    note("output: the same, and their lines of tsv")
    return spent


def session(content: bytes, **changes: Any) -> onnxruntime.InferenceSession:
    """A session as the runtime makes it, but for `changes`: attributes of SessionOptions, and the two below."""
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = options.inter_op_num_threads = 1
    options.log_severity_level = 3
    for name, value in changes.items():
        if name in ("disabled", "entry"):
            continue
        setattr(options, name, value)
    if "entry" in changes:
        options.add_session_config_entry(*changes["entry"])
    return onnxruntime.InferenceSession(
        content,
        options,
        providers=["CPUExecutionProvider"],
        disabled_optimizers=changes.get("disabled", DISABLED_OPTIMIZERS),
    )


def feed(length: int) -> dict[str, NDArray[np.int64]]:
    """A window of `length` random tokens."""
    ids = np.random.default_rng(length).integers(5, 10_000, (1, length))
    return {"input_ids": ids, "attention_mask": np.ones_like(ids)}


def by_operator(content: bytes, length: int) -> list[tuple[str, int, float]]:
    """Operators, how many there are, and the microseconds a run of all of them, the costliest first."""
    with tempfile.TemporaryDirectory() as folder:
        profiled = session(content, enable_profiling=True, profile_file_prefix=str(Path(folder) / "profile"))
        given = feed(length)
        for _ in range(RUNS):
            profiled.run(["scores"], given)
        events = json.loads(Path(profiled.end_profiling()).read_text("utf-8"))
    spent: Counter[str] = Counter()
    count: Counter[str] = Counter()
    for event in events:
        if event.get("cat") == "Node" and event["name"].endswith("_kernel_time"):
            spent[event["args"]["op_name"]] += event["dur"]
            count[event["args"]["op_name"]] += 1
    return [(name, count[name] // RUNS, total / RUNS) for name, total in spent.most_common()]


LEVEL = onnxruntime.GraphOptimizationLevel
OPTIONS: dict[str, dict[str, Any]] = {
    "as the runtime has it": {},
    "two threads a run, spinning": {"intra_op_num_threads": 2},
    "two threads a run, not spinning": {
        "intra_op_num_threads": 2,
        "entry": ("session.intra_op.allow_spinning", "0"),
    },
    "graph level: basic": {"graph_optimization_level": LEVEL.ORT_ENABLE_BASIC},
    "graph level: none": {"graph_optimization_level": LEVEL.ORT_DISABLE_ALL},
    "with SkipLayerNormFusion": {"disabled": []},
    "no arena": {"enable_cpu_mem_arena": False},
    "no memory pattern": {"enable_mem_pattern": False},
    "weights not packed beforehand": {"entry": ("session.disable_prepacking", "1")},
}


def by_option(content: bytes) -> dict[str, list[float]]:
    """Tokens a second for each length, then milliseconds to make a session; medians of rounds by turns."""
    sessions = {name: session(content, **changes) for name, changes in OPTIONS.items()}
    found: dict[str, list[float]] = {name: [] for name in [*OPTIONS, "inputs and outputs bound"]}

    def bound(given: dict[str, NDArray[np.int64]]) -> Callable[[], None]:
        plain = sessions["as the runtime has it"]

        def run() -> None:
            binding = plain.io_binding()
            for name, array in given.items():
                binding.bind_cpu_input(name, array)
            binding.bind_output("scores")
            plain.run_with_iobinding(binding)
            binding.copy_outputs_to_cpu()

        return run

    for length in LENGTHS:
        given = feed(length)
        calls: dict[str, Callable[[], object]] = {
            name: lambda made=made, given=given: made.run(["scores"], given) for name, made in sessions.items()
        }
        calls["inputs and outputs bound"] = bound(given)
        speeds: dict[str, list[float]] = {name: [] for name in calls}
        for turn in range(ROUNDS + 1):
            for name, call in calls.items():
                started = time.perf_counter()
                for _ in range(RUNS * 18 // length):
                    call()
                if turn:
                    speeds[name].append(RUNS * 18 // length * length / (time.perf_counter() - started))
        for name, values in speeds.items():
            found[name].append(statistics.median(values))
    made: dict[str, list[float]] = {name: [] for name in OPTIONS}
    for _ in range(ROUNDS):
        for name, changes in OPTIONS.items():
            started = time.perf_counter()
            session(content, **changes)
            made[name].append(1000 * (time.perf_counter() - started))
    for name, values in made.items():
        found[name].append(statistics.median(values))
    return found


def main() -> None:
    """Print the tables as Markdown."""
    source = Source(Path(sys.argv[1]) if len(sys.argv) > 1 else None)
    here = read_machine()
    print(f"{here.processor} ({here.kind}); {', '.join(f'{k} {v}' for k, v in here.versions.items())}\n")
    bundle = Bundle.open(device="cpu")
    texts = source.mixed(400)
    rounds = [by_stage(bundle, texts.texts) for _ in range(ROUNDS)]
    print("| stage | µs a word |\n|---|---|")
    for stage in rounds[0]:
        print(f"| {stage} | {statistics.median(spent[stage] for spent in rounds) / texts.words * 1e6:.2f} |")
    content = (DEFAULT / "model.onnx").read_bytes()
    for length in LENGTHS:
        print(f"\n| operator, {length} tokens | nodes | µs a run |\n|---|---|---|")
        for name, count, spent in by_operator(content, length):
            print(f"| {name} | {count} | {spent:.0f} |")
    print("\n| session | " + " | ".join(f"{length} tokens" for length in LENGTHS) + " | ms to make one |")
    print("|---|" + "---|" * (len(LENGTHS) + 1))
    for name, values in by_option(content).items():
        print(f"| {name} | " + " | ".join(f"{value:,.0f}" for value in values) + " |")


if __name__ == "__main__":
    main()
