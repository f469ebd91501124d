"""Corpora in columns, one token a line, and MASC's word_TAG."""

import csv
import io
from collections.abc import Callable, Iterator
from pathlib import Path

from escore_labels.spacing import spaces_after, unescape
from escore_labels.tagsets import begins, by_tag, is_entity, is_penn
from escore_labels.tokens import ENTITY, NONE, PROPER, CorpusError, Document, Sentence, Token, blocks, unlinked

Rows = list[tuple[int, list[str]]]  # a sentence: the line number and the columns of each of its tokens


def _sentence(path: Path, rows: Rows, label: Callable[[list[str]], tuple[int, int]]) -> Sentence:
    for number, columns in rows:
        if not is_entity(columns[-1]):
            raise CorpusError(f"{path}: line {number}: '{columns[-1]}' is no entity tag (O, B-…, I-…)")
        if len(columns) > 2 and not is_penn(columns[1]):
            raise CorpusError(f"{path}: line {number}: '{columns[1]}' is no part of speech of Penn's (NN, NNP, VB, …)")
    texts = [unescape(columns[0]) for _, columns in rows]
    known = [label(columns) for _, columns in rows]
    tags = [columns[-1] if low == ENTITY else "O" for (_, columns), (low, _) in zip(rows, known, strict=True)]
    columns_of = zip(texts, known, spaces_after(texts), begins(tags), strict=True)
    return [Token(text, low, high, space, first) for text, (low, high), space, first in columns_of]


def entities_only(path: Path, text: str) -> Document:
    """WNUT-17, Broad Twitter, WikiGold, CrossNER, worldwide: a token and its entity tag; a further column nests."""
    sentences = []
    for block in blocks(text):
        rows: Rows = []
        for number, line in block:
            columns = line.split("\t") if "\t" in line else line.split(" ")
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
        known = ENTITY if columns[2] != "O" else by_tag(columns[1])
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
            documents[-1].append(
                _sentence(path, [(number, [line[0], line[1], line[3]]) for number, line in rows], label)
            )
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


def masc(path: Path, text: str) -> Document:
    """MASC: word_TAG, a sentence a line; no entities, so an NNP may be one. A word without a tag may be anything.

    A few odd tags do no harm, but most must be Penn's.
    """
    sentences = []
    tagged, odd = 0, []
    for number, line in enumerate(text.split("\n"), 1):
        items = line.split()
        pairs = [
            (item[: item.rfind("_")], item[item.rfind("_") + 1 :]) if "_" in item else (item, "") for item in items
        ]
        pairs = [(unescape(word), tag) for word, tag in pairs if word]
        tagged += sum(tag != "" for _, tag in pairs)
        odd += [(number, tag) for _, tag in pairs if not is_penn(tag)]
        if pairs:
            spaces = spaces_after([word for word, _ in pairs])
            sentences.append(
                [
                    Token(word, *(unlinked(by_tag(tag)) if tag else (NONE, ENTITY)), space)
                    for (word, tag), space in zip(pairs, spaces, strict=True)
                ]
            )
    if 2 * len(odd) > tagged:
        number, tag = odd[0]
        raise CorpusError(f"{path}: line {number}: '{tag}' is no part of speech of Penn's (NN, NNP, VB, …)")
    return sentences
