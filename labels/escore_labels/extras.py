"""What other tools' JSON has no place for: kept under a key of our own, `escore`, which they hand back as it is."""

from typing import Any

import msgspec

from escore_labels.record import Record, Span
from escore_labels.tag_map import tag_of

KEY = "escore"


class SpanExtras(msgspec.Struct, frozen=True, omit_defaults=True):
    """The fields of a span besides its place and its tag."""

    target: float | None = None
    by: str | None = None
    model: str | None = None
    score: float | None = None
    probability: float | None = None
    time: str | None = None
    settles: bool = False


class PlacedExtras(SpanExtras, frozen=True, omit_defaults=True, kw_only=True):
    """The fields of a span in a format that has no place for them beside it; they count for as long as it stays so."""

    start: int
    end: int
    tag: str


class RecordExtras(msgspec.Struct, frozen=True, omit_defaults=True):
    """The fields of a record besides its text and its spans."""

    id: str = ""
    time: str | None = None
    source: str | None = None
    reviewed: bool | None = None
    held_out: bool = False


class TextExtras(RecordExtras, frozen=True, omit_defaults=True):
    """The fields of a record and of its spans."""

    spans: list[PlacedExtras] = []


def span_extras(span: Span) -> dict[str, Any]:
    """{"escore": {…}}, or {} where there is nothing to keep."""
    extras = SpanExtras(span.target, span.by, span.model, span.score, span.probability, span.time, span.settles)
    return _under_key(extras)


def record_extras(record: Record, reviewed: bool | None = None) -> dict[str, Any]:
    """{"escore": {…}}, or {} where there is nothing to keep; `reviewed` where the format cannot say it."""
    return _under_key(RecordExtras(record.id, record.time, record.source, reviewed, record.held_out))


def text_extras(record: Record, reviewed: bool | None) -> dict[str, Any]:
    """As record_extras, with what is to keep of the spans."""
    spans = [
        {"start": span.start, "end": span.end, "tag": tag_of(span)} | extras[KEY]
        for span in record.spans
        if (extras := span_extras(span))
    ]
    content = record_extras(record, reviewed)
    return {KEY: content.get(KEY, {}) | {"spans": spans}} if spans else content


def fields(extras: SpanExtras | RecordExtras) -> dict[str, Any]:
    """The fields that are set."""
    content: dict[str, Any] = msgspec.to_builtins(extras)
    return content


def _under_key(extras: SpanExtras | RecordExtras) -> dict[str, Any]:
    content = fields(extras)
    return {KEY: content} if content else {}
