"""The columns of tables of words and entities."""

from collections.abc import Callable, Iterator, Sequence

from escore import Document, Entity, Word
from escore.json_output import CHUNK

DEFAULT = ("id", "start", "end", "score", "mark", "text")
COUNTS = ("count", "documents", "score", "text")  # of entities over all texts
ALL_COUNTS = (*COUNTS, "variants")

_GETTERS: dict[str, Callable[[str, Document, Word | Entity], object]] = {
    "id": lambda name, document, item: name,
    "start": lambda name, document, item: item.start,
    "end": lambda name, document, item: item.end,
    "score": lambda name, document, item: f"{item.score:.2f}",
    "mark": lambda name, document, item: item.mark if isinstance(item, Word) else document.mark(item.score),
    "text": lambda name, document, item: item.text,
    "probability": lambda name, document, item: "" if item.probability is None else f"{item.probability:.4f}",
    "kind": lambda name, document, item: getattr(item, "kind", None) or "",
    "by": lambda name, document, item: item.by,
}
NAMES = tuple(_GETTERS)


def rows(
    name: str, document: Document, minimum: float, entities: bool, columns: Sequence[str]
) -> Iterator[list[object]]:
    """A row for each word or entity from a minimum on: its cells by the names of columns.

    name: of the input, which is the id.
    """
    getters = [_GETTERS[column] for column in columns]
    for item in _entities(document, minimum) if entities else _words(document, minimum):
        yield [getter(name, document, item) for getter in getters]


def _entities(document: Document, minimum: float) -> Iterator[Entity]:
    yield from document.entities(minimum)


def _words(document: Document, minimum: float) -> Iterator[Word]:
    above = document.above(minimum)
    for first in range(0, len(above), CHUNK):
        yield from document.take(above[first : first + CHUNK])
