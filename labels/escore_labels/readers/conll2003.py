"""CoNLL-2003: token, Penn part of speech, chunk and entity tag."""

from pathlib import Path

from escore_labels.readers.columns import parse_rows
from escore_labels.readers.files import check_column_count, line_blocks, split_columns
from escore_labels.tagsets import penn_class
from escore_labels.tokens import ENTITY, Document


def parse_conll2003(path: Path, text: str) -> list[Document]:
    """The documents, which lines of -DOCSTART- begin. Raises CorpusError."""
    documents: list[Document] = []
    for block in line_blocks(text):
        rows = [(number, split_columns(line)) for number, line in block]
        for number, columns in rows:
            check_column_count(path, number, columns, 4)
        if rows[0][1][0] == "-DOCSTART-":
            documents.append([])
            rows = rows[1:]
        if rows:
            if not documents:
                documents.append([])
            tagged = [(number, [token, tag, entity]) for number, (token, tag, _, entity) in rows]
            documents[-1].append(parse_rows(path, tagged, _classes))
    return documents


def _classes(columns: list[str]) -> tuple[int, int]:
    token_class = ENTITY if columns[2] != "O" else penn_class(columns[1])
    return token_class, token_class
