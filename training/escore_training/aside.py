"""A file that appears whole or not at all, whatever happens to the process that writes it."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


@contextmanager
def aside(path: Path) -> Iterator[Path]:
    """A path beside `path` to write to, of the same suffix, which takes its place when all has gone well."""
    part = path.with_name(f"{path.stem}.part{path.suffix}")
    yield part
    os.replace(part, path)
