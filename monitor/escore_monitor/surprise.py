"""The entities of a document by how surprising they are: what it says that other documents do not."""

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from escore import Entity
from escore_monitor.series import reading
from escore_monitor.variants import variant_key


@dataclass(frozen=True, slots=True)
class Surprise:
    """An entity of a document, in all its spellings.

    entity: its first mention.
    mentions: how often the document has it.
    documents: how many documents of the store have it.
    bits: how surprising it is: see `rank`.
    """

    entity: Entity
    mentions: int
    documents: int
    bits: float


class Background:
    """How many documents of a store have which entity, as it was when this was made.

    Raises StoreError.
    """

    def __init__(self, path: Path | str) -> None:
        self.path = path
        with reading(path) as store:
            self.documents = store.document_frequencies([])[1]

    def rank(self, entities: Iterable[Entity]) -> list[Surprise]:
        """A document's entities, the most surprising first; those of equal surprise in the order of the text.

        The surprise is tf-idf in bits (Spärck Jones 1972), with the logarithm of the mentions (Manning, Raghavan and
        Schütze 2008, 6.4.1): (1 + ln mentions) · log2((N + 1) / (n + ½)), where n of the store's N documents have the
        entity. Raises StoreError.
        """
        groups: dict[str, list[Entity]] = {}
        for entity in entities:
            groups.setdefault(variant_key(entity.text), []).append(entity)
        with reading(self.path) as store:
            frequencies, total = store.document_frequencies(list(groups))
        ranked = [_surprise(mentions, frequencies.get(key, 0), total) for key, mentions in groups.items()]
        return sorted(ranked, key=lambda item: -item.bits)


def _surprise(mentions: Sequence[Entity], documents: int, total: int) -> Surprise:
    rarity = math.log2((total + 1) / (documents + 0.5))
    return Surprise(mentions[0], len(mentions), documents, max(0.0, (1 + math.log(len(mentions))) * rarity))
