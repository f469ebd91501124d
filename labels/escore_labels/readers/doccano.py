"""doccano's JSON Lines, in the shapes of its versions: label, labels, entities or annotations; spans by code points."""

from collections.abc import Iterator
from typing import Any

import msgspec

from escore_labels import extras
from escore_labels.readers.json_objects import convert
from escore_labels.readers.source import Placed, Source, TaggedSpan


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
    escore: extras.RecordExtras = extras.RecordExtras()


def read_doccano(source: Source) -> Iterator[Placed]:
    """A record a text. One with labels is reviewed; one without may not have been looked at."""
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
    fields = {"id": str(item.id), "reviewed": reviewed} | extras.fields(item.escore)
    return source.record(place, text, [TaggedSpan(*label) for label in labels], **fields)


class _WithText(msgspec.Struct):
    text: str
