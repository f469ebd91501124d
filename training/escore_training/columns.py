"""Corpora in columns, one token a line, and MASC's word_TAG."""

import csv
import io
import re
from collections.abc import Callable, Iterator
from pathlib import Path

from escore_training.gold import (
    ENTITY,
    NONE,
    PROPER,
    CorpusError,
    Document,
    Sentence,
    Token,
    blocks,
    by_tag,
    unlinked,
)
from escore_training.spacing import spaces_after, unescape

Rows = list[tuple[int, list[str]]]  # a sentence: the line number and the columns of each of its tokens


def _sentence(path: Path, rows: Rows, label: Callable[[list[str]], tuple[int, int]]) -> Sentence:
    texts = [unescape(columns[0]) for _, columns in rows]
    tokens = []
    for (number, columns), text, space in zip(rows, texts, spaces_after(texts), strict=True):
        tag = columns[-1]
        if tag != "O" and not re.fullmatch(r"[BIESLU]-\S+", tag):
            raise CorpusError(f"{path}: line {number}: '{tag}' is no entity tag (O, B-…, I-…)")
        tokens.append(Token(text, *label(columns), space))
    return tokens


def entities_only(path: Path, text: str) -> Document:
    """WNUT-17, Broad Twitter, WikiGold, CrossNER, worldwide: a token and its entity tag; a further column nests."""
    sentences = []
    for block in blocks(text):
        rows: Rows = []
        for number, line in block:
            columns = line.split("\t") if "\t" in line else line.rsplit(" ", 1)
            if len(columns) < 2:
                raise CorpusError(f"{path}: line {number}: {len(columns)} column, needed a token and an entity tag")
            if columns[0].strip() and columns[0] != "-DOCSTART-":
                rows.append((number, columns[:2]))
        if rows:
            sentences.append(_sentence(path, rows, _by_entity))
    return sentences


def _by_entity(columns: list[str]) -> tuple[int, int]:
    kind = columns[-1][2:].lower()
    # Dates and sums are no names here: worldwide's figures leave them out.
    return (ENTITY, ENTITY) if kind and kind not in ("date", "money") else (NONE, PROPER)


def conll2003(path: Path, text: str) -> list[Document]:
    """CoNLL-2003: token, Penn tag, chunk, entity tag; -DOCSTART- between documents."""

    def label(columns: list[str]) -> tuple[int, int]:
        known = ENTITY if columns[3] != "O" else by_tag(columns[1])
        return known, known

    documents: list[Document] = []
    for block in blocks(text):
        rows = [(number, line.split()) for number, line in block]
        for number, columns in rows:
            if len(columns) != 4:
                raise CorpusError(f"{path}: line {number}: {len(columns)} columns, needed 4")
        if rows[0][1][0] == "-DOCSTART-":
            documents.append([])
            rows = rows[1:]
        if rows:
            if not documents:
                documents.append([])
            documents[-1].append(_sentence(path, rows, label))
    return documents


def gmb(path: Path, text: str) -> Document:
    """The Groningen Meaning Bank's table: number, sentence, word, Penn tag, entity tag (dates are no names)."""
    sentences: dict[str, Rows] = {}
    reader = csv.reader(io.StringIO(text), delimiter="\t")
    next(reader)
    for columns in _rows(path, reader):
        if len(columns) != 5:
            raise CorpusError(f"{path}: line {reader.line_num}: {len(columns)} columns, needed 5")
        if word := columns[2].strip():
            sentences.setdefault(columns[1], []).append((reader.line_num, [word, columns[3], columns[4]]))

    def label(columns: list[str]) -> tuple[int, int]:
        named = columns[2] != "O" and not columns[2].endswith("-tim")
        known = ENTITY if named else by_tag(columns[1])
        return known, known

    return [_sentence(path, rows, label) for rows in sentences.values()]


def _rows(path: Path, reader: Iterator[list[str]]) -> Iterator[list[str]]:
    try:
        yield from reader
    except csv.Error as error:
        raise CorpusError(f"{path}: not a table: {error}") from error


def masc(text: str) -> Document:
    """MASC: word_TAG, a sentence a line; no entities, so an NNP may be one. A word without a tag may be anything."""
    sentences = []
    for line in text.split("\n"):
        items = line.split()
        pairs = [
            (item[: item.rfind("_")], item[item.rfind("_") + 1 :]) if "_" in item else (item, "") for item in items
        ]
        pairs = [(unescape(word), tag) for word, tag in pairs if word]
        if pairs:
            spaces = spaces_after([word for word, _ in pairs])
            sentences.append(
                [
                    Token(word, *(unlinked(by_tag(tag)) if tag else (NONE, ENTITY)), space)
                    for (word, tag), space in zip(pairs, spaces, strict=True)
                ]
            )
    return sentences
