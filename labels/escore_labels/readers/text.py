"""Text without labels: a file a text, or a line a text."""

from collections.abc import Iterator

from escore_labels.readers.files import read_text
from escore_labels.readers.source import Placed, Source


def read_text_file(source: Source) -> Iterator[Placed]:
    """The whole file as one record without labels; its id is the path. Raises CorpusError."""
    yield source.record(str(source.path), read_text(source.path), [], id=str(source.path))


def read_lines(source: Source) -> Iterator[Placed]:
    """A record without labels for each line that is not blank; its id is FILE:N. Raises CorpusError."""
    for number, line in enumerate(read_text(source.path).split("\n"), 1):
        if line.strip():
            yield source.record(source.line(number), line.removesuffix("\r"), [], id=f"{source.path}:{number}")
