"""A scored document as JSON. Long documents come in chunks."""

from collections.abc import Iterator

from escore import Document
from escore.json_output import entity_objects, json_items, quoted, word_objects


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
