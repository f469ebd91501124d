"""Streams of documents with planted changes: what `escore watch report` finds, and what it imagines.

A day's documents are drawn at random from texts that are scored once; at the weekend there are fewer. Nothing changes
in such a stream but what is planted.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from escore import Scorer
from escore_monitor.days import iso, weekday
from escore_monitor.observation import Observation, observe
from escore_monitor.report import Report, ReportOptions, make_report
from escore_monitor.store import Store

FIRST = 20_000  # 2024-10-04, a Friday
_SATURDAY = 5

Pool = list[Observation]
Change = Callable[[int, Pool, np.random.Generator], Pool]  # of a day's documents, by its number


def score_pool(scorer: Scorer, texts: Iterable[str]) -> Pool:
    """What each text adds to a store."""
    tokenizer = scorer.bundle.tokenizer
    return [observe(document, "escore-en 5", tokenizer) for document in scorer.stream(texts)]


@dataclass(frozen=True, slots=True)
class Stream:
    """Days of documents from a pool.

    size: of a working day; a Saturday or Sunday has a share `weekend` of it.
    changes: what is planted.
    """

    pool: Pool
    size: int
    weekend: float = 0.4
    changes: Sequence[Change] = ()

    def days(self, count: int, rng: np.random.Generator) -> Iterator[tuple[int, Pool]]:
        """The documents of each day, from FIRST on."""
        for number in range(count):
            day = FIRST + number
            size = int(self.size * (self.weekend if weekday(day) >= _SATURDAY else 1))
            documents = [self.pool[i] for i in rng.integers(0, len(self.pool), size)]
            for change in self.changes:
                documents = change(number, documents, rng)
            keys = rng.integers(0, 2**63, len(documents)).tolist()
            yield day, [replace(item, key=key, day=day) for item, key in zip(documents, keys, strict=True)]


def extra(pool: Pool, first: int, last: int, size: int) -> Change:
    """`size` documents of a pool more, on the days from `first` to `last`."""

    def change(number: int, documents: Pool, rng: np.random.Generator) -> Pool:
        more = [pool[i] for i in rng.integers(0, len(pool), size)] if first <= number <= last else []
        return documents + more

    return change


def without(key: str, first: int) -> Change:
    """No document that mentions an entity, from day `first` on."""

    def change(number: int, documents: Pool, rng: np.random.Generator) -> Pool:
        if number < first:
            return documents
        return [item for item in documents if key not in {mention.text for mention in item.mentions}]

    return change


def instead(pool: Pool, first: int, share: float) -> Change:
    """A share of the documents is of another pool, from day `first` on."""

    def change(number: int, documents: Pool, rng: np.random.Generator) -> Pool:
        if number < first:
            return documents
        others = rng.integers(0, len(pool), len(documents))
        swap = rng.random(len(documents)) < share
        return [pool[i] if is_other else item for item, i, is_other in zip(documents, others, swap, strict=True)]

    return change


def daily_reports(
    path: Path, stream: Stream, days: int, seed: int, *, since: str = "1d", warm_up: int = 28
) -> Iterator[tuple[int, Report]]:
    """The number of each day after the first `warm_up`, and the report at its end."""
    with Store(path) as store:
        for day, documents in stream.days(days, np.random.default_rng(seed)):
            store.add(documents)
            if day - FIRST >= warm_up:
                yield day - FIRST, make_report(path, ReportOptions(since=since, until=iso(day), limit=1000))


def alarms(report: Report) -> list[str]:
    """What a report names as changed."""
    entities = [f"new {row['entity']}" for row in report["new"] if row["change"]]
    entities += [f"{name} {row['entity']}" for name in ("rising", "falling") for row in report[name]]
    return entities + [f"drift {row['signal']}" for row in report["drift"] if row["is_drift"]]
