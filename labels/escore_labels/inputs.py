"""Files of labels as bytes; `-` is standard input, which is read once and kept, since a reader may look twice."""

import io
import sys
from functools import cache
from pathlib import Path
from typing import IO

STANDARD_INPUT = Path("-")


def open_input(path: Path) -> IO[bytes]:
    """The file, to read from. Raises what the system raises."""
    return io.BytesIO(_standard_input()) if path == STANDARD_INPUT else path.open("rb")


@cache
def _standard_input() -> bytes:
    if sys.stdin is None:
        raise OSError(9, "standard input is closed")
    with open(0, "rb", closefd=False) as file:
        return file.read()
