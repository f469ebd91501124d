"""Text without labels."""

from pathlib import Path

from escore.segmentation import words
from escore_labels.tokens import ENTITY, NONE, Document, Token, text_of


def read_plain(path: Path) -> list[Document]:
    """Text without labels, a sentence a line: each word may be anything. Raises CorpusError."""
    document: Document = []
    for line in text_of(path).splitlines():
        found = words(line)
        if found:
            begins = [start for _, (start, _) in found[1:]]
            document.append(
                [
                    Token(word, NONE, ENTITY, space_after=following > end)
                    for (word, (_, end)), following in zip(found, [*begins, len(line) + 1], strict=True)
                ]
            )
    return [document]
