"""doccano's JSON Lines, in the shapes of its versions: label, labels, entities or annotations; spans by code points."""

from collections import defaultdict
from collections.abc import Iterator
from typing import Any

import msgspec

from escore_labels import extras
from escore_labels.readers.json_objects import convert
from escore_labels.readers.source import Placed, Source, TaggedSpan
from escore_labels.record import LIST, MODEL


class _Entity(msgspec.Struct):
    start_offset: int
    end_offset: int
    label: str | int


class _Text(msgspec.Struct):
    text: str | None = None
    data: str | None = None  # its name in versions 1.5 and 1.6
    id: str | int = ""
    label: list[tuple[int, int, str]] = []
    labels: list[tuple[int, int, str]] = []
    entities: list[_Entity | tuple[int, int, str]] = []
    annotations: list[_Entity] = []
    annotation_approver: str | int | None = None
    relations: list[Any] = []
    escore: extras.TextExtras = extras.TextExtras()


def read_doccano(source: Source) -> Iterator[Placed]:
    """A record a text. One with labels is reviewed; one without may not have been looked at.

    A span that escore wrote, and that nobody has changed since, is still by whoever said it.
    """
    return source.read_objects(_read)


def _read(source: Source, place: str, value: Any) -> Placed:
    item = convert(value, _Text, place)
    if item.relations:
        source.lost(place, "relations are left out")
    labels = [*item.label, *item.labels]
    for entity in (*item.entities, *item.annotations):
        if isinstance(entity, _Entity):
            labels.append((entity.start_offset, entity.end_offset, str(entity.label)))
        else:
            labels.append(entity)
    text = convert({"text": item.data if item.text is None else item.text}, _WithText, place).text
    reviewed = bool(labels) or item.annotation_approver is not None
    fields: dict[str, Any] = {"id": str(item.id), "reviewed": reviewed} | extras.fields(item.escore)
    said = _by_place(fields.pop("spans", []))
    spans = [TaggedSpan(*label, said[label].pop() if said.get(label) else {}) for label in labels]
    return source.record(place, text, spans, **fields)


def _by_place(spans: list[dict[str, Any]]) -> dict[tuple[int, int, str], list[dict[str, Any]]]:
    """What is said of spans by their start, end and tag, a person's word at the end."""
    said = defaultdict[tuple[int, int, str], list[dict[str, Any]]](list)
    for span in sorted(spans, key=lambda span: span.get("by") not in (MODEL, LIST)):
        said[span.pop("start"), span.pop("end"), span.pop("tag")].append(span)
    return said


class _WithText(msgspec.Struct):
    text: str
