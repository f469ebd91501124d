"""What `escore bench` does: check that scores are the same, then time single texts, bulk, and cold starts."""

import sys
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

from escore import Bundle, Scorer
from escore.concurrency.cores import usable_cores
from escore_evaluation.machine import peak_memory, read_machine
from escore_evaluation.speed import timing
from escore_evaluation.speed.bench_comparison import text_hash
from escore_evaluation.speed.bench_report import Memory, build_report

# Shares of the seconds; a pair of cold starts takes about one.
_CALLS_SHARE, _BULK_SHARE = 0.4, 0.4
_COLD_ROUNDS_PER_SECOND = 1 / 6
_IMPORTS = (sys.executable, "-P", "-c", "import numpy, onnxruntime, tokenizers")


def run_bench(
    model: str | None,
    text: str,
    text_file: str | None,
    threads: int | None,
    seconds: float,
    stage: Callable[[str], None],
) -> dict[str, Any]:
    """The report, as docs/reference/formats.md describes it; `stage` gets the name of each part.

    model: folder of a bundle; None: the one that ships.
    text: what is scored; of a long one, the first MAX_CHARACTERS.
    text_file: where the text is from; None: the one that ships.
    threads: the largest number to measure with; None: one a core.
    seconds: how long to measure, about.

    Raises ShortTextError, UnequalScoresError, ChildError, and for a bundle what Bundle.open raises.
    """
    threads = threads or usable_cores()
    bundle = Bundle.open(model, "cpu")
    scorers = {count: Scorer(bundle, count) for count in thread_counts(threads)}
    scorer = scorers[threads]
    loaded = peak_memory()
    texts = timing.cut_texts(scorer, text, text_file or "the text that ships")

    stage("checking scores")
    timing.check_same_scores(scorers[1], scorer, text[: timing.MAX_CHARACTERS])
    stage("one text")
    calls = timing.time_calls(scorer, texts, _CALLS_SHARE * seconds)
    stage("bulk")
    bulk = timing.time_bulk(scorers, texts[timing.BULK_LENGTH], _BULK_SHARE * seconds)
    end = peak_memory()
    stage("cold starts")
    cold, cold_memory = _time_cold_starts(bundle.path, texts[16][0], seconds)

    settings = {"text": text_file, "threads": threads, "seconds": seconds, "text_sha256": text_hash(text)}
    tokens = {length: [timing.count_words(scorer, part)[1] for part in parts] for length, parts in texts.items()}
    memory = Memory(loaded, end, cold_memory)
    return build_report(read_machine(), bundle.manifest, settings, tokens, calls, bulk, cold, memory)


def thread_counts(threads: int) -> list[int]:
    """1, 2, 4, … below `threads`, and `threads` itself."""
    return [1 << power for power in range((threads - 1).bit_length())] + [threads]


def _time_cold_starts(bundle: Path, text: str, seconds: float) -> tuple[dict[str, list[float]], int | None]:
    """Times of new processes, `escore run` with one text and mere `imports`, and the former's peak memory in bytes."""
    with tempfile.TemporaryDirectory(prefix="escore-") as folder:
        file = Path(folder, "sentence.txt")
        file.write_text(text, "utf-8")
        arguments = ["run", "--model", str(bundle), str(file)]
        commands = {"run": [sys.executable, "-P", "-m", "escore_cli", *arguments], "imports": _IMPORTS}
        times = timing.time_processes(commands, max(1, round(_COLD_ROUNDS_PER_SECOND * seconds)))
        return times, timing.process_peak_memory(arguments)
