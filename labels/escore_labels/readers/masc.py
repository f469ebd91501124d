"""MASC: word_TAG with Penn's parts of speech, a sentence a line."""

import re
from pathlib import Path

from escore_labels.readers.files import check_penn_tag
from escore_labels.spacing import spaces_after, unescape
from escore_labels.tagsets import is_penn_tag, penn_class, without_entity_labels
from escore_labels.tokens import ENTITY, NONE, Document, Sentence, Token


def parse_masc(path: Path, text: str) -> list[Document]:
    """All sentences as one document. Entities are not labeled; a word without a tag may be of any class.

    A few unknown tags are read as no nouns. Raises CorpusError where most tags are unknown.
    """
    return [[tokens for _, tokens in masc_sentences(path, text)]]


def masc_sentences(path: Path, text: str) -> list[tuple[int, Sentence]]:
    """The sentences, each with the number of its line. Raises CorpusError."""
    sentences: list[tuple[int, Sentence]] = []
    tagged, unknown = 0, []
    for number, line in enumerate(text.split("\n"), 1):
        items = [item.rpartition("_") if "_" in item else (item, "", "") for item in re.split(r"[ \t\r]+", line)]
        pairs = [(unescape(word), tag) for word, _, tag in items if word]
        tagged += sum(tag != "" for _, tag in pairs)
        unknown += [(number, tag) for _, tag in pairs if not is_penn_tag(tag)]
        if pairs:
            spaces = spaces_after([word for word, _ in pairs])
            bounds = [without_entity_labels(penn_class(tag)) if tag else (NONE, ENTITY) for _, tag in pairs]
            fields = zip(pairs, bounds, spaces, strict=True)
            sentences.append((number, [Token(word, low, high, space) for (word, _), (low, high), space in fields]))
    if 2 * len(unknown) > tagged:
        check_penn_tag(path, *unknown[0])
    return sentences
