"""The bytes of files and of standard input, as they arrive; what gzip, bzip2 or Zstandard compressed is unpacked."""

import bz2
import gzip
import io
import os
import sys
import zlib
from collections.abc import Iterator
from contextlib import suppress
from importlib import import_module
from itertools import chain
from typing import Any

from escore import EscoreError

BLOCK = 1 << 16
_MAGICS = {b"\x1f\x8b\x08": "gzip", b"BZh91AY&SY": "bzip2", b"\x28\xb5\x2f\xfd": "zstd"}
ENDINGS = (".gz", ".bz2", ".zst")


class InputError(EscoreError, ValueError):
    """An input that cannot be read, or is not text in the given encoding."""


def blocks(file: str) -> Iterator[bytes]:
    """The content of a file, `-` for standard input, unpacked. Raises InputError."""
    source = _raw_blocks(file)
    head = b""
    for block in source:
        head += block
        if not _may_begin_compressed(head):
            break
    kind = _compression(head)
    source = chain([head] if head else [], source)
    return source if kind is None else _unpacked(file, kind, source)


def name_of(file: str) -> str:
    """How messages call an input."""
    return "standard input" if file == "-" else file


def _raw_blocks(file: str) -> Iterator[bytes]:
    """Bytes as they arrive, without Python's buffers, whose lock a waiting thread would hold at exit."""
    try:
        if file == "-":
            if sys.stdin is None:
                raise InputError("standard input: closed", "give a file")
            yield from iter(lambda: os.read(0, BLOCK), b"")
        else:
            with open(file, "rb", buffering=0) as stream:
                yield from iter(lambda: stream.read(BLOCK), b"")
    except OSError as error:
        raise InputError(f"{name_of(file)}: {error.strerror}", "give a file that can be read") from error


def _may_begin_compressed(head: bytes) -> bool:
    """Whether more bytes must come to know; not after the first ones of a line that a person types."""
    return any(len(head) < len(magic) and magic.startswith(_without_level(head)) for magic in _MAGICS)


def _compression(head: bytes) -> str | None:
    return next((kind for magic, kind in _MAGICS.items() if _without_level(head).startswith(magic)), None)


def _without_level(head: bytes) -> bytes:
    """The beginning of bzip2 data with the digit of their level, 1 to 9, as 9."""
    return b"BZh9" + head[4:] if head.startswith(b"BZh") and head[3:4].isdigit() else head


def _unpacked(file: str, kind: str, source: Iterator[bytes]) -> Iterator[bytes]:
    try:
        with _opener(file, kind)(_Reader(source)) as stream:
            yield from iter(lambda: stream.read1(BLOCK), b"")
    except EOFError as error:
        raise InputError(f"{name_of(file)}: the {kind} data end too early", "was the file cut off?") from error
    except (OSError, zlib.error, ValueError) as error:  # BadGzipFile and bz2's errors are OSErrors
        if isinstance(error, EscoreError):
            raise
        raise InputError(f"{name_of(file)}: damaged {kind} data ({error})", "restore the file") from error
    except Exception as error:
        if type(error).__name__ != "ZstdError":  # a class of an optional module
            raise
        raise InputError(f"{name_of(file)}: damaged {kind} data ({error})", "restore the file") from error


def _opener(file: str, kind: str) -> Any:
    """What opens a stream of compressed bytes. Raises InputError where this Python has none."""
    if kind == "gzip":
        return lambda stream: gzip.GzipFile(fileobj=stream)
    if kind == "bzip2":
        return bz2.BZ2File
    for module in ("compression.zstd", "backports.zstd"):  # from Python 3.14 on, and its copy for older ones
        with suppress(ImportError):
            return import_module(module).ZstdFile
    problem = f"{name_of(file)}: compressed by zstd, which Python reads from 3.14 on"
    raise InputError(problem, "pip install backports.zstd, or unpack it first: zstd -dc FILE | escore ...")


class _Reader(io.RawIOBase):
    """Blocks of bytes as a stream."""

    def __init__(self, source: Iterator[bytes]) -> None:
        self._source, self._rest = source, memoryview(b"")

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        while not self._rest:
            if (block := next(self._source, None)) is None:
                return 0
            self._rest = memoryview(block)
        size = min(len(buffer), len(self._rest))
        buffer[:size] = self._rest[:size]
        self._rest = self._rest[size:]
        return size
