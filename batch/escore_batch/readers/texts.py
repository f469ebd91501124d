"""Files that are a text each; the id of one is its name."""

from collections.abc import Iterator, Sequence

from escore_batch.inputs import File
from escore_batch.readers.lines import MOST_BYTES, READ_ERRORS, read_blocks
from escore_batch.readers.parquet import reason_of
from escore_batch.rows import BadRow, Item, Position, Problem, Ranges, make_row


def read_texts(files: Sequence[File], done: Ranges, position: Position) -> Iterator[Item]:
    """As read_source."""
    for index, file in enumerate(files):
        position.share = (index + 1) / len(files)
        if not done.touch(index, index + 1):
            yield _text(index, file)


def _text(index: int, file: File) -> Item:
    name = file.place.name
    parts, size = [], 0
    try:
        for block in read_blocks(file, Position()):
            size += len(block)
            if size > MOST_BYTES:
                return BadRow(index, name, f"more than {MOST_BYTES:,} bytes; split it")
            parts.append(block)
        text = b"".join(parts).decode("utf-8-sig")
    except UnicodeDecodeError as error:
        return BadRow(index, name, f"not UTF-8 (byte {error.start})")
    except READ_ERRORS as error:
        return Problem(name, reason_of(error))
    return make_row(index, name, name, None, text, None)
