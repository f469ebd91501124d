"""Label Studio's JSON: tasks with annotations and predictions, or its JSON-MIN; spans by UTF-16 code units.

https://labelstud.io/guide/task_format
"""

from collections.abc import Iterator
from typing import Any

import msgspec

from escore_labels import extras
from escore_labels.readers.json_objects import convert, is_region_list
from escore_labels.readers.source import Placed, Source, TaggedSpan
from escore_labels.record import MODEL, RecordError
from escore_labels.utf16 import from_utf16, utf16_offsets


class _Value(msgspec.Struct):
    start: int
    end: int
    text: str | None = None
    labels: list[str] = []


class _Meta(msgspec.Struct, frozen=True):
    escore: extras.SpanExtras | None = None  # in every region that escore wrote


class _Region(msgspec.Struct):
    type: str
    value: Any = None
    score: float | None = None
    meta: _Meta = _Meta()


class _Annotation(msgspec.Struct):
    result: list[_Region] = []
    was_cancelled: bool = False
    completed_by: Any = None
    created_at: str | int | None = None
    model_version: str | None = None


class _Data(msgspec.Struct):
    text: Any = None
    escore: extras.RecordExtras = extras.RecordExtras()


class _Task(msgspec.Struct):
    data: dict[str, Any]
    id: str | int = ""
    annotations: list[_Annotation] | None = None
    completions: list[_Annotation] = []  # the name of annotations before version 1.0
    predictions: list[_Annotation] = []


def read_label_studio(source: Source) -> Iterator[Placed]:
    """A record a task. One that somebody annotated is reviewed, and its predictions are left out."""
    return source.read_objects(_read)


def _read(source: Source, place: str, value: Any) -> Placed:
    is_min = isinstance(value, dict) and "data" not in value
    task = convert(_from_json_min(value) if is_min else value, _Task, place)
    data = convert(task.data, _Data, place)
    text = _text(place, task.data)
    annotations = [
        annotation for annotation in (*(task.annotations or ()), *task.completions) if not annotation.was_cancelled
    ]
    spans: list[TaggedSpan] = []
    for annotation in annotations or task.predictions:
        said: dict[str, Any] = {"by": MODEL, "model": annotation.model_version}
        if annotations:
            said = {"by": _person(annotation.completed_by), "time": _time(annotation.created_at)}
        spans += _spans(source, place, text, annotation.result, said)
    fields = {"id": str(task.id), "reviewed": bool(annotations)} | extras.fields(data.escore)
    return source.record(place, text, spans, **fields)


def _spans(source: Source, place: str, text: str, regions: list[_Region], said: dict[str, Any]) -> Iterator[TaggedSpan]:
    offsets = utf16_offsets(text)
    for region in regions:
        if region.type != "labels":
            source.lost(place, f"results of type {region.type} are left out")
            continue
        value = convert(region.value, _Value, place)
        start, end = from_utf16(offsets, value.start), from_utf16(offsets, value.end)
        # Versions differ in what they count, but most also write the span's text.
        if value.text and text[value.start : value.end] == value.text != text[start:end]:
            start, end = value.start, value.end
        fields = said if region.meta.escore is None else extras.fields(region.meta.escore)
        if region.score is not None:
            fields = fields | {"probability": region.score}
        for label in value.labels or [""]:
            yield TaggedSpan(start, end, label, fields)


def _text(place: str, data: dict[str, Any]) -> str:
    texts = [value for value in data.values() if isinstance(value, str)]
    if isinstance(data.get("text"), str):
        return str(data["text"])
    if len(texts) != 1:
        raise RecordError(f"{place}: data has no text", 'name the field of the text "text"')
    return texts[0]


def _person(completed_by: object) -> str | None:
    if isinstance(completed_by, dict):
        completed_by = completed_by.get("email") or completed_by.get("id")
    return None if completed_by is None else str(completed_by)


def _time(created_at: str | int | None) -> str | None:
    return created_at if isinstance(created_at, str) else None


def _from_json_min(value: dict[str, Any]) -> dict[str, Any]:
    """A task of JSON-MIN as one of JSON: its only list of labels is the one annotation, its other fields are data."""
    labels = next((key for key, content in value.items() if is_region_list(content)), None)
    data = {key: content for key, content in value.items() if isinstance(content, str) and not key.endswith("_at")}
    regions = [{"type": "labels", "value": region} for region in (value[labels] if labels else [])]
    annotation = {
        "result": regions, "completed_by": value.get("annotator"), "created_at": value.get("created_at"),
    }  # fmt: skip
    annotated = [annotation] if labels or "annotation_id" in value else []
    return {"id": value.get("id", ""), "data": data, "annotations": annotated}
