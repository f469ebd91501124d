"""Corpora in columns, one token a line: WNUT-17, Broad Twitter, WikiGold, CrossNER, Worldwide."""

from collections.abc import Callable
from pathlib import Path

from escore_labels.readers.files import check_entity_tag, check_penn_tag, line_blocks
from escore_labels.spacing import spaces_after, unescape
from escore_labels.tag_map import kind_of_type
from escore_labels.tagsets import entity_starts
from escore_labels.tokens import ENTITY, NONE, PROPER, CorpusError, Document, Sentence, Token

# A sentence: the line number and the columns of each of its tokens. The token comes first, then its Penn part of speech
# if there is one; its entity tag comes last.
Rows = list[tuple[int, list[str]]]

_NOT_NAMES = ("date", "money")  # entity types of Worldwide that count as no entities, as in its own figures


def parse_columns(path: Path, text: str) -> list[Document]:
    """A token and its entity tag; a third column, of nested entities, is ignored. Raises CorpusError."""
    document: Document = []
    for block in line_blocks(text):
        rows: Rows = []
        for number, line in block:
            columns = line.split("\t") if "\t" in line else line.split(" ")
            if len(columns) < 2:
                raise CorpusError(f"{path}: line {number}: {len(columns)} column, needed a token and an entity tag")
            if columns[0].strip() and columns[0] != "-DOCSTART-":
                rows.append((number, columns[:2]))
        if rows:
            document.append(parse_rows(path, rows, _classes))
    return [document]


def _classes(columns: list[str]) -> tuple[int, int]:
    entity_type = columns[-1][2:].lower()
    return (ENTITY, ENTITY) if entity_type and entity_type not in _NOT_NAMES else (NONE, PROPER)


def parse_rows(path: Path, rows: Rows, classes: Callable[[list[str]], tuple[int, int]]) -> Sentence:
    """The tokens of a sentence; `classes` gives the lowest and highest class of a row's columns. Raises CorpusError."""
    for number, columns in rows:
        check_entity_tag(path, number, columns[-1])
        if len(columns) > 2:
            check_penn_tag(path, number, columns[1])
    texts = [unescape(columns[0]) for _, columns in rows]
    bounds = [classes(columns) for _, columns in rows]
    tags = [columns[-1] if low == ENTITY else "O" for (_, columns), (low, _) in zip(rows, bounds, strict=True)]
    kinds = [kind_of_type(tag[2:]) if tag != "O" else None for tag in tags]
    fields = zip(texts, bounds, spaces_after(texts), entity_starts(tags), kinds, strict=True)
    return [Token(text, low, high, space, starts, kind=kind) for text, (low, high), space, starts, kind in fields]
