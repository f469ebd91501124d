"""Named entities as spans of a text: those that are labeled, and how many of them a model finds."""

from collections.abc import Iterable, Sequence

from escore_labels.texts import LabeledText
from escore_labels.tokens import ENTITY

Span = tuple[int, int]  # half-open code point offsets into a text


def labeled_spans(text: LabeledText) -> list[Span]:
    """The labeled entities, in order: each from a token that starts one to the last that continues it."""
    spans: list[Span] = []
    in_entity = False
    for token, (start, end) in zip(text.tokens, text.spans, strict=True):
        if token.starts_entity:
            spans.append((start, end))
            in_entity = True
        elif token.low == ENTITY and in_entity:
            spans[-1] = (spans[-1][0], end)
        else:
            in_entity = False
    return spans


def count_matches(text: LabeledText, spans: Sequence[Span]) -> tuple[int, int, int]:
    """How many of the `spans` are labeled entities, how many spans there are, and how many entities are labeled.

    A match agrees in both ends, whatever its type. Characters at the ends that are neither letter nor digit (quotes,
    the full stop of "Inc.", "@") do not count, unless there are no others.
    """
    labeled = {_trim(text.text, span) for span in labeled_spans(text)}
    predicted = {_trim(text.text, span) for span in spans}
    return len(labeled & predicted), len(predicted), len(labeled)


def count_outcomes(text: LabeledText, spans: Sequence[Span]) -> tuple[int, int, int, int]:
    """How many labeled entities are found right, found in part, and missed, and how many spans touch none of them.

    In part: too long, too short, or joined with another.
    """
    labeled = {_trim(text.text, span) for span in labeled_spans(text)}
    predicted = {_trim(text.text, span) for span in spans}
    right = labeled & predicted
    missed = sum(not _touches(span, predicted) for span in labeled)
    elsewhere = sum(not _touches(span, labeled) for span in predicted)
    return len(right), len(labeled) - len(right) - missed, missed, elsewhere


def _touches(span: Span, others: Iterable[Span]) -> bool:
    return any(span[0] < end and start < span[1] for start, end in others)


def _trim(text: str, span: Span) -> Span:
    start, end = span
    while start < end and not text[start].isalnum():
        start += 1
    while end > start and not text[end - 1].isalnum():
        end -= 1
    return (start, end) if start < end else span
