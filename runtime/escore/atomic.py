"""Files and folders that appear whole or not at all, whatever happens to the process that writes them."""

import errno
import importlib.util
import os
import re
import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from escore.errors import EscoreError, OutputError

CAN_LOCK = importlib.util.find_spec("fcntl") is not None  # not on Windows


@contextmanager
def atomic_file(path: Path) -> Iterator[Path]:
    """A new path beside `path`, of the same suffix, to write to; it replaces `path` when all has gone well.

    An existing file's mode is kept, and one that nobody may write to stays. On any exception the new file is removed.
    Raises what the system raises.
    """
    if path.exists() and not (path.stat().st_mode & 0o222 and os.access(path, os.W_OK)):  # root may write to all
        raise PermissionError(errno.EACCES, "Read-only file", str(path))
    part = path.with_name(f".escore-{os.urandom(8).hex()}.part{path.suffix}")
    try:
        yield part
        if path.exists():
            shutil.copymode(path, part)
        os.replace(part, path)
    finally:
        part.unlink(missing_ok=True)


@contextmanager
def atomic_dir(output: Path, check: Callable[[Path], None]) -> Iterator[Path]:
    """A new folder beside `output` that takes its place when all has gone well, and otherwise goes away.

    `check` is called with the resolved path, before and after the writing, and raises where what is there may not be
    replaced. What a killed process left half-written is removed first. A kill between the two renames that replace an
    older folder leaves `output` missing; the next call then says where the older folder is. Raises OutputError.
    """
    target = resolve_output(output)
    part, older = _hidden(target, "part"), _hidden(target, "old")
    lock: int | None = None
    try:
        _clean_up(target)
        check(target)
        part.mkdir()
    except EscoreError:
        raise
    except OSError as error:
        raise OutputError(f"{output}: {error.strerror}", "give a place that you may write to") from error
    try:
        lock = lock_dir(part)
        yield part
        for path in filter(Path.is_file, part.rglob("*")):
            with path.open("rb") as file:
                os.fsync(file.fileno())  # to the disk, before the folder's new name gets there
        check(target)
        if target.exists():
            target.rename(older)
        part.rename(target)
    except EscoreError:
        raise
    except OSError as error:
        raise OutputError(f"{output}: {error.strerror or error}", "nothing was written") from error
    finally:
        if older.exists() and not target.exists():
            older.rename(target)
        for path in (part, older):
            shutil.rmtree(path, ignore_errors=True)
        if lock is not None:
            os.close(lock)


def resolve_output(output: Path) -> Path:
    """The path that `output` means, links followed, in a folder that exists. Raises OutputError."""
    if output.name in ("", ".."):
        raise OutputError(f"{output}: has no name of its own", "give a new folder")
    try:
        target = output.resolve()
        str(target).encode()
        if not target.parent.is_dir():
            if target.parent.exists():
                raise OutputError(f"{target.parent}: not a folder")
            raise OutputError(f"{target.parent}: no such folder", "make it first")
        target.exists()  # raises here for a name that is too long, or a place that may not be read
    except UnicodeEncodeError as error:
        raise OutputError(f"{output}: is no name in UTF-8", "give another folder") from error
    except RuntimeError as error:  # before Python 3.13
        raise OutputError(f"{output}: links in a circle", "give a folder") from error
    except EscoreError:
        raise
    except OSError as error:
        raise OutputError(f"{output}: {error.strerror}", "give another folder") from error
    return target


def lock_dir(folder: Path) -> int | None:
    """Lock a folder for as long as the returned descriptor is open; None where another process holds the lock.

    The lock goes with the process, however it ends. Without CAN_LOCK nothing is locked, and None returned.
    """
    if not CAN_LOCK:
        return None
    import fcntl

    descriptor = os.open(folder, os.O_RDONLY)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        os.close(descriptor)
        return None
    return descriptor


def _hidden(target: Path, suffix: str) -> Path:
    return target.with_name(f".{target.name}.{os.urandom(8).hex()}.{suffix}")


def _clean_up(target: Path) -> None:
    """Remove what killed processes left beside `target`. Raises OutputError where one still writes there."""
    hidden = re.compile(rf"\.{re.escape(target.name)}\.[0-9a-f]{{16}}\.(part|old)")
    for path in [path for path in target.parent.iterdir() if hidden.fullmatch(path.name)]:
        if path.suffix == ".old" and not target.exists():
            problem = f"{target}: an earlier run was killed while it replaced this folder"
            raise OutputError(problem, f"rename {path} to it, or remove {path}")
        if CAN_LOCK:
            lock = lock_dir(path)
            if lock is None:
                raise OutputError(f"{target}: another process is writing it", f"wait, or remove {path}")
            shutil.rmtree(path, ignore_errors=True)
            os.close(lock)
