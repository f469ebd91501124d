"""Give tokens that lost their spacing a likely one back: corpora in columns keep words, not the text between them."""

import re
from collections.abc import Sequence

# The Penn Treebank's escapes (Bies et al. 1995, section 2.4) and what a writer would have typed.
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
    """Whether a space follows each token: none before closing punctuation and clitics, none after an opening bracket.

    Straight double quotes open and close in turn; an apostrophe token joins the clitic that stands behind it.
    """
    spaces = [True] * len(tokens)
    quoted = False
    for i, token in enumerate(tokens):
        following = tokens[i + 1] if i + 1 < len(tokens) else ""
        if token == '"':
            quoted = not quoted
            if quoted:
                spaces[i] = False
            elif i:
                spaces[i - 1] = False
        if token in ("'", "’") and _AFTER_APOSTROPHE.fullmatch(following):
            spaces[i] = False
            if i:
                spaces[i - 1] = False
        if _OPENS.fullmatch(token):
            spaces[i] = False
        if i and _CLOSES.fullmatch(token):
            spaces[i - 1] = False
    return spaces
