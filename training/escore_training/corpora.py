"""Read a labelled corpus, whatever its format."""

import re
from pathlib import Path

from escore_training import columns
from escore_training.conllu import conllu
from escore_training.gold import GMB_HEAD, CorpusError, Document, text_of


def read(path: Path) -> list[Document]:
    """Read one corpus file; the format is found by its first lines.

    A file without document boundaries is one document. Raises CorpusError with file and line.
    """
    text = text_of(path)
    head = text[:4000]
    if re.search(r"^# (newdoc|sent_id|text)", head, re.MULTILINE):
        if path.suffix == ".iob2":
            raise CorpusError(f"{path}: an entity layer; give the .conllu file beside it, which takes this layer up")
        return conllu(path, text)
    if head.startswith(GMB_HEAD):
        return [columns.gmb(path, text)]
    first = next((line for line in text.splitlines() if line.strip()), "")
    items = first.split()
    if "\t" not in first and 2 * sum("_" in item[1:] for item in items) > len(items):
        return [columns.masc(text)]
    fields = re.split(r"[\t ]", first.strip())
    if len(fields) == 4:
        return columns.conll2003(path, text)
    if len(fields) in (2, 3):
        return [columns.entities_only(path, text)]
    raise CorpusError(f"{path}: line 1: not a corpus that is known here (CoNLL-U, columns, MASC, GMB)")
