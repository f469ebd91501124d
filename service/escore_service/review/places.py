"""Where else in the queue a decision may hold: the places of the same string."""

from bisect import bisect_right
from collections.abc import Iterator

from escore_labels.record import Record, Span
from escore_labels.texts import covered
from escore_service.review.queue import shown_spans


def same_places(record: Record, part: str, by: str) -> Iterator[tuple[list[Span], int, int]]:
    """The places of `part` in a text, as whole words: the spans that count there, start and end.

    Places inside a longer entity, or across one's end, are left out: there the string is part of another name.
    """
    labels, runs = shown_spans(record, by)
    starts = {start for start, _ in labels.offsets}
    ends = {end for _, end in labels.offsets}
    names = [
        (labels.offsets[first][0], labels.offsets[last][1])
        for span, first, last in runs
        if span.label == "entity" or span.target is not None
    ]
    at = record.text.find(part)
    while at >= 0:
        start, end = at, at + len(part)
        if start in starts and end in ends and not _crosses(names, start, end):
            words = covered(labels.offsets, start, end)
            spans = {id(span): span for i in words if (span := labels.spans[i]) is not None}
            yield list(spans.values()), start, end
        at = record.text.find(part, at + 1)


def _crosses(names: list[tuple[int, int]], start: int, end: int) -> bool:
    """Whether an entity overlaps start..end and is not exactly that; `names` are in order and do not overlap."""
    i = bisect_right(names, start, key=lambda name: name[1])
    return i < len(names) and names[i][0] < end and names[i] != (start, end)
