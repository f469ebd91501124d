"""A scored document for a terminal: the text itself, its words set off by color or by their marks."""

from collections.abc import Iterator

from escore import Document, Mark

# 256-color backgrounds with black letters, from pale to strong; one a mark, the first for a word below all marks.
_COLORS = ("\x1b[4m", "\x1b[30;48;5;194m", "\x1b[30;48;5;222m", "\x1b[30;48;5;209m")
_RESET = "\x1b[0m"


def legend(marks: tuple[Mark, ...], minimum: float, color: bool) -> str:
    """A line that says what colors or signs mean, of a minimum score on."""
    signs = [
        f"{_COLORS[min(level, len(_COLORS) - 1)]}from {mark.minimum:g}{_RESET}"
        if color
        else f"{mark.symbol} from {mark.minimum:g}"
        for level, mark in enumerate(marks, 1)
    ]
    lowest = f"{_COLORS[0]}lower{_RESET}" if color else "· lower"
    signs = [lowest, *signs] if not marks or minimum < marks[0].minimum else signs
    return f"Scores from {minimum:g} of 300: {', '.join(signs)}"


def marked_text(document: Document, minimum: float, entities: bool, color: bool) -> Iterator[str]:
    """The text with its words (or entities) from `minimum` on in color, or followed by their marks.

    Whatever could control the terminal is made visible.
    """
    symbols = ["", *(mark.symbol for mark in document.marks)]
    spans = (
        [(entity.start, entity.end, document.mark(entity.score)) for entity in document.entities(minimum)]
        if entities
        else [(word.start, word.end, word.mark) for word in document.words_above(minimum)]
    )
    position = 0
    for start, end, mark in spans:
        yield visible(document.text[position:start])
        span = visible(document.text[start:end])
        level = min(symbols.index(mark), len(_COLORS) - 1)
        yield f"{_COLORS[level]}{span}{_RESET}" if color else span + (mark or "·")
        position = end
    tail = visible(document.text[position:])
    yield tail if tail.endswith("\n") else tail + "\n"


def visible(text: str) -> str:
    """Control and direction characters as pictures or code points; line feeds and tabs stay."""
    if text.isprintable():
        return text
    return "".join(map(_visible, text.replace("\r\n", "\n")))


def _visible(char: str) -> str:
    code = ord(char)
    if char in "\n\t" or char.isprintable() or (char.isspace() and code > 0x9F):
        return char
    if code < 0x20:
        return chr(0x2400 + code)  # the block of control pictures
    if code == 0x7F:
        return "\u2421"
    if code in (0x200C, 0x200D):  # joiners: they shape letters and emoji
        return char
    return f"<U+{code:04X}>"
