"""Files and folders on any file system that fsspec knows; this machine's are the ones without a protocol."""

import errno
import os
import posixpath
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from fsspec.core import url_to_fs
from fsspec.implementations.local import LocalFileSystem

from escore import OutputError
from escore_batch.errors import BatchError

_BLOCK = 1 << 20  # bytes that are read ahead from a remote file


@dataclass(frozen=True, slots=True)
class Place:
    """A path on a file system. `name` is what messages call it."""

    fs: Any
    path: str
    name: str

    @property
    def is_local(self) -> bool:
        """Whether it is on this machine."""
        return isinstance(self.fs, LocalFileSystem)

    def child(self, *names: str) -> "Place":
        """A path below."""
        return Place(self.fs, posixpath.join(self.path, *names), posixpath.join(self.name, *names))

    def open(self) -> Any:
        """The file, to read from. Raises what the file system raises."""
        return open(self.path, "rb") if self.is_local else self.fs.open(self.path, "rb", block_size=_BLOCK)

    def read(self) -> bytes:
        """The content of the file. Raises what the file system raises."""
        content: bytes = self.fs.cat_file(self.path)
        return content

    def exists(self) -> bool:
        """Whether there is a file or a folder."""
        return bool(self.fs.exists(self.path))

    def files(self) -> dict[str, int]:
        """The sizes of the files right below, by name; none where there is no folder."""
        self.fs.invalidate_cache()
        try:
            infos = self.fs.ls(self.path, detail=True)
        except FileNotFoundError:
            return {}
        return {posixpath.basename(info["name"]): info["size"] for info in infos if info["type"] == "file"}


def open_place(name: str) -> Place:
    """The place that a path or a URL names. Raises BatchError."""
    if not name:
        raise BatchError("an input or the output is an empty name", "give files, folders or globs")
    try:
        fs, path = url_to_fs(name)
    except ImportError as error:
        protocol = name.partition("://")[0]
        problem = f"{name}: the driver of {protocol}:// is not installed"
        raise BatchError(problem, f"fsspec says: {str(error).partition(chr(10))[0]}") from error
    except ValueError as error:
        known = ", ".join(f"{protocol}://" for protocol in ("s3", "gs", "memory"))
        raise BatchError(f"{name}: {error}", f"give a path, or a URL such as {known}") from error
    return Place(fs, path, name)


def write_whole(target: Place, aside: Place, data: bytes) -> None:
    """Write a file beside, and rename it to `target`, which so is there whole or not at all.

    aside: a path on the same file system. Raises OutputError.
    """
    with output_errors(target):
        if target.is_local:
            with open(aside.path, "wb") as file:
                file.write(data)
                file.flush()
                os.fsync(file.fileno())  # to the disk, before the name gets there
            os.replace(aside.path, target.path)
        else:
            target.fs.pipe_file(aside.path, data)
            target.fs.mv(aside.path, target.path)


@contextmanager
def output_errors(place: Place) -> Iterator[None]:
    """Turn what a file system raises while it writes into OutputError."""
    try:
        yield
    except OSError as error:
        is_full = error.errno in (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)
        advice = "free some, and go on with --resume" if is_full else "correct it, and go on with --resume"
        raise OutputError(f"{place.name}: {error.strerror or error}", advice) from error
