"""Words and entities as JSON text: scores with two decimals, probabilities with four. Long lists come in chunks."""

import json
from collections.abc import Iterable, Iterator
from itertools import islice, repeat

from escore.document import LIST, Document

CHUNK = 4096  # items
SPACED, COMPACT = (", ", ": "), (",", ":")  # separators of items and keys

JsonObject = dict[str, str | int | float]


def word_objects(document: Document, minimum: float) -> Iterator[JsonObject]:
    """{"text", "start", "end", "score", "mark"} of each word from `minimum` on, "probability" where there is one.

    A word of a term of a list has "by": "list" besides.
    """
    text, mark = document.text, document.mark
    above = document.above(minimum)
    in_terms = None if document.terms is None else document.in_terms()
    for first in range(0, len(above), CHUNK):  # straight from the arrays: Word objects would take as long again
        indices = above[first : first + CHUNK]
        values = document.probabilities(indices)
        probabilities = repeat(None) if values is None else values.tolist()
        by_list = repeat(False) if in_terms is None else in_terms[indices].tolist()
        columns = [column[indices].tolist() for column in (document.starts, document.ends, document.scores)]
        for start, end, score, probability, is_listed in zip(*columns, probabilities, by_list, strict=False):
            word = {"text": text[start:end], "start": start, "end": end, "score": round(score, 2), "mark": mark(score)}
            yield _with_source(word, probability, is_listed)


def entity_objects(document: Document, minimum: float) -> Iterator[JsonObject]:
    """{"text", "start", "end", "score"} of each entity from `minimum` on, "probability" and "by" as of words.

    "kind" besides, where the bundle says it.
    """
    for entity in document.entities(minimum):
        item: JsonObject = {"text": entity.text, "start": entity.start, "end": entity.end}
        item = _with_source(item | {"score": round(entity.score, 2)}, entity.probability, entity.by == LIST)
        yield item if entity.kind is None else item | {"kind": entity.kind}


def json_items(items: Iterable[object], separators: tuple[str, str] = SPACED) -> Iterator[str]:
    """The items of a JSON array without its brackets, CHUNK at a time; nothing where there are none."""
    encode = json.JSONEncoder(ensure_ascii=False, separators=separators).encode
    iterator = iter(items)
    separator = ""
    while chunk := list(islice(iterator, CHUNK)):
        yield separator + encode(chunk)[1:-1]
        separator = separators[0]


def quoted(text: str) -> str:
    """`text` as a JSON string, in its own letters; a lone surrogate stays one."""
    return json.dumps(text, ensure_ascii=False)


def _with_source(item: JsonObject, probability: float | None, by_list: bool) -> JsonObject:
    if probability is not None:
        item["probability"] = round(probability, 4)
    if by_list:
        item["by"] = LIST
    return item
