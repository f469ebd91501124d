"""Entities counted over many documents."""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field

from escore.caseless import name_key
from escore.document import Document
from escore.errors import InputTypeError
from escore.scale import ENTITY_MINIMUM


@dataclass(frozen=True, slots=True)
class EntityCount:
    """How often an entity is named.

    text: its most frequent spelling; of equally frequent ones one in small and capital letters before one in capitals
        or in small letters alone, then the first in the order of characters.
    count: how often it is named, in any case.
    documents: in how many documents.
    score: the mean of its scores (0..300).
    variants: how often it has each spelling, the most frequent first.
    """

    text: str
    count: int
    documents: int
    score: float
    variants: dict[str, int]


@dataclass(slots=True)
class _Tally:
    documents: int = 0
    score: float = 0.0
    last: int = -1
    variants: Counter[str] = field(default_factory=Counter)


class EntityCounter:
    """Counts the entities of documents, one document after the other; spellings in other case are joined.

    minimum: the lowest score of an entity's words; see Document.entities.
    """

    def __init__(self, minimum: float = ENTITY_MINIMUM) -> None:
        self._minimum = minimum
        self._documents = 0
        self._tallies: dict[str, _Tally] = {}

    def add(self, document: Document) -> None:
        """Count the entities of a document. Raises SettingError where the minimum is no score."""
        self._documents += 1
        for entity in document.entities(self._minimum):
            tally = self._tallies.setdefault(name_key(entity.text), _Tally())
            tally.variants[" ".join(entity.text.split())] += 1
            tally.score += entity.score
            tally.documents += tally.last != self._documents
            tally.last = self._documents

    def counts(self) -> list[EntityCount]:
        """All entities, the most frequent first; equally frequent ones in the order of characters."""
        return sorted(map(_count, self._tallies.values()), key=lambda entity: (-entity.count, entity.text))


def count_entities(documents: Iterable[Document], minimum: float = ENTITY_MINIMUM) -> list[EntityCount]:
    """How often each entity is named in documents, such as those of Scorer.stream: the most frequent first.

    Spellings that differ in case, composed accents or white space alone are one entity. Raises SettingError where the
    minimum is no score, and InputTypeError for what is no document.
    """
    if isinstance(documents, Document):
        raise InputTypeError("documents: is one document", "give several: [document]")
    counter = EntityCounter(minimum)
    for number, document in enumerate(documents):
        _check_document(document, number)
        counter.add(document)
    return counter.counts()


def _check_document(value: object, number: int) -> None:
    if not isinstance(value, Document):
        problem = f"documents[{number}]: {type(value).__name__}, not a document"
        raise InputTypeError(problem, "give what a Scorer returns for a text")


def _is_one_case(text: str) -> bool:
    return text in (text.upper(), text.lower())


def _count(tally: _Tally) -> EntityCount:
    variants = dict(sorted(tally.variants.items(), key=lambda item: (-item[1], _is_one_case(item[0]), item[0])))
    total = tally.variants.total()
    return EntityCount(next(iter(variants)), total, tally.documents, tally.score / total, variants)
