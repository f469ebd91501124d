"""A scored document as text: tab-separated lines or JSON. Long documents come in chunks."""

import re
from collections.abc import Iterator
from itertools import islice

from escore import Document
from escore.json_output import CHUNK, entity_objects, json_items, quoted, word_objects

_BREAKS = re.compile("[\t\n\x0b\x0c\r\x85\u2028\u2029]")


def tsv(name: str, document: Document, minimum: float, entities: bool) -> Iterator[str]:
    """id, start, end, score, mark, text; no header. Tabs and line breaks become spaces."""
    name = _BREAKS.sub(" ", name)
    rows = (
        f"{name}\t{start}\t{end}\t{score:.2f}\t{mark}\t{_BREAKS.sub(' ', text)}\n"
        for text, start, end, score, mark in (_entities if entities else _words)(document, minimum)
    )
    while chunk := "".join(islice(rows, CHUNK)):
        yield chunk


def jsonl(name: str, document: Document, model: str, minimum: float, entities: bool) -> Iterator[str]:
    """One JSON object on one line."""
    yield from json_object(name, document, model, minimum, entities)
    yield "\n"


def json_object(name: str, document: Document, model: str, minimum: float, entities: bool) -> Iterator[str]:
    """{"id", "model", "minimum", "text", "words"}, and "entities" if wanted."""
    yield f'{{"id": {quoted(name)}, "model": {quoted(model)}, "minimum": {minimum:.10g}, '
    yield f'"text": {quoted(document.text)}, "words": ['
    yield from json_items(word_objects(document, minimum))
    if entities:
        yield '], "entities": ['
        yield from json_items(entity_objects(document, minimum))
    yield "]}"


def _entities(document: Document, minimum: float) -> Iterator[tuple[str, int, int, float, str]]:
    for entity in document.entities(minimum):
        yield entity.text, entity.start, entity.end, entity.score, document.mark(entity.score)


def _words(document: Document, minimum: float) -> Iterator[tuple[str, int, int, float, str]]:
    above = document.above(minimum)
    for first in range(0, len(above), CHUNK):
        for word in document.take(above[first : first + CHUNK]):
            yield word.text, word.start, word.end, word.score, word.mark
