"""Where else in the queue a decision would hold: the places of the same string."""

from collections.abc import Iterator

from escore_labels.record import Record, Span
from escore_labels.texts import covered
from escore_service.review.queue import shown_spans


def same_places(record: Record, part: str, by: str) -> Iterator[tuple[Span | None, int, int]]:
    """The places of `part` in a text, as whole words: start, end, and the span that counts there.

    The span is None where words are open, or where several spans share them. Places inside a longer entity, or across
    one's end, are left out: there the string is part of another name.
    """
    labels, runs = shown_spans(record, by)
    starts = {start: i for i, (start, _) in enumerate(labels.offsets)}
    ends = {end for _, end in labels.offsets}
    names = [
        (labels.offsets[first][0], labels.offsets[last][1])
        for span, first, last in runs
        if span.label == "entity" or span.target is not None
    ]
    at = record.text.find(part)
    while at >= 0:
        start, end = at, at + len(part)
        if start in starts and end in ends:
            crossed = [name for name in names if name[0] < end and start < name[1]]
            if crossed in ([], [(start, end)]):
                words = covered(labels.offsets, start, end)
                spans = {id(labels.spans[i]): labels.spans[i] for i in words}
                yield (next(iter(spans.values())) if len(spans) == 1 else None), start, end
        at = record.text.find(part, at + 1)
