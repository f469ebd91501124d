"""When two strings are the same but for case and composition."""

from unicodedata import normalize


def fold(text: str) -> str:
    """The same string for texts that differ in case or in composed accents alone.

    Canonical caseless matching: Unicode 16, section 3.13.5, D145.
    """
    return text.lower() if text.isascii() else normalize("NFC", normalize("NFD", text).casefold())


def name_key(name: str) -> str:
    """The same string for spellings of a name that differ in case, composed accents or white space alone."""
    return " ".join(fold(name).split())
