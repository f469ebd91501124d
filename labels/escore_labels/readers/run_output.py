"""What `escore run --format jsonl` (or json) writes: the words above a minimum score, and perhaps the entities."""

from collections.abc import Iterator
from typing import Any, Literal

import msgspec

from escore.kinds import Kind
from escore.scale import EDGES
from escore_labels.readers.json_objects import convert
from escore_labels.readers.source import Placed, Source, TaggedSpan
from escore_labels.record import LIST, MODEL
from escore_labels.tag_map import KIND_TAGS, LABEL_TAGS


class _Scored(msgspec.Struct):
    start: int
    end: int
    score: float
    probability: float | None = None
    by: Literal["model", "list"] = MODEL
    kind: Kind | None = None


class _Text(msgspec.Struct):
    text: str
    words: list[_Scored]
    id: str = ""
    time: str | None = None
    model: str | None = None
    entities: list[_Scored] = []


def read_run(source: Source) -> Iterator[Placed]:
    """A record a text: the entities, and outside of them each word with the label that its score means."""
    return source.read_objects(read_scored_object)


def read_scored_object(source: Source, place: str, value: Any) -> Placed:
    """The record of one text. Raises RecordError."""
    item = convert(value, _Text, place)
    covered = {offset for entity in item.entities for offset in range(entity.start, entity.end)}
    scored = [(entity, "ENTITY" if entity.kind is None else KIND_TAGS[entity.kind]) for entity in item.entities]
    scored += [(word, _tag(word.score)) for word in item.words if word.start not in covered]
    spans = [TaggedSpan(span.start, span.end, tag, _said(span, item.model)) for span, tag in scored]
    return source.record(place, item.text, spans, id=item.id, time=item.time)


def _said(span: _Scored, model: str | None) -> dict[str, Any]:
    """Who says it, and what the model gave; a list has no scores of its own."""
    if span.by == LIST:
        return {"by": LIST}
    return {"by": MODEL, "model": model, "score": span.score, "probability": span.probability}


def _tag(score: float) -> str:
    return list(LABEL_TAGS.values())[sum(score >= edge for edge in EDGES)]
