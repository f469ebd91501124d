"""A document in a notebook: the text, its words from the default minimum on in color, each with its score on hover."""

from collections.abc import Iterator
from html import escape

from escore.document import Document, Word

SHOWN = 20_000  # characters; a notebook keeps its output in its file
_COLORS = ("#e8e8e8", "#d7f5d3", "#ffdf87", "#ffaf5f")  # below all marks, then one a mark, as on a terminal


def to_html(document: Document) -> str:
    """HTML with its own colors; every character of the text is escaped, or written as a code point if unprintable."""
    legend = ", ".join(
        f'<span style="{_style(level)}">{escape(mark.symbol)} from {mark.minimum:g}</span>'
        for level, mark in enumerate(document.marks, 1)
    )
    text = "".join(_parts(document))
    hidden = len(document.text) - SHOWN
    more = f"<div>… and {hidden:,} more characters</div>" if hidden > 0 else ""
    return (
        f'<div style="white-space: pre-wrap; overflow-wrap: anywhere; line-height: 1.6">{text}</div>{more}'
        f"<div><small>{len(document.scores):,} words; {legend}</small></div>"
    )


def _parts(document: Document) -> Iterator[str]:
    position = 0
    symbols = ["", *(mark.symbol for mark in document.marks)]
    above = document.above()
    for word in document.take(above[document.ends[above] <= SHOWN]):
        yield _shown(document.text[position : word.start])
        level = symbols.index(word.mark)
        yield f'<span style="{_style(level)}" title="{_title(word)}">{_shown(word.text)}</span>'
        position = word.end
    yield _shown(document.text[position:SHOWN])


def _title(word: Word) -> str:
    probability = "" if word.probability is None else f", probability {word.probability:.2f}"
    return f"score {word.score:.1f}{probability}"


def _style(level: int) -> str:
    return f"background: {_COLORS[min(level, len(_COLORS) - 1)]}; color: #000; border-radius: 3px; padding: 0 2px"


def _shown(text: str) -> str:
    """`text` with what is invisible or changes the direction as code points; line breaks and blanks stay."""
    if not text.isprintable():
        text = "".join(map(_visible, text))
    return escape(text)


def _visible(char: str) -> str:
    is_blank = char in "\t\n\r" or (char > "\x9f" and char.isspace())
    return char if is_blank or char.isprintable() else f"<U+{ord(char):04X}>"
