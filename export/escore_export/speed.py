"""Words a second of the checkpoint in torch and of the bundle, measured in turn on the same texts."""

import statistics
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from escore import Scorer
from escore_export.parity import Run, Windows

ROUNDS = 3
ENOUGH = 10.0  # seconds, after which no new round begins


@dataclass(frozen=True, slots=True)
class Speed:
    """Medians in words a second.

    torch runs in fp32 with its own threads, one window at a time; the bundle with `threads`.
    """

    torch: float
    bundle: float
    threads: int


def compare(windows: Windows, run: Run, scorer: Scorer, texts: Sequence[str]) -> Speed:
    """Score `texts` by turns, three times or for ten seconds."""
    words = 0

    def by_torch() -> None:
        for text in texts:
            windows.scores(text, run)

    def by_bundle() -> None:
        nonlocal words
        words = sum(len(document.scores) for document in scorer.stream(texts))

    taken: tuple[list[float], list[float]] = ([], [])
    started = time.monotonic()
    for _ in range(ROUNDS):
        for work, seconds in zip((by_torch, by_bundle), taken, strict=True):
            seconds.append(_seconds(work))
        if time.monotonic() - started > ENOUGH:
            break
    before, after = (words / statistics.median(seconds) for seconds in taken)
    return Speed(round(before, 1), round(after, 1), scorer.threads)


def _seconds(work: Callable[[], None]) -> float:
    started = time.perf_counter()
    work()
    return time.perf_counter() - started
