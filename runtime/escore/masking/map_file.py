"""The map of a masked text: JSON lines of what each placeholder stands for, which nobody else may read."""

import json
import os
from collections.abc import Iterable
from pathlib import Path

from escore.atomic import CAN_LOCK
from escore.errors import EscoreError
from escore.masking.masker import MaskEntry


class MapError(EscoreError, ValueError):
    """A map of placeholders that cannot be read or written."""


def read_map(path: Path) -> list[MaskEntry]:
    """The entries of a map. A last line without an end, as a killed process leaves it, is none. Raises MapError."""
    try:
        data = path.read_bytes()
    except OSError as error:
        raise MapError(f"{path}: {error.strerror}", "give the file that --map wrote") from error
    entries = []
    for number, line in enumerate(data.split(b"\n")[:-1], 1):
        try:
            value = json.loads(line)
            entry = MaskEntry(value["placeholder"], value["text"], value["label"])
            if not all(isinstance(item, str) and item for item in (entry.placeholder, entry.text, entry.label)):
                raise TypeError
        except (ValueError, KeyError, TypeError, RecursionError) as error:
            raise MapError(f"{path}: line {number}: no entry of a map", "give the file that --map wrote") from error
        entries.append(entry)
    return entries


class MapWriter:
    """Appends entries to a map, each before the text that needs it is written. One process at a time.

    A context manager. The file is made with the first entry, or at an end without an error; its owner alone may read it
    (mode 600).

    Raises MapError.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._descriptor: int | None = None
        if path.exists():
            self._open()

    def __enter__(self) -> "MapWriter":
        return self

    def __exit__(self, kind: type[BaseException] | None, *_: object) -> None:
        if kind is None and self._descriptor is None:
            self._open()
        if self._descriptor is not None:
            os.close(self._descriptor)

    def append(self, entries: Iterable[MaskEntry]) -> None:
        """Write entries to the file at once. Raises MapError."""
        lines = "".join(
            json.dumps({"placeholder": entry.placeholder, "text": entry.text, "label": entry.label}) + "\n"
            for entry in entries
        )
        if not lines:
            return
        view = memoryview(lines.encode())
        try:
            descriptor = self._descriptor if self._descriptor is not None else self._open()
            while view:
                view = view[os.write(descriptor, view) :]
        except OSError as error:
            raise MapError(f"{self._path}: {error.strerror}", "make room: only a whole map can unmask") from error

    def _open(self) -> int:
        try:
            if self._path.exists() and not self._path.is_file():
                raise MapError(f"{self._path}: not a file", "give a file of its own")
            if self._path.exists() and not self._path.stat().st_mode & 0o222:  # root may write to all
                raise MapError(f"{self._path}: Read-only file", "make it writable, or give another map")
            descriptor = os.open(self._path, os.O_RDWR | os.O_CREAT | os.O_APPEND, 0o600)
            os.fchmod(descriptor, 0o600)
            if CAN_LOCK:
                import fcntl

                fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
            self._drop_partial_line(descriptor)
        except BlockingIOError as error:
            raise MapError(f"{self._path}: another process is writing it", "wait, or give another map") from error
        except OSError as error:
            raise MapError(f"{self._path}: {error.strerror}", "give a file that can be written") from error
        self._descriptor = descriptor
        return descriptor

    @staticmethod
    def _drop_partial_line(descriptor: int) -> None:
        """Take away a last line without an end: its text was never written."""
        size = os.fstat(descriptor).st_size
        tail = os.pread(descriptor, size, 0)
        if tail and not tail.endswith(b"\n"):
            os.ftruncate(descriptor, tail.rfind(b"\n") + 1)
