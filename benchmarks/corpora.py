"""What the trained baselines learn from: the labelled corpora of escore's default recipe, as texts of a few lengths."""

import random
from collections.abc import Iterable, Iterator
from dataclasses import replace
from pathlib import Path

from escore_labels.tokens import ENTITY, Document, Sentence
from escore_training.data.datasets import load_sources
from escore_training.data.examples import change_case, split_document
from escore_training.recipe import Corpus

LENGTHS = (1, 2, 4)  # sentences a text; each takes the same share of the sentences
LOWER_EVERY, CAPITALS_EVERY = 8, 12  # one text in so many comes again in lower case, in ALL CAPS


def labelled(recipe_corpora: Iterable[Corpus], folder: Path) -> list[Document]:
    """All documents of a recipe's labelled corpora below `folder`, in its order, as often as it repeats them.

    Shares of a corpus are rounded, and none is left out: a baseline sees each label at least once. Files without labels
    are of no use to it. Posts are documents of their own, and all entities are `begun`. Raises CorpusError for a file
    that is missing or bad.
    """
    found: list[Document] = []
    with_labels = [corpus for corpus in recipe_corpora if not corpus.plain]
    for source in load_sources(with_labels, folder):
        of_source = source.documents
        if source.corpus.posts:
            of_source = [[sentence] for document in of_source for sentence in document]
        found += [begun(document) for document in of_source] * max(1, round(source.corpus.repeat))
    return found


def begun(document: Document) -> Document:
    """The document with `begins` wherever an entity follows other words, as not all corpora mark it."""
    return [
        [
            replace(token, starts_entity=True)
            if token.low == ENTITY and (not i or sentence[i - 1].low < ENTITY)
            else token
            for i, token in enumerate(sentence)
        ]
        for sentence in document
    ]


def texts(documents: Iterable[Document], rng: random.Random) -> Iterator[list[Sentence]]:
    """Consecutive sentences of a document that make one text; some come again in another case."""
    for document in documents:
        for run in split_document(document, LENGTHS, rng):
            yield run
            if rng.randrange(LOWER_EVERY) == 0:
                yield change_case(run, str.lower)
            if rng.randrange(CAPITALS_EVERY) == 0:
                yield change_case(run, str.upper)
