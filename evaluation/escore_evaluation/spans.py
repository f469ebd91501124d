"""Named entities as spans of a text: those that are labeled, and how many of them a model finds."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from escore import Document
from escore_labels.texts import LabeledText
from escore_labels.tokens import ENTITY

Span = tuple[int, int]  # half-open code point offsets into a text


UNKNOWN = -1


@dataclass(frozen=True, slots=True, eq=False)
class FoundEntities:
    """Entities that a model found in texts whose labels decide each word.

    scores: 0..300 (float64, [entities]).
    right: whether a labeled entity has the same ends ([entities]).
    kinds: whether its kind is right too: 1, 0, or UNKNOWN (int, [entities]).
    texts: the number of each one's text (int, [entities]).
    """

    scores: NDArray[np.float64]
    right: NDArray[np.bool_]
    kinds: NDArray[np.int64]
    texts: NDArray[np.int64]

    def select(self, chosen: NDArray[np.bool_]) -> "FoundEntities":
        """Those of the chosen texts ([texts]) alone."""
        kept = chosen[self.texts]
        numbers = np.cumsum(chosen) - 1
        return FoundEntities(self.scores[kept], self.right[kept], self.kinds[kept], numbers[self.texts[kept]])


def found_entities(
    texts: Sequence[LabeledText], documents: Sequence[Document], decided: Sequence[bool], *minimums: float
) -> FoundEntities:
    """The entities of any of these minimum scores, each once, in the texts that are decided."""
    rows: list[tuple[float, bool, int, int]] = []
    for number, (text, document) in enumerate(zip(texts, documents, strict=True)):
        if not decided[number]:
            continue
        labeled = labeled_kinds(text)
        entities = {_trim(text.text, (e.start, e.end)): e for minimum in minimums for e in document.entities(minimum)}
        for span, entity in entities.items():
            kind = labeled.get(span)
            same = UNKNOWN if kind is None or entity.kind is None else int(kind == entity.kind)
            rows.append((entity.score, span in labeled, same, number))
    scores, right, kinds, numbers = zip(*rows, strict=True) if rows else ((), (), (), ())
    return FoundEntities(
        np.array(scores, np.float64),
        np.array(right, np.bool_),
        np.array(kinds, np.int64),
        np.array(numbers, np.int64),
    )


def labeled_kinds(text: LabeledText) -> dict[Span, str | None]:
    """The labeled entities without signs at their ends, and what kind each is; None where nobody says."""
    kinds = {start: token.kind for token, (start, _) in zip(text.tokens, text.spans, strict=True)}
    return {_trim(text.text, span): kinds[span[0]] for span in labeled_spans(text)}


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
