"""Text without labels, a sentence a line."""

from pathlib import Path

from escore.segmentation import words
from escore_labels.readers.files import read_text
from escore_labels.tokens import ENTITY, NONE, Document, Token


def read_plain(path: Path) -> list[Document]:
    """All sentences as one document; each word may be of any class. Raises CorpusError."""
    document: Document = []
    for line in read_text(path).splitlines():
        segments = words(line)
        if segments:
            next_starts = [start for _, (start, _) in segments[1:]] + [len(line)]
            document.append(
                [
                    Token(word, NONE, ENTITY, space_after=any(map(str.isspace, line[end:next_start])))
                    for (word, (_, end)), next_start in zip(segments, next_starts, strict=True)
                ]
            )
    return [document]
