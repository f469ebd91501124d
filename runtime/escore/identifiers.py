"""What is written as programs write their own names: no entity begins or ends with it. static/identifiers.js is a copy.

For logs, code and settings, and only such that names in mail, posts and prose pass, also where these are careless.
"""

import re

_BEFORE_MOST, _BEHIND_MOST = ' \n"“', " \n,.'’"  # words; "" is in both, too
_VARIABLE = ("$(", "${")
_AFTER = re.compile(r"::\w|\(\)")
_ARCHITECTURE = re.compile(r":[a-z]{1,9}\d")
_LONGEST_EXTENSION = 4
_PATH = re.compile(r"[^\w/~.]*(?:/|~/|\.\.?/|\w+://)")


def touches_no_sign(text: str, start: int, end: int) -> bool:
    """Whether `text[start:end]` cannot begin or end with an identifier; so for nearly all names in prose."""
    return (
        text[start - 1 : start] in _BEFORE_MOST and text[end : end + 1] in _BEHIND_MOST and "_" not in text[start:end]
    )


def begins_identifier(text: str, start: int, end: int) -> bool:
    """Whether the word `text[start:end]`, by itself or by the signs before it, is a part of an identifier.

    In any case: $(BINDIR), ${HOME}, std::move. In lower case only: max_size, $home, server.log, /usr/bin/gcc.
    """
    if text.endswith(_VARIABLE, 0, start) or (text.endswith("::", 0, start) and text[start - 3 : start - 2].isalnum()):
        return True
    word, before = text[start:end], text[start - 1 : start]
    if not _is_lower(word):
        return False
    if before == "." and len(word) <= _LONGEST_EXTENSION:
        return text[start - 2 : start - 1].isalnum() and not text[end : end + 1].isalpha()
    return before == "$" or _is_snake_case(text, start, end) or (before == "/" and _is_in_path(text, start, end))


def ends_identifier(text: str, start: int, end: int) -> bool:
    """Whether the word `text[start:end]`, by itself or by the signs behind it, is a part of an identifier.

    In any case: std::move, open(). In lower case only: max_size, gcc:amd64, /usr/bin/gcc.
    """
    if _AFTER.match(text, end):
        return True
    if not _is_lower(text[start:end]):
        return False
    if _ARCHITECTURE.match(text, end) or _is_snake_case(text, start, end):
        return True
    return text[end : end + 1] == "/" and _is_in_path(text, start, end)


def _is_lower(word: str) -> bool:
    return word == word.lower() != word.upper()


def _is_snake_case(text: str, start: int, end: int) -> bool:
    """Whether a word has underscores inside, and is no handle or hashtag."""
    return "_" in text[start:end].strip("_") and text[start - 1 : start] not in ("@", "#")


def _is_in_path(text: str, start: int, end: int) -> bool:
    """Whether what white space ends on both sides begins as a path or a link does, and has two slashes at least."""
    while start > 0 and not text[start - 1].isspace():
        start -= 1
    while end < len(text) and not text[end].isspace():
        end += 1
    return text.count("/", start, end) > 1 and _PATH.match(text, start, end) is not None
