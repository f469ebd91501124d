"""Offsets in UTF-16 code units, as JavaScript counts: a character beyond U+FFFF counts two."""

from bisect import bisect_left
from collections.abc import Sequence
from itertools import accumulate


def utf16_offsets(text: str) -> Sequence[int]:
    """The offset in code units of each code point, and of the text's end ([characters + 1])."""
    if text.isascii() or max(text) <= "\uffff":
        return range(len(text) + 1)
    return list(accumulate((1 + (char > "\uffff") for char in text), initial=0))


def from_utf16(offsets: Sequence[int], offset: int) -> int:
    """An offset in code units as a code point offset; what lies outside of the text stays outside.

    An offset between the two halves of a character counts as after it.
    """
    if not 0 <= offset <= offsets[-1]:
        return offset
    return bisect_left(offsets, offset)
