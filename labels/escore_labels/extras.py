"""What other tools' JSON has no place for: kept under a key of our own, `escore`, which they hand back as it is."""

from typing import Any

import msgspec

from escore_labels.record import Record, Span

KEY = "escore"


class SpanExtras(msgspec.Struct, frozen=True, omit_defaults=True):
    """The fields of a span besides its place and its tag."""

    target: float | None = None
    by: str | None = None
    model: str | None = None
    score: float | None = None
    probability: float | None = None
    time: str | None = None


class RecordExtras(msgspec.Struct, frozen=True, omit_defaults=True):
    """The fields of a record besides its text and its spans."""

    id: str = ""
    time: str | None = None
    source: str | None = None
    reviewed: bool | None = None
    held_out: bool = False


def span_extras(span: Span) -> dict[str, Any]:
    """{"escore": {…}}, or {} where there is nothing to keep."""
    return _under_key(SpanExtras(span.target, span.by, span.model, span.score, span.probability, span.time))


def record_extras(record: Record, reviewed: bool | None = None) -> dict[str, Any]:
    """{"escore": {…}}, or {} where there is nothing to keep; `reviewed` where the format cannot say it."""
    return _under_key(RecordExtras(record.id, record.time, record.source, reviewed, record.held_out))


def fields(extras: SpanExtras | RecordExtras) -> dict[str, Any]:
    """The fields that are set."""
    content: dict[str, Any] = msgspec.to_builtins(extras)
    return content


def _under_key(extras: SpanExtras | RecordExtras) -> dict[str, Any]:
    content = fields(extras)
    return {KEY: content} if content else {}
