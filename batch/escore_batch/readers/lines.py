"""Lines of a file, unpacked where it is compressed, each of a bounded length."""

from collections.abc import Callable, Iterator
from typing import Any

import pyarrow as pa

from escore_batch.inputs import File
from escore_batch.rows import LONGEST, Position

_BLOCK = 1 << 16  # bytes; so many before damaged data may be lost with them
MOST_BYTES = 4 * LONGEST  # of a line: so long is the longest text in UTF-8
TOO_LONG = f"more than {MOST_BYTES:,} bytes without a line end; split it"
READ_ERRORS = (OSError, EOFError, pa.ArrowException)


def read_blocks(file: File, position: Position) -> Iterator[bytes]:
    """The content, unpacked. Raises one of READ_ERRORS where the file cannot be read, or its data are damaged."""
    with file.place.open() as opened:
        if file.compression is None:
            yield from _counted(opened, file, position, opened.read)
        elif file.size:
            with pa.CompressedInputStream(pa.PythonFile(opened, mode="r"), file.compression) as stream:
                yield from _counted(opened, file, position, stream.read)


def _counted(opened: Any, file: File, position: Position, read: Callable[[int], bytes]) -> Iterator[bytes]:
    while block := read(_BLOCK):
        position.share = min(1.0, opened.tell() / file.size) if file.size else 1.0
        yield block


def read_lines(file: File, position: Position) -> Iterator[bytes | None]:
    """The lines without their LF; None for one that is longer than MOST_BYTES. Raises what read_blocks raises."""
    parts: list[bytes] = []  # of a line that has not ended yet
    length, is_first = 0, True
    for block in read_blocks(file, position):
        if is_first:
            block = block.removeprefix(b"\xef\xbb\xbf")  # noqa: PLW2901
            is_first = False
        *complete, rest = block.split(b"\n")
        for end in complete:
            yield None if length > MOST_BYTES else b"".join([*parts, end])
            parts, length = [], 0
        length += len(rest)
        if length <= MOST_BYTES:
            parts.append(rest)
        else:
            parts = []
    if length:
        yield None if length > MOST_BYTES else b"".join(parts)
