"""What is written as programs write their own names: no entity begins or ends with it. static/identifiers.js is a copy.

For logs, code and settings, and such that names in prose and posts pass: most of it looks at lower case alone.
"""

import re

_BEFORE_MOST, _BEHIND_MOST = ' \n"“', " \n,.'’"  # words; "" is in both, too
_BEFORE = ("$(", "${")
_AFTER = re.compile(r"::\w|\(\)|=\S")
_SNAKE_CASE = re.compile(r"[^\W_]_+[^\W_]")
_LONGEST_LINK = 3  # letters of the "of" in "Statue_of_Liberty"


def touches_no_sign(text: str, start: int, end: int) -> bool:
    """Whether `text[start:end]` cannot begin or end with an identifier; so for nearly all names in prose."""
    return (
        text[start - 1 : start] in _BEFORE_MOST and text[end : end + 1] in _BEHIND_MOST and "_" not in text[start:end]
    )


def begins_identifier(text: str, start: int, end: int) -> bool:
    """Whether the word `text[start:end]`, by itself or by the signs before it, is a part of an identifier.

    In any case: $(BINDIR), ${HOME}, std::move, max_size (not Statue_of_Liberty).
    In lower case: $home, server.log, -verbose, /usr/bin/gcc.
    """
    before = text[start - 1 : start]
    if text.endswith(_BEFORE, 0, start) or (text.endswith("::", 0, start) and text[start - 3 : start - 2].isalnum()):
        return True
    if _is_lower(text[start:end]):
        if before == "$" or (before == "." and text[start - 2 : start - 1].isalnum()):
            return True
        if before == "-":  # an option, neither a word with a hyphen nor behind a dash
            sign = start - 2 if text[start - 2 : start - 1] == "-" else start - 1
            return sign <= 0 or text[sign - 1].isspace()
        if before == "/" and _is_in_path(text, start, end):
            return True
    return _is_snake_case(text[start:end])


def ends_identifier(text: str, start: int, end: int) -> bool:
    """Whether the word `text[start:end]`, by itself or by the signs behind it, is a part of an identifier.

    In any case: std::move, open(), retries=3, max_size.
    In lower case: exit(1), gcc:amd64, /usr/bin/gcc.
    """
    if _AFTER.match(text, end):
        return True
    after = text[end : end + 1]
    if _is_lower(text[start:end]) and (
        after == "("
        or (after == ":" and text[end + 1 : end + 2].isalpha())
        or (after == "/" and _is_in_path(text, start, end))
    ):
        return True
    return _is_snake_case(text[start:end])


def _is_lower(word: str) -> bool:
    return word == word.lower() != word.upper()


def _is_snake_case(word: str) -> bool:
    """Whether it has underscores inside, and is not a title that is written with them."""
    if "_" not in word or _SNAKE_CASE.search(word) is None:
        return False
    first, *others = filter(None, word.split("_"))
    return not (_is_capitalized(first) and all(map(_may_follow, others)))


def _is_capitalized(part: str) -> bool:
    return part[0] != part[0].lower() and part[1:] == part[1:].lower()


def _may_follow(part: str) -> bool:
    return _is_capitalized(part) or part.isdecimal() or (len(part) <= _LONGEST_LINK and part == part.lower())


def _is_in_path(text: str, start: int, end: int) -> bool:
    """Whether two slashes at least are in what white space ends on both sides; one may stand for "or"."""
    while start > 0 and not text[start - 1].isspace():
        start -= 1
    while end < len(text) and not text[end].isspace():
        end += 1
    return text.count("/", start, end) > 1
