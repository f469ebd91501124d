"""Text that is safe to show on one line."""


def printable(text: str) -> str:
    """`text` with line breaks, control characters and other unprintable ones as escapes."""
    return "".join(char if char.isprintable() else ascii(char)[1:-1] for char in text)


def is_printable_line(text: str) -> bool:
    """Whether `text` is one printable line that is not blank, as names, versions and licenses must be."""
    return bool(text.strip()) and text.isprintable()
