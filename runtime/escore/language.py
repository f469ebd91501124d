"""A plain rule that tells a text that is not English: most of its letters are not Latin; language.js has it too."""

import re

NOTICE = "most letters are not Latin; the model reads English, and its scores of other languages mean little"
_SAMPLE = 10_000  # characters from the text's start
_LETTERS = 20  # fewer tell nothing
# Blocks of Latin letters, and their full-width, letterlike and mathematical forms.
_LATIN = re.compile(
    "[A-Za-z\u00aa\u00ba\u00c0-\u024f\u1e00-\u1eff\u2100-\u214f\u2c60-\u2c7f\ua722-\ua7ff\ufb00-\ufb06"
    "\uff21-\uff5a\U0001d400-\U0001d7ff]"
)


def is_mostly_latin(text: str) -> bool:
    """Whether at least half of the letters at a text's start are Latin; so of a text with few letters."""
    if text.isascii():
        return True
    sample = text[:_SAMPLE]
    letters = sum(map(str.isalpha, sample))
    return letters < _LETTERS or 2 * len(_LATIN.findall(sample)) >= letters
