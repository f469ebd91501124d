"""The corpora of a recipe, read."""

import hashlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from escore_labels.readers.conllu import layer_path
from escore_labels.readers.corpus import read_corpus
from escore_labels.readers.files import folder_problem
from escore_labels.readers.plain import read_plain
from escore_labels.texts import join_sentences
from escore_labels.tokens import ENTITY, NONE, CorpusError, Document, Sentence, Token
from escore_training.recipe import Corpus


@dataclass(frozen=True, slots=True)
class Source:
    """A corpus of the recipe and its documents.

    sha256: of its files, and of the entity layers beside them, one after the other.
    """

    corpus: Corpus
    documents: list[Document]
    sha256: str = ""

    def sentences(self) -> Iterator[Sentence]:
        """The sentences of all documents."""
        for document in self.documents:
            yield from document


def load_sources(corpora: Sequence[Corpus], folder: Path) -> list[Source]:
    """The corpora of a recipe, read below `folder`.

    Raises CorpusError where a pattern finds nothing, or for a bad file.
    """
    if problem := folder_problem(folder):
        raise CorpusError(f"{folder}: {problem}", "give the folder of the corpora that the recipe names")
    sources = []
    for corpus in corpora:
        files = sorted(folder.glob(corpus.files))
        if not files:
            raise CorpusError(f"{folder / corpus.files}: no such file", f"'{corpus.name}' is read from there")
        reader = read_plain if corpus.plain else read_corpus
        documents = [_open_handles(document) for file in files for document in reader(file)]
        if not corpus.neighbors:
            documents = [[_open_neighbors(sentence) for sentence in document] for document in documents]
        layers = [layer for file in files if (layer := layer_path(file)).is_file()]
        content = b"".join(path.read_bytes() for path in (*files, *layers))
        sources.append(Source(corpus, documents, hashlib.sha256(content).hexdigest()))
    return sources


def _open_handles(document: Document) -> Document:
    """User names whose @ is a token: some corpora call them entities and some do not, so their label is left open."""
    return [
        [
            Token(token.text, NONE, ENTITY, token.space_after)
            if token.text == "@" or (i and sentence[i - 1].text == "@")
            else token
            for i, token in enumerate(sentence)
        ]
        for sentence in document
    ]


def _open_neighbors(sentence: Sentence) -> Sentence:
    """Without a word on whether an entity begins right behind another: a tagger may have cut one in two."""
    return [
        replace(token, starts_entity=None) if i and token.starts_entity and sentence[i - 1].low == ENTITY else token
        for i, token in enumerate(sentence)
    ]


def vocabulary_texts(sources: list[Source], uppercase_every: int) -> Iterator[str]:
    """What a vocabulary is counted on: documents about as often as an epoch reads them, some again in ALL CAPS."""
    for source in sources:
        for document in source.documents:
            for _ in range(max(1, round(source.corpus.repeat))):
                yield join_sentences(document).text
            yield join_sentences(document[::uppercase_every]).text.upper()
