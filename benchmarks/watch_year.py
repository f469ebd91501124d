"""A store of a year: a million made-up documents, with names as frequent as Zipf's law has them.

python -m benchmarks.watch_year FILE
"""

import sys
import time
from pathlib import Path

import numpy as np

from escore_monitor.observation import Mention, Observation, count_bins
from escore_monitor.report import make_report
from escore_monitor.store import Store

DAYS, A_DAY = 365, 2740
FIRST = 20_000
MENTIONS = 4  # a document, on average
NAMES = 3_000_000  # of which a year mentions some
SCORES = (100.0, 200.0, 250.0, 290.0) * 3


def documents(day: int, rng: np.random.Generator, cumulative: np.ndarray) -> list[Observation]:
    """The documents of a day."""
    counts = rng.poisson(MENTIONS, A_DAY)
    names = np.searchsorted(cumulative, rng.random(int(counts.sum()))).tolist()
    keys, lengths = rng.integers(2**63, size=A_DAY).tolist(), rng.integers(8, 60, A_DAY).tolist()
    items, at = [], 0
    for key, words, count in zip(keys, lengths, counts.tolist(), strict=True):
        mentions = tuple(Mention(f"Entity Name {name}", 290.12) for name in names[at : at + count])
        at += count
        pieces = int(1.3 * words)
        bins = count_bins(words, pieces, count, SCORES)
        items.append(Observation(key, key % 2**32, day, "news", "escore-en 5", words, pieces, mentions, bins))
    return items


def main(path: Path) -> None:
    """Fill the store, and say how large it is and how long a report takes."""
    rng = np.random.default_rng(1)
    weights = 1 / (np.arange(NAMES) + 10) ** 1.05
    cumulative = np.cumsum(weights / weights.sum())
    begin = time.process_time()
    with Store(path) as store:
        for day in range(DAYS):
            store.add(documents(FIRST + day, rng, cumulative))
    print(f"{DAYS * A_DAY:,} documents in {time.process_time() - begin:.0f} s of CPU time")
    print(f"{path.stat().st_size / 1e6:.0f} MB")
    for _ in range(5):
        begin, wall = time.process_time(), time.perf_counter()
        make_report(path)
        print(f"report: {time.process_time() - begin:.2f} s of CPU time, {time.perf_counter() - wall:.2f} s")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
