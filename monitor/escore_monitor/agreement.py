"""How far people agree with the scores that they corrected or reviewed."""

from collections.abc import Iterable

import numpy as np
from numpy.typing import NDArray

from escore.scale import ENTITY_MINIMUM
from escore_labels.record import MODEL, Record, Span
from escore_monitor.days import day_of, parse_time

AGREEMENT = "agreement"


def agreement_by_day(records: Iterable[Record], first: int, days: int) -> dict[str, NDArray[np.int64]]:
    """Under AGREEMENT, how many scored spans people disagreed and agreed with by day ([days, 2]); {} without any.

    A person agrees where what they call an entity scores 220 or more, or what they call something else scores less. In
    a text that a person reviewed, an entity of the model's that nobody touched is one that they agree with.
    first: the first day, from 1970-01-01.
    """
    counts = np.zeros((days, 2), np.int64)
    for record in records:
        people = [span for span in record.spans if span.by_person]
        for span in people:
            if span.score is not None:
                is_entity = span.label == "entity" if span.target is None else span.target >= ENTITY_MINIMUM
                _count(counts, span.time or record.time, first, is_entity == (span.score >= ENTITY_MINIMUM))
        if record.reviewed:
            times = [span.time for span in people if span.time]
            for span in record.spans:
                if span.by == MODEL and span.label == "entity" and not any(_overlap(span, other) for other in people):
                    _count(counts, max(times, default=record.time), first, True)
    return {AGREEMENT: counts} if counts.any() else {}


def _count(counts: NDArray[np.int64], time: str | None, first: int, agrees: bool) -> None:
    if time is not None and 0 <= (place := day_of(parse_time(time)) - first) < len(counts):
        counts[place, int(agrees)] += 1


def _overlap(one: Span, other: Span) -> bool:
    return one.start < other.end and other.start < one.end
