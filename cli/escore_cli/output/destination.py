"""Where output goes: standard output as it comes, or a file that appears whole or not at all."""

import os
import shutil
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import typer

from escore import EscoreError

Write = Callable[[str], None]


class OutputError(EscoreError, OSError):
    """Output that cannot be written."""


@contextmanager
def sink(output: Path | None) -> Iterator[Write]:
    """A function that writes text as UTF-8, at once and in full. Raises OutputError.

    A regular file is written aside and renamed when all has gone well; a device or pipe is written straight. A reader
    that leaves ends the command quietly: it has all it wanted.
    """
    try:
        if output is None:
            if sys.stdout is None:
                raise OutputError("standard output is closed, and there is nowhere else to write")
            yield _writer(1, "standard output")
        elif output.is_dir():
            raise OutputError(f"{output}: is a folder; give a file")
        elif _is_open_already(output) or (output.exists() and not output.is_file()):
            with _opened(output, output, os.O_WRONLY | os.O_APPEND) as descriptor:
                yield _writer(descriptor, str(output))
        else:
            with _aside(output) as descriptor:
                yield _writer(descriptor, str(output))
    except BrokenPipeError as error:
        raise typer.Exit(0) from error


@contextmanager
def _aside(output: Path) -> Iterator[int]:
    """A file beside `output` that takes its place at the end, or goes away."""
    try:
        target = output.resolve()
    except (OSError, RuntimeError) as error:  # RuntimeError: links in a circle, before Python 3.13
        raise OutputError(f"{output}: links in a circle; give a file") from error
    part = target.with_name(f".escore-{os.urandom(8).hex()}.part")
    with _opened(part, output, os.O_WRONLY | os.O_CREAT | os.O_EXCL) as descriptor:
        try:
            yield descriptor
            if target.exists():
                shutil.copymode(target, part)
            os.replace(part, target)
        except (EscoreError, BrokenPipeError):
            raise
        except OSError as error:
            raise OutputError(f"{output}: {error.strerror}; nothing was written") from error
        finally:
            part.unlink(missing_ok=True)


def _is_open_already(output: Path) -> bool:
    """/dev/stdout and its like: names for what is open, and may be a file that others write to."""
    return str(output) in ("/dev/stdout", "/dev/stderr") or str(output.parent) in ("/dev/fd", "/proc/self/fd")


@contextmanager
def _opened(path: Path, named: Path, flags: int) -> Iterator[int]:
    try:
        descriptor = os.open(path, flags | getattr(os, "O_BINARY", 0), 0o666)
    except OSError as error:
        hint = "; make the folder first" if isinstance(error, FileNotFoundError) else ""
        raise OutputError(f"{named}: {error.strerror}{hint}") from error
    try:
        yield descriptor
    except BaseException:
        with suppress(OSError):  # the first error is the one to tell
            os.close(descriptor)
        raise
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
            raise OutputError(f"{name}: {error.strerror}") from error

    return write
