"""Where output goes: standard output as it comes, or a file that appears whole or not at all."""

import os
import shutil
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from escore import EscoreError

Write = Callable[[str], None]


class OutputError(EscoreError, OSError):
    """Output that cannot be written."""


@contextmanager
def sink(output: Path | None) -> Iterator[Write]:
    """A function that writes text as UTF-8, at once and in full. Raises OutputError; BrokenPipeError is left as it is.

    A regular file is written aside and renamed when all has gone well; a device or pipe is written straight.
    """
    if output is None:
        if sys.stdout is None:
            raise OutputError("standard output is closed; give a file with -o")
        yield _writer(1, "standard output")
        return
    target = output.resolve()
    if target.exists() and not target.is_file() and not target.is_dir():
        with _opened(target, output, os.O_WRONLY) as descriptor:
            yield _writer(descriptor, str(output))
        return
    if target.is_dir():
        raise OutputError(f"{output}: is a folder; give a file")
    part = target.with_name(f".{target.name}.{os.getpid()}.part")
    try:
        with _opened(part, output, os.O_WRONLY | os.O_CREAT | os.O_EXCL) as descriptor:
            yield _writer(descriptor, str(output))
        if target.exists():
            shutil.copymode(target, part)
        os.replace(part, target)
    except BaseException as error:
        part.unlink(missing_ok=True)
        if isinstance(error, OSError) and not isinstance(error, (OutputError, BrokenPipeError)):
            raise OutputError(f"{output}: {error.strerror}") from error
        raise


@contextmanager
def _opened(path: Path, named: Path, flags: int) -> Iterator[int]:
    try:
        descriptor = os.open(path, flags | getattr(os, "O_BINARY", 0), 0o666)
    except OSError as error:
        hint = "; make the folder first" if isinstance(error, FileNotFoundError) else ""
        raise OutputError(f"{named}: {error.strerror}{hint}") from error
    closed = False
    try:
        yield descriptor
        closed = True
        os.close(descriptor)
    finally:
        if not closed:
            os.close(descriptor)


def _writer(descriptor: int, name: str) -> Write:
    def write(text: str) -> None:
        # A lone surrogate has no UTF-8; as \udc80 it stays readable, and exact inside JSON.
        view = memoryview(text.encode("utf-8", "backslashreplace"))
        try:
            while view:
                view = view[os.write(descriptor, view) :]
        except BrokenPipeError:
            raise
        except OSError as error:
            raise OutputError(f"{name}: {error.strerror}; nothing more was written") from error

    return write
