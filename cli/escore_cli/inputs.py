"""Files and standard input as texts: whole, or a line at a time as it arrives."""

import codecs
import os
import sys
from collections.abc import Iterator

from escore import EscoreError

BOM = "\ufeff"
BLOCK = 1 << 16


class InputError(EscoreError, ValueError):
    """An input that cannot be read, or is not text in the given encoding."""


def whole(file: str, encoding: str) -> str:
    """The text of a file, `-` for standard input; a leading byte-order mark is dropped. Raises InputError."""
    data = b"".join(_blocks(file))
    try:
        return data.decode(encoding).removeprefix(BOM)
    except UnicodeError as error:
        raise _not_text(file, getattr(error, "start", 0), encoding) from error


def start(file: str, encoding: str, limit: int) -> str:
    """The first `limit` characters of a file, or all; no more is read than is needed. Raises InputError."""
    decoder = codecs.getincrementaldecoder(encoding)()
    text, offset = "", 0
    for block in _with_end(_blocks(file)):
        pending = len(decoder.getstate()[0])
        try:
            text += decoder.decode(block, final=not block)
        except UnicodeError as error:
            raise _not_text(file, offset - pending + getattr(error, "start", 0), encoding) from error
        offset += len(block)
        if len(text) > limit:
            break
    return text.removeprefix(BOM)[:limit]


def lines(file: str, encoding: str) -> Iterator[str]:
    """The lines of a file without their ends (LF or CRLF), each as soon as it has arrived. Raises InputError.

    Bytes that are not text end the file there, after all lines before them.
    """
    decoder: codecs.IncrementalDecoder | None = None
    parts: list[str] = []  # of a line that has not ended yet
    is_start, offset = True, 0
    for block in _with_end(_blocks(file)):
        decoder = decoder or codecs.getincrementaldecoder(_with_byte_order(encoding, block))()
        state = decoder.getstate()
        bad_byte: int | None = None
        try:
            text = decoder.decode(block, final=not block)
        except UnicodeError as error:
            start = getattr(error, "start", 0)
            bad_byte = offset - len(state[0]) + start
            decoder.setstate(state)
            text = decoder.decode(block[: max(0, start - len(state[0]))])
        offset += len(block)
        if text and is_start:  # the mark may arrive in parts
            text, is_start = text.removeprefix(BOM), False
        *complete, rest = text.split("\n")
        if complete:
            complete[0] = "".join([*parts, complete[0]])
            parts = []
        parts.append(rest)
        yield from (line.removesuffix("\r") for line in complete)
        if bad_byte is not None:
            raise _not_text(file, bad_byte, encoding)
    if last := "".join(parts):
        yield last


def _with_byte_order(encoding: str, block: bytes) -> str:
    """UTF-16 and UTF-32 without a byte-order mark have this machine's order, as when they are decoded whole."""
    name = codecs.lookup(encoding).name
    marks = (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE, codecs.BOM_UTF32_BE)  # UTF-32's other one begins like UTF-16's
    if name in ("utf-16", "utf-32") and not block.startswith(marks):
        return f"{name}-{'le' if sys.byteorder == 'little' else 'be'}"
    return encoding


def _with_end(blocks: Iterator[bytes]) -> Iterator[bytes]:
    yield from blocks
    yield b""  # tells the decoder that no more will come


def _blocks(file: str) -> Iterator[bytes]:
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
        raise InputError(f"{_name(file)}: {error.strerror}", "give a file that can be read") from error


def _not_text(file: str, offset: int, encoding: str) -> InputError:
    from escore_labels.detect import binary_format

    if file != "-":
        with open(file, "rb") as stream:
            if binary := binary_format(stream.read(16)):
                return InputError(f"{file}: {binary[0]}", "give a file of text")
    return InputError(f"{_name(file)}: byte {offset}: not {encoding}", "name the right one with --encoding")


def _name(file: str) -> str:
    return "standard input" if file == "-" else file
