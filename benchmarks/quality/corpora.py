"""What the trained taggers learn from, and what every tagger gives."""

import random
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from escore import Document as ScoredDocument
from escore import Entity
from escore_labels.tokens import ENTITY, NONE, Document, Sentence
from escore_training.data.datasets import load_sources
from escore_training.data.examples import change_case, split_document
from escore_training.recipe import Corpus

LENGTHS = (1, 2, 4)  # sentences a text; each takes the same share of the sentences
LOWER_EVERY, CAPITALS_EVERY = 8, 12  # one text in so many comes again in lower case, in ALL CAPS

Span = tuple[int, int]  # half-open code point offsets


@dataclass(frozen=True, slots=True, eq=False)
class TaggedDocument(ScoredDocument):
    """What a tagger says of a text, as escore says it, but with the tagger's own entities at any minimum."""

    spans: tuple[Span, ...] = ()

    def entities(self, minimum: float) -> tuple[Entity, ...]:
        return tuple(Entity(self.text[start:end], start, end, 300.0) for start, end in self.spans)


def by_class(text: str, places: Sequence[Span], classes: Sequence[int], starts: Sequence[bool]) -> TaggedDocument:
    """The document of a tagger that gives a word a class (0..3): its score is 0, 100, 200 or 300.

    Neighboring words of class 3 are one entity, but for a word that `starts` another.
    """
    spans: list[Span] = []
    for before, label, place, start in zip((NONE, *classes), classes, places, starts, strict=False):
        if label == before == ENTITY and not start:
            spans[-1] = (spans[-1][0], place[1])
        elif label == ENTITY:
            spans.append(place)
    begins, ends = np.array(places, np.int32).reshape(-1, 2).T.copy()
    return TaggedDocument(text, begins, ends, 100 * np.array(classes, np.float32), marks=(), spans=tuple(spans))


def labeled(corpora: Iterable[Corpus], folder: Path) -> list[Document]:
    """All documents of a recipe's labeled corpora below `folder`, in its order, as often as it repeats them.

    Repeats are rounded, at least once. Posts are documents of their own. Raises CorpusError.
    """
    documents: list[Document] = []
    for source in load_sources([corpus for corpus in corpora if not corpus.plain], folder):
        parts = source.documents
        if source.corpus.posts:
            parts = [[sentence] for document in parts for sentence in document]
        documents += [list(map(with_starts, part)) for part in parts] * max(1, round(source.corpus.repeat))
    return documents


def with_starts(sentence: Sentence) -> Sentence:
    """The sentence with `starts_entity` wherever an entity follows other words, as not all corpora mark it."""
    lows = [NONE, *(token.low for token in sentence)]
    starts = (token.starts_entity or low < token.low == ENTITY for low, token in zip(lows, sentence, strict=False))
    return [replace(token, starts_entity=start) for token, start in zip(sentence, starts, strict=True)]


def texts(documents: Iterable[Document], rng: random.Random) -> Iterator[list[Sentence]]:
    """Consecutive sentences of a document that make one text; some come again in another case."""
    for run in (run for document in documents for run in split_document(document, LENGTHS, rng)):
        yield run
        for every, change in ((LOWER_EVERY, str.lower), (CAPITALS_EVERY, str.upper)):
            if rng.randrange(every) == 0:
                yield change_case(run, change)
