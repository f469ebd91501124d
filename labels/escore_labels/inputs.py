"""Files of labels as bytes; `-` is standard input, which is read once and kept, since a reader may look twice."""

import io
import sys
from collections.abc import Iterable
from functools import cache
from pathlib import Path
from typing import IO

STANDARD_INPUT = Path("-")
# Beside NAME.ann of brat's is NAME.txt, and beside CoNLL-U may be the layer of Universal NER.
_BESIDE = {".ann": ".txt", ".txt": ".ann", ".conllu": ".uner.iob2"}


def with_files_beside(paths: Iterable[Path]) -> list[Path]:
    """The paths, and those of the files that readers look for beside them."""
    paths = list(paths)
    return paths + [path.with_suffix(_BESIDE[path.suffix]) for path in paths if path.suffix in _BESIDE]


def open_input(path: Path) -> IO[bytes]:
    """The file, to read from. Raises what the system raises."""
    return io.BytesIO(_standard_input()) if path == STANDARD_INPUT else path.open("rb")


@cache
def _standard_input() -> bytes:
    if sys.stdin is None:
        raise OSError(9, "standard input is closed")
    with open(0, "rb", closefd=False) as file:
        return file.read()
