"""Inputs that are written back byte for byte: texts that know their encoding, with byte-order marks and line ends."""

import codecs
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from escore.errors import OutputError
from escore_cli.input_bytes import InputError, blocks, name_of
from escore_cli.inputs import BOM, KEEP, KEPT_BYTES, STRICT, check_utf8, not_text

_SPLITTABLE = ("utf-8", "ascii", "iso8859-1", "utf-16-le", "utf-16-be", "utf-32-le", "utf-32-be")
_KEPT = re.compile("([\udc00-\udcff]+)")
_MARKS = (
    (codecs.BOM_UTF32_LE, "utf-32-le"),
    (codecs.BOM_UTF32_BE, "utf-32-be"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)


@dataclass(frozen=True, slots=True)
class ExactText:
    """A text, and what stands around it: `mark + text + end` encoded by `encode` are the bytes that were read.

    mark: a byte-order mark, or "".
    end: the end of the line, where the text is one.
    keeps_errors: whether lone surrogates stand for bytes that were no text.
    """

    mark: str
    text: str
    end: str
    codec: str
    keeps_errors: bool

    def encode(self, text: str) -> bytes:
        """The bytes of another text in its place. Raises OutputError for a character that the encoding lacks."""
        try:
            return _encode(f"{self.mark}{text}{self.end}", self.codec, self.keeps_errors)
        except UnicodeEncodeError as error:
            char = error.object[error.start]
            if "\udc00" <= char <= "\udcff":
                advice = "give --errors replace, as when it was masked"
                raise OutputError("a name has bytes that are no text, which cannot be written", advice) from error
            advice = f"convert the text first: iconv -f {self.codec} -t utf-8"
            raise OutputError(f"{char!r} cannot be written in {self.codec}", advice) from error


def _encode(text: str, codec: str, keeps_errors: bool) -> bytes:
    """A text as bytes, those that were no text as they were."""
    if not keeps_errors:
        return text.encode(codec)
    parts = _KEPT.split(text)  # every second one is of kept bytes
    return b"".join(
        bytes(ord(char) - KEPT_BYTES for char in part) if number % 2 else part.encode(codec)
        for number, part in enumerate(parts)
    )


def exact_texts(file: str, encoding: str, keep_errors: bool, by_line: bool) -> Iterator[ExactText]:
    """The text of a file, `-` for standard input, or its lines, each as soon as it has arrived.

    keep_errors: bytes that are no text become lone surrogates, which `encode` turns back, and are counted as places by
        `inputs.replaced_places`.

    Raises InputError for what is not text in this encoding, and for encodings that do not give the same bytes again.
    """
    errors = KEEP if keep_errors else STRICT
    source = blocks(file)
    head = next(source, b"")
    check_utf8(file, encoding, head)
    codec = _codec(encoding, head)
    if by_line and codec in _SPLITTABLE:
        yield from _lines(file, codec, keep_errors, head, source)
        return
    data = b"".join([head, *source])
    try:
        text = data.decode(codec, errors)
        is_exact = _encode(text, codec, keep_errors) == data
    except UnicodeError as error:
        if keep_errors:
            is_exact = False
        else:
            raise not_text(file, getattr(error, "start", 0), encoding, data) from error
    if not is_exact:
        problem = f"{name_of(file)}: its {encoding} cannot be written back byte for byte"
        raise InputError(problem, f"convert it first: iconv -f {encoding} -t utf-8")
    for line in _split(text) if by_line else [text]:
        yield _exact(line, codec, keep_errors, by_line)


def _codec(encoding: str, head: bytes) -> str:
    """The codec that keeps a byte-order mark as a character."""
    name = codecs.lookup(encoding).name
    if name == "utf-8-sig":
        return "utf-8"
    if name in ("utf-16", "utf-32"):
        for mark, codec in _MARKS:
            if codec.startswith(name) and head.startswith(mark):
                return codec
        return f"{name}-le"
    return name


def _lines(file: str, codec: str, keep_errors: bool, head: bytes, source: Iterator[bytes]) -> Iterator[ExactText]:
    decoder = codecs.getincrementaldecoder(codec)(KEEP if keep_errors else STRICT)
    rest, offset = "", 0
    for block in _with_end(head, source):
        state = decoder.getstate()
        problem: UnicodeError | None = None
        try:
            rest += decoder.decode(block, final=not block)
        except UnicodeError as error:
            problem, start = error, max(0, getattr(error, "start", 0) - len(state[0]))
            decoder.setstate(state)
            rest += decoder.decode(block[:start])
            offset += start - len(block)
        offset += len(block)
        *complete, rest = _split(rest) or [""]
        if rest.endswith("\n"):
            complete, rest = [*complete, rest], ""
        for line in complete:
            yield _exact(line, codec, keep_errors, True)
        if problem is not None:
            raise not_text(file, offset, codec, head) from problem
    if rest:
        yield _exact(rest, codec, keep_errors, True)


def _with_end(head: bytes, source: Iterator[bytes]) -> Iterator[bytes]:
    yield head
    yield from source
    yield b""


def _split(text: str) -> list[str]:
    """The lines of a text with their ends, LF or CRLF."""
    parts = text.split("\n")
    lines = [f"{part}\n" for part in parts[:-1]]
    return [*lines, parts[-1]] if parts[-1] else lines


def _exact(text: str, codec: str, keep_errors: bool, is_line: bool) -> ExactText:
    mark = BOM if text.startswith(BOM) else ""
    text = text[len(mark) :]
    end = ""
    if is_line and text.endswith("\n"):
        end = "\r\n" if text.endswith("\r\n") else "\n"
        text = text[: -len(end)]
    return ExactText(mark, text, end, codec, keep_errors)


def read_key(file: Path) -> bytes:
    """The bytes of a file of a key. Raises InputError."""
    try:
        return file.read_bytes()
    except OSError as error:
        advice = f"give a file with a key: head -c 32 /dev/urandom > {file}"
        raise InputError(f"{file}: {error.strerror}", advice) from error
