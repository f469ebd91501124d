"""Read a labelled corpus, whatever its format."""

import re
from pathlib import Path

from escore_labels.readers import columns
from escore_labels.readers.conllu import conllu, genres
from escore_labels.tokens import GMB_HEAD, CorpusError, Document, text_of


def read(path: Path) -> list[Document]:
    """Read one corpus file; the format is found by its first lines.

    A file without document boundaries is one document. Raises CorpusError with file and line.
    """
    return _parse(path, text_of(path))


def read_by_genre(path: Path) -> list[tuple[str, Document]]:
    """The documents of one corpus file, each with its genre ("" if unknown). Raises CorpusError, as `read`."""
    text = text_of(path)
    documents = _parse(path, text)
    known = genres(text) if _is_conllu(text) else [""] * len(documents)
    return list(zip(known, documents, strict=True))


def _parse(path: Path, text: str) -> list[Document]:
    if _is_conllu(text):
        if path.suffix == ".iob2":
            raise CorpusError(f"{path}: an entity layer; give the .conllu file beside it, which takes this layer up")
        return conllu(path, text)
    if text.startswith(GMB_HEAD):
        return [columns.gmb(path, text)]
    first = next((line for line in text.splitlines() if line.strip()), "")
    items = first.split()
    if "\t" not in first and 2 * sum("_" in item[1:] for item in items) > len(items):
        return [columns.masc(path, text)]
    fields = re.split(r"[\t ]", first.strip())
    if len(fields) == 4:
        return columns.conll2003(path, text)
    if len(fields) in (2, 3):
        return [columns.entities_only(path, text)]
    raise CorpusError(f"{path}: line 1: not a corpus that is known here (CoNLL-U, columns, MASC, GMB)")


def _is_conllu(text: str) -> bool:
    return re.search(r"^# (newdoc|sent_id|text)", text[:4000], re.MULTILINE) is not None
