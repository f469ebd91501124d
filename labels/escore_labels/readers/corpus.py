"""Read a labeled corpus, whatever its format: the first lines tell which it is."""

import re
from pathlib import Path

from escore_labels.readers.columns import parse_columns
from escore_labels.readers.conll2003 import parse_conll2003
from escore_labels.readers.conllu import document_genres, parse_conllu
from escore_labels.readers.files import GMB_HEADERS, read_text
from escore_labels.readers.gmb import parse_gmb
from escore_labels.readers.masc import parse_masc
from escore_labels.readers.span_lines import parse_span_lines
from escore_labels.tokens import CorpusError, Document


def read_corpus(path: Path) -> list[Document]:
    """The documents of a corpus file; a file without document boundaries is one. Raises CorpusError."""
    return _parse(path, read_text(path))


def read_with_genres(path: Path) -> list[tuple[str, Document]]:
    """The documents of a corpus file, each with its genre ("" if unknown). Raises CorpusError."""
    text = read_text(path)
    documents = _parse(path, text)
    genres = document_genres(text) if _is_conllu(text) else [""] * len(documents)
    return list(zip(genres, documents, strict=True))


def _parse(path: Path, text: str) -> list[Document]:
    if path.suffix == ".spans":
        return parse_span_lines(path, text)
    if _is_conllu(text):
        if path.suffix == ".iob2":
            raise CorpusError(f"{path}: an entity layer", "give the .conllu file beside it, which is read with it")
        return parse_conllu(path, text)
    if text.startswith(GMB_HEADERS):
        return parse_gmb(path, text)
    first = next((line for line in text.splitlines() if line.strip()), "")
    items = first.split()
    if "\t" not in first and 2 * sum("_" in item[1:] for item in items) > len(items):
        return parse_masc(path, text)
    columns = re.split(r"[\t ]", first.strip())
    if len(columns) == 4:
        return parse_conll2003(path, text)
    if len(columns) in (2, 3):
        return parse_columns(path, text)
    raise CorpusError(f"{path}: line 1: not a corpus format that escore knows (CoNLL-U, columns, MASC, GMB)")


def _is_conllu(text: str) -> bool:
    return re.search(r"^# (newdoc|sent_id|text)", text[:4000], re.MULTILINE) is not None
