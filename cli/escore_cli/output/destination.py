"""Where output goes: standard output as it comes, or a file that appears whole or not at all."""

import os
import sys
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from functools import partial
from io import FileIO
from pathlib import Path

import typer

from escore import EscoreError, OutputError
from escore.atomic import atomic_file

Write = Callable[[str | bytes], None]
STANDARD_STREAM = Path("-")


def check_outputs(outputs: Mapping[str, Path | None], inputs: Iterable[str | Path | None]) -> None:
    """Refuse an output that is an input too, or lies in a folder that is one, or is given twice, before any is read.

    outputs: by their options; None: not given.
    inputs: files and folders of all kinds, `-` for standard input; None: not given.

    Raises BadParameter.
    """
    files = [file for file in inputs if file is not None]
    options: dict[Path, str] = {}
    for option, path in outputs.items():
        if path is None or path == STANDARD_STREAM:
            continue
        if path.is_file() and any(_reads(str(file), path) for file in files):
            raise typer.BadParameter(f"{path} is an input too, and would be lost; give another file to {option}")
        if (other := options.setdefault(_target(path), option)) != option:
            raise typer.BadParameter(f"{path} is given to {other} and {option}; give another file to one of them")


def _reads(file: str, output: Path) -> bool:
    """Whether an input is the file `output`, or a folder that it lies in."""
    try:
        if os.path.samefile(0 if file == "-" else file, output):
            return True
        return Path(file).is_dir() and output.resolve().is_relative_to(Path(file).resolve())
    except OSError:  # a file that does not exist is reported later
        return False


@contextmanager
def open_output(path: Path | None) -> Iterator[Write]:
    """A function that writes text as UTF-8, or bytes, at once and in full, to `path`. Raises OutputError.

    None and `-` are standard output.

    A regular file takes its place at the end, and only without an exception; a device or pipe is written straight. When
    a reader closes the pipe, the command ends quietly.
    """
    try:
        if path is None or path == STANDARD_STREAM:
            if sys.stdout is None:
                raise OutputError("standard output is closed, and there is nowhere else to write")
            yield partial(_write, 1, "standard output")
        else:
            with _open(path) as file:
                yield partial(_write, file.fileno(), str(path))
    except BrokenPipeError as error:
        raise typer.Exit(0) from error


@contextmanager
def _open(path: Path) -> Iterator[FileIO]:
    try:
        if path.is_dir():
            raise OutputError(f"{path}: is a folder", "give a file")
        if _is_open_already(path) or (path.exists() and not path.is_file()):
            with open(os.open(path, os.O_WRONLY | os.O_APPEND), "wb", buffering=0) as file:
                yield file
        else:
            with atomic_file(_target(path)) as part, open(part, "xb", buffering=0) as file:
                yield file
    except (EscoreError, BrokenPipeError):
        raise
    except OSError as error:
        advice = "make the folder first" if isinstance(error, FileNotFoundError) else "nothing was written"
        raise OutputError(f"{path}: {error.strerror}", advice) from error


def _is_open_already(path: Path) -> bool:
    """/dev/stdout and its like: names for what is open, and may be a file that others write to."""
    return str(path) in ("/dev/stdout", "/dev/stderr") or str(path.parent) in ("/dev/fd", "/proc/self/fd")


def _target(path: Path) -> Path:
    """The file that a link leads to."""
    try:
        return path.resolve()
    except (OSError, RuntimeError) as error:  # RuntimeError before Python 3.13
        raise OutputError(f"{path}: links in a circle", "give a file") from error


def _write(descriptor: int, name: str, text: str | bytes) -> None:
    # A lone surrogate has no UTF-8; as \udc80 it stays readable, and exact inside JSON.
    view = memoryview(text if isinstance(text, bytes) else text.encode("utf-8", "backslashreplace"))
    try:
        while view:
            view = view[os.write(descriptor, view) :]
    except BrokenPipeError:
        raise
    except OSError as error:
        raise OutputError(f"{name}: {error.strerror}") from error
