"""Guess the spaces between tokens: corpora in columns keep the tokens, but not the text between them."""

import re
from collections.abc import Sequence

# The Penn Treebank's escapes (Bies et al. 1995, section 2.4), and what the author had typed.
_UNESCAPED = {
    "``": '"',
    "''": '"',
    "'\"'": '"',
    "-LRB-": "(",
    "-RRB-": ")",
    "-LSB-": "[",
    "-RSB-": "]",
    "-LCB-": "{",
    "-RCB-": "}",
}
_CLOSES = re.compile(r"[.,;:!?%)\]}’”»…]+|n['’]t|['’](?:s|re|ve|m|ll|d)", re.IGNORECASE)
_OPENS = re.compile(r"[(\[{$£€#@“‘«]+")
_AFTER_APOSTROPHE = re.compile(r"s|t|re|ve|m|ll|d", re.IGNORECASE)


def unescape(token: str) -> str:
    """Penn Treebank quotes and brackets as plain characters; every other token as it is."""
    return _UNESCAPED.get(token, token)


def spaces_after(tokens: Sequence[str]) -> list[bool]:
    """Whether a space follows each token ([tokens]): not before closing punctuation and clitics, nor after an opening.

    Straight double quotes open and close in turn; an apostrophe and the clitic after it are joined to the word before.
    """
    spaces = [True] * len(tokens)
    quoted = False
    for i, token in enumerate(tokens):
        next_token = tokens[i + 1] if i + 1 < len(tokens) else ""
        if token == '"':
            quoted = not quoted
            if quoted:
                spaces[i] = False
            elif i:
                spaces[i - 1] = False
        if token in ("'", "’") and _AFTER_APOSTROPHE.fullmatch(next_token):
            spaces[i] = False
            if i:
                spaces[i - 1] = False
        if _OPENS.fullmatch(token):
            spaces[i] = False
        if i and _CLOSES.fullmatch(token):
            spaces[i - 1] = False
    return spaces
