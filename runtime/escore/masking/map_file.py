"""The map of a masked text: JSON lines of what each placeholder stands for, which nobody else may read."""

import json
import os
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from escore.atomic import CAN_LOCK
from escore.errors import EscoreError
from escore.masking.entries import MaskEntry, conflict

_START = b'{"placeholder": "'  # of each line that is written
_NO_MAP = "give the file that --map wrote"


class MapError(EscoreError, ValueError):
    """A map of placeholders that cannot be read or written."""


@dataclass(frozen=True, slots=True)
class MapContent:
    """What a map holds.

    torn_line: the number of a last line that broke off, as a killed process leaves it; the text that needed it was
        never written. None: there is none.
    size: bytes of all whole entries.
    """

    entries: list[MaskEntry]
    torn_line: int | None
    size: int


def read_map(path: Path) -> MapContent:
    """What a map holds. Raises MapError where it is no map, or its entries contradict each other."""
    try:
        data = path.read_bytes()
    except OSError as error:
        raise MapError(f"{path}: {error.strerror}", _NO_MAP) from error
    return _parse(path, data)


def _parse(path: Path, data: bytes) -> MapContent:
    *lines, tail = data.split(b"\n")
    entries = [_entry(path, number, line) for number, line in enumerate(lines, 1)]
    torn_line = None
    size = len(data)
    if _is_torn(tail, bool(entries)):
        torn_line, size = len(lines) + 1, size - len(tail)
    elif tail:
        entries.append(_entry(path, len(lines) + 1, tail))
    if problem := conflict(entries):
        places = f"lines {problem.first + 1} and {problem.second + 1}"
        raise MapError(f"{path}: {places}: {problem.problem}", "remove one, if you know which text it masked")
    return MapContent(entries, torn_line, size)


def _is_torn(tail: bytes, has_entries: bool) -> bool:
    """Whether the last line, which has no end, is the beginning of an entry, and no whole JSON."""
    if not tail or not (tail.startswith(_START) or (has_entries and _START.startswith(tail))):
        return False
    try:
        json.loads(tail)
    except (ValueError, RecursionError):
        return True
    return False


def _entry(path: Path, number: int, line: bytes) -> MaskEntry:
    try:
        value = json.loads(line)
        entry = MaskEntry(value["placeholder"], value["text"], value["label"])
        if not all(isinstance(item, str) and item for item in (entry.placeholder, entry.text, entry.label)):
            raise TypeError
    except (ValueError, KeyError, TypeError, RecursionError) as error:
        raise MapError(f"{path}: line {number}: no entry of a map", _NO_MAP) from error
    return entry


class MapWriter:
    """A map that this process alone uses: what it holds, and new entries, each before the text that needs it.

    A context manager, which locks the file from the reading to the end (not on Windows). A file that is not there is
    made at once, mode 600, and goes away again where an error leaves it empty. What is no map stays as it is.

    Raises MapError.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._is_new = not path.exists()
        try:
            self._descriptor = self._open()
        except BlockingIOError as error:
            raise MapError(f"{path}: another process is using the map", "wait, or give another map") from error
        except OSError as error:
            raise MapError(f"{path}: {error.strerror}", "give a file that can be written") from error
        try:
            self.content = read_map(path)
            os.fchmod(self._descriptor, 0o600)
            self._mend_end()
        except OSError as error:
            os.close(self._descriptor)
            raise MapError(f"{path}: {error.strerror}", "give a file that can be written") from error
        except MapError:
            os.close(self._descriptor)
            raise

    def __enter__(self) -> "MapWriter":
        return self

    def __exit__(self, kind: type[BaseException] | None, *_: object) -> None:
        if kind is not None and self._is_new and os.fstat(self._descriptor).st_size == 0:
            os.unlink(os.path.realpath(self._path))  # before the lock goes, so that nobody else writes to it
        os.close(self._descriptor)

    def append(self, entries: Iterable[MaskEntry]) -> None:
        """Write entries to the file at once. Raises MapError."""
        lines = "".join(
            json.dumps({"placeholder": entry.placeholder, "text": entry.text, "label": entry.label}) + "\n"
            for entry in entries
        )
        view = memoryview(lines.encode())
        try:
            while view:
                view = view[os.write(self._descriptor, view) :]
        except OSError as error:
            raise MapError(f"{self._path}: {error.strerror}", "make room: only a whole map can unmask") from error

    def _open(self) -> int:
        if self._path.exists() and not self._path.is_file():
            raise MapError(f"{self._path}: not a file", "give a file of its own")
        if self._path.exists() and not self._path.stat().st_mode & 0o222:  # root may write to all
            raise MapError(f"{self._path}: Read-only file", "make it writable, or give another map")
        while True:
            descriptor = os.open(self._path, os.O_RDWR | os.O_CREAT | os.O_APPEND, 0o600)
            try:
                if CAN_LOCK:
                    import fcntl

                    fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
                if self._path.exists() and os.path.samestat(os.fstat(descriptor), self._path.stat()):
                    return descriptor
            except BaseException:
                os.close(descriptor)
                raise
            os.close(descriptor)  # another process has removed it in between

    def _mend_end(self) -> None:
        """Take away a torn last line, and end one that only lacks its end."""
        os.ftruncate(self._descriptor, self.content.size)
        if self.content.size and os.pread(self._descriptor, 1, self.content.size - 1) != b"\n":
            os.write(self._descriptor, b"\n")
