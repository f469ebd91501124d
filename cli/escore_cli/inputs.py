"""Files and standard input as texts: whole, or a line at a time as it arrives."""

import codecs
import sys
from collections.abc import Iterator

from escore_cli.input_bytes import InputError, blocks, name_of

__all__ = [
    "InputError",
    "check_utf8",
    "handler",
    "lines",
    "not_text",
    "places_text",
    "replaced_places",
    "start",
    "whole",
]

BOM = "\ufeff"
STRICT, REPLACE, KEEP = "strict", "escore-replace", "escore-keep"
KEPT_BYTES = 0xDC00  # the lone surrogate that stands for the byte 0 with KEEP; PEP 383 has the same from 0x80 on
_SAMPLE = 4096  # bytes that are looked at for UTF-16
_replaced = [0]


def _replace(error: UnicodeError) -> tuple[str, int]:
    """An error handler of codecs: what cannot be decoded becomes one U+FFFD, and is counted."""
    if not isinstance(error, UnicodeDecodeError):
        raise error
    _replaced[0] += 1
    return "\ufffd", error.end


def _keep(error: UnicodeError) -> tuple[str, int]:
    """An error handler of codecs: bytes that cannot be decoded become a lone surrogate each; places are counted.

    Unlike surrogateescape it takes bytes below 0x80 too, which UTF-16 and UTF-32 may not decode.
    """
    if not isinstance(error, UnicodeDecodeError):
        raise error
    _replaced[0] += 1
    return "".join(chr(KEPT_BYTES + byte) for byte in error.object[error.start : error.end]), error.end


codecs.register_error(REPLACE, _replace)
codecs.register_error(KEEP, _keep)


def handler(errors: str) -> str:
    """The name of codecs' error handler for a value of --errors."""
    return REPLACE if errors == "replace" else STRICT


def replaced_places() -> int:
    """How many places were no text, replaced by U+FFFD or kept, since this was last asked."""
    count, _replaced[0] = _replaced[0], 0
    return count


def places_text(number: int, encoding: str) -> str:
    """How many places were no text, as the beginning of a sentence."""
    return f"1 place that is not {encoding} was" if number == 1 else f"{number:,} places that are not {encoding} were"


def whole(file: str, encoding: str, errors: str = STRICT) -> str:
    """The text of a file, `-` for standard input; a leading byte-order mark is dropped. Raises InputError.

    errors: STRICT, or REPLACE, so that bytes that are no text in this encoding become U+FFFD.
    """
    data = b"".join(blocks(file))
    check_utf8(file, encoding, data)
    try:
        return data.decode(encoding, errors).removeprefix(BOM)
    except UnicodeError as error:
        raise not_text(file, getattr(error, "start", 0), encoding, data) from error


def start(file: str, encoding: str, limit: int) -> str:
    """The first `limit` characters of a file, or all; no more is read than is needed. Raises InputError."""
    decoder = codecs.getincrementaldecoder(encoding)()
    text, offset = "", 0
    for block in _with_end(blocks(file)):
        pending = len(decoder.getstate()[0])
        try:
            text += decoder.decode(block, final=not block)
        except UnicodeError as error:
            place = offset - pending + getattr(error, "start", 0)
            raise not_text(file, place, encoding, b"" if offset else block) from error
        offset += len(block)
        if len(text) > limit:
            break
    return text.removeprefix(BOM)[:limit]


def lines(file: str, encoding: str, errors: str = STRICT) -> Iterator[str]:
    """The lines of a file without their ends (LF or CRLF), each as soon as it has arrived. Raises InputError.

    errors: as of `whole`. With STRICT, bytes that are not text end the file there, after all lines before them.
    """
    decoder: codecs.IncrementalDecoder | None = None
    parts: list[str] = []  # of a line that has not ended yet
    is_start, offset, first = True, 0, b""
    for block in _with_end(blocks(file)):
        if decoder is None:
            check_utf8(file, encoding, block)
            decoder, first = codecs.getincrementaldecoder(_with_byte_order(encoding, block))(errors), block
        state = decoder.getstate()
        bad_byte: int | None = None
        try:
            text = decoder.decode(block, final=not block)
        except UnicodeError as error:
            place = getattr(error, "start", 0)
            bad_byte = offset - len(state[0]) + place
            decoder.setstate(state)
            text = decoder.decode(block[: max(0, place - len(state[0]))])
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
            raise not_text(file, bad_byte, encoding, first)
    if last := "".join(parts):
        yield last


def _with_byte_order(encoding: str, block: bytes) -> str:
    """UTF-16 and UTF-32 without a byte-order mark have this machine's order, as when they are decoded whole."""
    name = codecs.lookup(encoding).name
    marks = (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE, codecs.BOM_UTF32_BE)  # UTF-32's other one begins like UTF-16's
    if name in ("utf-16", "utf-32") and not block.startswith(marks):
        return f"{name}-{'le' if sys.byteorder == 'little' else 'be'}"
    return encoding


def _with_end(arriving: Iterator[bytes]) -> Iterator[bytes]:
    yield from arriving
    yield b""  # tells the decoder that no more will come


def check_utf8(file: str, encoding: str, data: bytes) -> None:
    """Refuse what is UTF-16 or UTF-32, and would be read as UTF-8, NULs and all. Raises InputError."""
    if codecs.lookup(encoding).name in ("utf-8", "utf-8-sig") and (other := _wide_encoding(data)):
        raise InputError(f"{name_of(file)}: this is {other}, not {encoding}", f"give --encoding {other}")


def _wide_encoding(data: bytes) -> str | None:
    """UTF-32 or UTF-16 where data begin with its mark; UTF-16 where they have NULs in most second bytes alone."""
    if data.startswith((codecs.BOM_UTF32_LE, codecs.BOM_UTF32_BE)):
        return "utf-32"
    if data.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        return "utf-16"
    sample = data[: _SAMPLE - _SAMPLE % 2]
    if len(sample) < 8:
        return None
    nulls = sample[::2].count(0), sample[1::2].count(0)
    half = len(sample) // 2
    for name, many, few in (("utf-16-le", nulls[1], nulls[0]), ("utf-16-be", nulls[0], nulls[1])):
        if many > 0.7 * half and few < 0.05 * half:
            return name
    return None


def not_text(file: str, offset: int, encoding: str, head: bytes) -> InputError:
    """The error for a file, which begins with `head`, whose byte at `offset` is no text in an encoding."""
    from escore_labels.detect import binary_format

    if binary := binary_format(head[:16]):
        return InputError(f"{name_of(file)}: {binary[0]}", "give a file of text")
    advice = "name the right one with --encoding, or give --errors replace"
    return InputError(f"{name_of(file)}: byte {offset}: not {encoding}", advice)
