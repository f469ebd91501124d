"""A folder that appears whole or not at all, whatever happens to the process that writes it."""

import hashlib
import importlib.util
import os
import re
import secrets
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

from escore import EscoreError
from escore.bundle import FILES
from escore.manifest import NAME, FileRecord, Manifest
from escore_export.errors import ExportError

LOCKS = importlib.util.find_spec("fcntl") is not None  # not on Windows: there, what a killed export left aside stays


def check(output: Path, force: bool) -> Path:
    """The place that `output` names, if a bundle may be written there. Raises ExportError.

    With `force` that may be an older bundle, or an empty folder, but nothing that holds files of anybody's.
    """
    target = place(output)
    if not target.exists():
        return target
    if not target.is_dir():
        raise ExportError(f"{output}: is a file; give a folder")
    if not force:
        raise ExportError(f"{output}: exists already; give a new folder, or --force to replace it")
    if other := sorted({path.name for path in target.iterdir()} - {NAME, *FILES}):
        raise ExportError(f"{output}: holds something else than a bundle ('{other[0]}'); give another folder")
    return target


def place(output: Path) -> Path:
    """The path that `output` means, links followed, in a folder that is there. Raises ExportError."""
    if output.name in ("", ".."):
        raise ExportError(f"{output}: has no name of its own; give a new folder")
    try:
        target = output.resolve()
        str(target).encode()
        if not target.parent.is_dir():
            found = "not a folder" if target.parent.exists() else "no such folder; make it first"
            raise ExportError(f"{target.parent}: {found}")
        target.exists()  # a name that is too long, or a place that may not be looked at, raises here
    except UnicodeEncodeError as error:
        raise ExportError(f"{output}: is no name in UTF-8; give another folder") from error
    except RuntimeError as error:  # before Python 3.13
        raise ExportError(f"{output}: links in a circle; give a folder") from error
    except EscoreError:
        raise
    except OSError as error:
        raise ExportError(f"{output}: {error.strerror}; give another folder") from error
    return target


@contextmanager
def whole(output: Path, force: bool) -> Iterator[Path]:
    """A new folder beside `output` that takes its place when all has gone well, and otherwise goes away.

    With `force` an older bundle is replaced, by two renames. What a killed run left between or before these is mended
    first: its folder aside is removed, and the older bundle is back in its place. Raises ExportError.
    """
    target = place(output)
    older = _older(target)
    try:
        _mend(target, older)
        check(output, force)
        aside = _beside(target)
        aside.mkdir()
    except EscoreError:
        raise
    except OSError as error:
        raise ExportError(f"{output}: {error.strerror}; give a place that you may write to") from error
    lock = None
    try:
        lock = locked(aside)
        yield aside
        for path in aside.iterdir():
            with path.open("rb") as file:
                os.fsync(file.fileno())  # to the disk, before the folder's new name gets there
        check(output, force)  # what came there meanwhile
        _exchange(aside, target, older)
    except EscoreError:
        raise
    except OSError as error:
        raise ExportError(f"{output}: {error.strerror or error}; nothing was written") from error
    finally:
        shutil.rmtree(aside, ignore_errors=True)
        if lock is not None:
            os.close(lock)


def seal(folder: Path, manifest: Manifest) -> Manifest:
    """Write the manifest of a bundle whose other files lie in `folder`, with sizes and hashes; as it was written."""
    contents = {name: (folder / name).read_bytes() for name in FILES}
    files = {name: FileRecord(len(data), hashlib.sha256(data).hexdigest()) for name, data in contents.items()}
    sealed = replace(manifest, files=files)
    (folder / NAME).write_bytes(sealed.render())
    return sealed


def mend(output: Path) -> None:
    """Put back the older bundle that a killed `whole` was replacing, if there is one. Raises ExportError."""
    target = place(output)
    try:
        _mend(target, _older(target))
    except OSError as error:
        raise ExportError(f"{output}: {error.strerror}; give a place that you may write to") from error


def _beside(target: Path) -> Path:
    return target.parent / f".{target.name}.{secrets.token_hex(8)}.part"


def _older(target: Path) -> Path:
    return target.parent / f".{target.name}.old"


def _exchange(aside: Path, target: Path, older: Path) -> None:
    """Put `aside` in the place of `target`, or leave all as it was."""
    replaced = target.exists()
    try:
        if replaced:
            target.rename(older)
        aside.rename(target)
    except BaseException:
        if older.exists() and not target.exists():
            older.rename(target)
        raise
    if replaced:
        older.rename(aside)  # which goes away at the end, also if this process is killed meanwhile: see _mend


def _mend(target: Path, older: Path) -> None:
    """Undo or finish what a killed run began. Raises ExportError where another one is at work."""
    aside = re.compile(rf"\.{re.escape(target.name)}\.[0-9a-f]{{16}}\.part")
    for path in [path for path in target.parent.iterdir() if LOCKS and aside.fullmatch(path.name)]:
        lock = locked(path)
        if lock is None:
            raise ExportError(f"{target}: another export is writing it; wait, or remove {path}")
        shutil.rmtree(path, ignore_errors=True)
        os.close(lock)
    if (older / NAME).is_file():  # nothing else of that name is ours
        if target.exists():
            beside = _beside(target)
            older.rename(beside)
            shutil.rmtree(beside)
        else:
            older.rename(target)


def locked(folder: Path) -> int | None:
    """Lock a folder for as long as this process lives; None where another process holds it, or nobody can."""
    if not LOCKS:
        return None
    import fcntl

    descriptor = os.open(folder, os.O_RDONLY)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        os.close(descriptor)
        return None
    return descriptor
