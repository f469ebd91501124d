"""Text that is safe to show on one line, or in a cell of a table."""

FORMULA_SIGNS = ("=", "+", "-", "@", "\t", "\r", "\N{FULLWIDTH EQUALS SIGN}", "\N{FULLWIDTH PLUS SIGN}",
                 "\N{FULLWIDTH HYPHEN-MINUS}", "\N{FULLWIDTH COMMERCIAL AT}")  # fmt: skip


def printable(text: str) -> str:
    """`text` with line breaks, control characters and other unprintable ones as escapes."""
    return "".join(char if char.isprintable() else ascii(char)[1:-1] for char in text)


def is_printable_line(text: str) -> bool:
    """Whether `text` is one printable line that is not blank, as names, versions and licenses must be."""
    return bool(text.strip()) and text.isprintable()


def protect_cell(value: object) -> object:
    """A cell that no spreadsheet takes for a formula: an apostrophe goes before the signs with which one begins."""
    return f"'{value}" if isinstance(value, str) and value.startswith(FORMULA_SIGNS) else value
