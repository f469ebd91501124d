"""Offsets in UTF-16 code units, as JavaScript counts: a character beyond U+FFFF counts two."""


def to_utf16(text: str, offset: int) -> int:
    """A code point offset in UTF-16 code units."""
    return offset + sum(char > "\uffff" for char in text[:offset])


def from_utf16(text: str, offset: int) -> int:
    """An offset in UTF-16 code units as a code point offset; what lies beyond the end stays beyond it.

    An offset between the two halves of a character counts as after it.
    """
    if offset < 0 or text.isascii() or max(text) <= "\uffff":
        return offset
    for position, char in enumerate(text):
        if offset <= 0:
            return position
        offset -= 1 + (char > "\uffff")
    return len(text) + max(0, offset)
