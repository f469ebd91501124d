"""The Groningen Meaning Bank's table: number, sentence, word, Penn part of speech, entity tag.

Kaggle's copy has commas, no number, and a sentence only where one begins ("Sentence: 1").
"""

import csv
import io
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

from escore_labels.notes import Broken, raise_error
from escore_labels.readers.columns import Rows, parse_rows
from escore_labels.readers.files import check_column_count
from escore_labels.tagsets import penn_class
from escore_labels.tokens import ENTITY, CorpusError, Document, Sentence


def parse_gmb(path: Path, text: str) -> list[Document]:
    """All sentences as one document. Raises CorpusError."""
    return [[_sentence(path, rows) for rows in gmb_sentences(path, text).values()]]


def gmb_sentences(path: Path, text: str, broken: Broken = raise_error) -> dict[str, Rows]:
    """The word, part of speech and entity tag of each token of each sentence, by the sentence's number.

    `broken` is told of each row that cannot be read.
    """
    sentences: dict[str, Rows] = {}
    reader = csv.reader(io.StringIO(text), delimiter=text[0] if text[0] == "\t" else ",")
    rows = _rows(path, reader)
    header = next(rows)
    if len(header) not in (4, 5):
        raise CorpusError(f"{path}: line 1: not the header of a table of the Groningen Meaning Bank")
    sentence = ""
    for columns in rows:
        try:
            check_column_count(path, reader.line_num, columns, len(header))
        except CorpusError as error:
            broken(error)
            continue
        start, word, part_of_speech, tag = columns[-4:]
        sentence = start or sentence
        if word := word.strip():
            sentences.setdefault(sentence, []).append((reader.line_num, [word, part_of_speech, tag]))
    return sentences


def _classes(columns: list[str]) -> tuple[int, int]:
    is_name = columns[2] != "O" and not columns[2].endswith("-tim")  # dates and times are no names
    token_class = ENTITY if is_name else penn_class(columns[1])
    return token_class, token_class


def _sentence(path: Path, rows: Rows) -> Sentence:
    """The tokens of a sentence. Type gpe is a country or its people (Iraq, Iraqi, Iraqis), so it says no kind."""
    tokens = parse_rows(path, rows, _classes)
    tags = [columns[2] for _, columns in rows]
    kinds = [None if tag.endswith("-gpe") else token.kind for token, tag in zip(tokens, tags, strict=True)]
    return [replace(token, kind=kind) for token, kind in zip(tokens, kinds, strict=True)]


def _rows(path: Path, reader: Iterator[list[str]]) -> Iterator[list[str]]:
    try:
        yield from reader
    except csv.Error as error:
        raise CorpusError(f"{path}: not a table: {error}") from error
