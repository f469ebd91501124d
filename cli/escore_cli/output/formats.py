"""A scored document as text: tab-separated lines or JSON. Long documents come in pieces."""

import re
from collections.abc import Iterator
from itertools import islice
from json.encoder import encode_basestring as quoted  # type: ignore[attr-defined,unused-ignore]

from escore import Document, Entity, Word

PIECE = 4096  # words a piece

_BREAKS = re.compile("[\t\n\x0b\x0c\r\x85\u2028\u2029]")


def tsv(name: str, document: Document, minimum: float, entities: bool) -> Iterator[str]:
    """id, start, end, score, mark, text; no header. Tabs and line ends become spaces."""
    name = _BREAKS.sub(" ", name)
    rows = (
        f"{name}\t{start}\t{end}\t{score:.2f}\t{mark}\t{_BREAKS.sub(' ', text)}\n"
        for text, start, end, score, mark in _rows(document, minimum, entities)
    )
    while piece := "".join(islice(rows, PIECE)):
        yield piece


def _rows(document: Document, minimum: float, entities: bool) -> Iterator[tuple[str, int, int, float, str]]:
    if entities:
        for entity in document.entities(minimum):
            yield entity.text, entity.start, entity.end, entity.score, document.mark(entity.score)
    else:
        for word in words(document, minimum):
            yield word.text, word.start, word.end, word.score, word.mark


def words(document: Document, minimum: float) -> Iterator[Word]:
    """The words from `minimum` on, made a piece at a time."""
    chosen = document.above(minimum)
    for begin in range(0, len(chosen), PIECE):
        yield from document.take(chosen[begin : begin + PIECE])


def jsonl(name: str, document: Document, minimum: float, entities: bool) -> Iterator[str]:
    """One JSON object, one line."""
    yield from json_object(name, document, minimum, entities)
    yield "\n"


def json_object(name: str, document: Document, minimum: float, entities: bool) -> Iterator[str]:
    """{"id", "text", "words"}, and "entities" where asked for; scores with two decimals."""
    yield f'{{"id": {quoted(name)}, "text": {quoted(document.text)}, "words": ['
    yield from _joined(map(_word, words(document, minimum)))
    if entities:
        yield '], "entities": ['
        yield from _joined(map(_entity, document.entities(minimum)))
    yield "]}"


def _joined(items: Iterator[str]) -> Iterator[str]:
    separator = ""
    while piece := ", ".join(islice(items, PIECE)):
        yield separator + piece
        separator = ", "


def _word(word: Word) -> str:
    return (
        f'{{"text": {quoted(word.text)}, "start": {word.start}, "end": {word.end}, '
        f'"score": {round(word.score, 2)}, "mark": {quoted(word.mark)}{_probability(word.probability)}}}'
    )


def _entity(entity: Entity) -> str:
    return (
        f'{{"text": {quoted(entity.text)}, "start": {entity.start}, "end": {entity.end}, '
        f'"score": {round(entity.score, 2)}{_probability(entity.probability)}}}'
    )


def _probability(value: float | None) -> str:
    return "" if value is None else f', "probability": {round(value, 4)}'
