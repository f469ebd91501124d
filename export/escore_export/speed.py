"""Words a second of the checkpoint in torch and of its bundle, measured by turns on the same texts."""

import statistics
import time
from collections.abc import Sequence
from dataclasses import dataclass

from escore import Scorer
from escore.pipeline.pipeline import Pipeline

ROUNDS = 3
MAX_SECONDS = 10.0  # after which no new round begins


@dataclass(frozen=True, slots=True)
class Speed:
    """Medians in words a second.

    torch runs in fp32 with its own threads, one window at a time; the bundle with `threads`.
    """

    torch: float
    bundle: float
    threads: int


def measure_speed(torch: Pipeline, bundle: Scorer, texts: Sequence[str]) -> Speed:
    """Score `texts` with the checkpoint in torch and with its bundle, by turns, three times or for ten seconds."""
    torch_seconds, bundle_seconds = [], []
    started = time.perf_counter()
    for _ in range(ROUNDS):
        begin = time.perf_counter()
        words = sum(len(torch.scores(text)) for text in texts)
        middle = time.perf_counter()
        for _ in bundle.stream(texts):
            pass
        end = time.perf_counter()
        torch_seconds.append(middle - begin)
        bundle_seconds.append(end - middle)
        if end - started > MAX_SECONDS:
            break
    medians = statistics.median(torch_seconds), statistics.median(bundle_seconds)
    return Speed(round(words / medians[0], 1), round(words / medians[1], 1), bundle.threads)
