"""Prodigy's JSON Lines: a task a line, spans by code points, and the annotator's answer."""

from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any, Literal

import msgspec

from escore_labels import extras
from escore_labels.readers.json_objects import convert
from escore_labels.readers.source import Placed, Source, TaggedSpan

_BINARY = ("ner", "spans")  # views in which a person accepts or rejects the spans that are shown, and adds none


class _Span(msgspec.Struct):
    start: int
    end: int
    label: str | None = None
    escore: extras.SpanExtras = extras.SpanExtras()


class _Task(msgspec.Struct, rename={"view": "_view_id", "annotator": "_annotator_id", "session": "_session_id",
                                    "timestamp": "_timestamp"}):  # fmt: skip
    text: str
    spans: list[_Span] = []
    answer: Literal["accept", "reject", "ignore"] | None = None
    relations: list[Any] = []
    id: str | int = ""
    view: str | None = None
    annotator: str | None = None
    session: str | None = None
    timestamp: float | None = None
    escore: extras.RecordExtras = extras.RecordExtras()


def read_prodigy(source: Source) -> Iterator[Placed]:
    """A record a task. An accepted one is reviewed, unless only the shown spans were; a rejected one says nothing."""
    return source.read_objects(_read)


def _read(source: Source, place: str, value: Any) -> Placed:
    task = convert(value, _Task, place)
    if task.relations:
        source.lost(place, "relations are left out")
    spans = []
    if task.answer in ("reject", "ignore"):
        if task.spans:
            source.lost(place, f"the answer is {task.answer}: its spans are left out")
    else:
        said: dict[str, Any] = {}
        if by := task.annotator or task.session:
            said["by"] = by
        if task.timestamp is not None:
            said["time"] = _time(source, place, task.timestamp)
        spans = [
            TaggedSpan(span.start, span.end, span.label or "", said | extras.fields(span.escore)) for span in task.spans
        ]
    reviewed = task.answer == "accept" and task.view not in _BINARY
    fields = {"id": str(task.id), "reviewed": reviewed} | extras.fields(task.escore)
    return source.record(place, task.text, spans, **fields)


def _time(source: Source, place: str, timestamp: float) -> str | None:
    try:
        return datetime.fromtimestamp(timestamp, UTC).isoformat()
    except (ValueError, OverflowError, OSError):
        source.lost(place, "a timestamp that is no time is left out")
        return None
