"""A record word by word, for formats that label words: the span that decides each, and its entity tag."""

from collections.abc import Sequence
from dataclasses import dataclass

from escore_labels.adjudicate import adjudicate
from escore_labels.record import Label, Record, Span
from escore_labels.tag_map import tag_of
from escore_labels.texts import covered
from escore_labels.writers.sink import Scheme, Sink


@dataclass(frozen=True, slots=True)
class LabeledWord:
    """A word, the text between it and the next one, what is said of it (None: nothing), and its entity tag."""

    text: str
    gap: str
    label: Label | None
    tag: str


@dataclass(frozen=True, slots=True)
class LabeledWords:
    """The words of a record; `before` is the text before the first."""

    before: str
    words: list[LabeledWord]


def labeled_words(record: Record, sink: Sink) -> LabeledWords:
    """The words with the label of the span that decides them; what is lost by that is reported."""
    labels = adjudicate(record)
    for _ in labels.conflicts:
        sink.lost(record, "two people disagree: the later span is written")
    _report_covered(record, labels.offsets, labels.spans, sink)
    starts = [*(start for start, _ in labels.offsets), len(record.text)][1:]
    tags = entity_tags(labels.spans, sink.scheme)
    words = [
        LabeledWord(record.text[start:end], record.text[end:next_start], span.label if span else None, tag)
        for (start, end), next_start, span, tag in zip(labels.offsets, starts, labels.spans, tags, strict=True)
    ]
    if not words:
        sink.lost(record, "a text without words is left out", "empty")
    return LabeledWords(record.text[: labels.offsets[0][0]] if words else record.text, words)


def entity_tags(spans: Sequence[Span | None], scheme: Scheme) -> list[str]:
    """The entity tags of words, given the span that decides each."""
    tags = []
    for i, span in enumerate(spans):
        if span is None or span.label != "entity":
            tags.append("O")
            continue
        before = spans[i - 1] if i else None
        starts, ends = before is not span, i + 1 == len(spans) or spans[i + 1] is not span
        if scheme == "bioes":
            mark = "S" if starts and ends else "B" if starts else "E" if ends else "I"
        elif scheme == "iob1":
            touches = before is not None and before.label == "entity" and tag_of(before) == tag_of(span)
            mark = "B" if starts and touches else "I"
        else:
            mark = "B" if starts else "I"
        tags.append(f"{mark}-{tag_of(span)}")
    return tags


def _report_covered(
    record: Record, offsets: Sequence[tuple[int, int]], spans: Sequence[Span | None], sink: Sink
) -> None:
    """Report spans that do not lie on word edges, and those that others cover."""
    for span in record.spans:
        touched = covered(offsets, span.start, span.end)
        if not touched or (offsets[touched[0]][0], offsets[touched[-1]][1]) != (span.start, span.end):
            sink.lost(record, "a span does not lie on word edges, and whole words are written", "moved")
        if any(spans[i] is not span and spans[i] != span for i in touched):
            sink.lost(record, "spans overlap: the one that counts is written", "overlap")
