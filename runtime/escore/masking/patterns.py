"""Plain rules for what has a form of its own: e-mail addresses, URLs, telephone numbers.

Each pattern begins where no character of its own stands before, and its repetitions are bounded, so that time grows
with the length of the text alone.
"""

import re
from collections.abc import Iterator
from typing import Literal, get_args

Pattern = Literal["email", "url", "phone"]
PATTERNS: tuple[Pattern, ...] = get_args(Pattern)

_EMAIL = re.compile(r"(?<![\w.+%'’-])[\w.+%'’-]{1,64}@[\w-]{1,63}(?:\.[\w-]{1,63}){1,8}")
_URL = re.compile(r"(?<!\w)(?:(?:https?|ftp)://|www\.)[^\s<>\"“”«»]{1,2000}", re.IGNORECASE)
_URL_TAIL = re.compile(r"[.,;:!?'’*_~]+$")
# A run of groups of digits, as long as it goes. Commas and colons belong to it, since numbers with them are no
# telephone numbers; a group with a letter behind does not.
_RUN = re.compile(r"(?<!\w)(?:\+|\(\+?)?\d++(?!\w)(?:(?:[ \xa0.()/-]{1,2}|[,:])\d++(?!\w))*+")
_NO_START = re.compile(r".*(?:[.,/+-]|\d:)")
# Dates with or without a time, and times, are no part of a run.
_MOMENT = re.compile(
    r"(?<![\w.,:/+-])(?:(?:\d{4}([-/.])\d{1,2}\1\d{1,2}|\d{1,2}([-/.])\d{1,2}\2\d{4})"
    r"(?:[ T]\d{1,2}:\d{2}(?::\d{2})?(?:[.,]\d{1,9})?)?|\d{1,2}:\d{2}(?::\d{2})?(?:[.,]\d{1,9})?)(?!\d|[.,:/-]\d)"
)
_NO_PHONE = re.compile(r"\d{1,3}(?:\.\d{1,3}){3}|\d+\.\d+|.*[,:].*")  # IP addresses, decimals, numbers with commas


def pattern_spans(text: str, patterns: tuple[Pattern, ...]) -> list[tuple[int, int, Pattern]]:
    """Start, end and name of all that matches, in order and without overlaps: of two that do, the first counts."""
    finders = {"email": _emails, "url": _urls, "phone": _phones}
    spans = sorted(
        ((start, end, name) for name in patterns for start, end in finders[name](text)),
        key=lambda span: (span[0], -span[1]),
    )
    result: list[tuple[int, int, Pattern]] = []
    for start, end, name in spans:
        if not result or start >= result[-1][1]:
            result.append((start, end, name))
    return result


def _emails(text: str) -> Iterator[tuple[int, int]]:
    for match in _EMAIL.finditer(text):
        yield match.start(), match.end()


def _urls(text: str) -> Iterator[tuple[int, int]]:
    """URLs without the punctuation of the sentence around: a bracket at the end belongs to one that was opened."""
    for match in _URL.finditer(text):
        url = match[0]
        while True:
            shorter = _URL_TAIL.sub("", url)
            if shorter[-1:] in ")]}" and shorter.count(shorter[-1]) > shorter.count("([{"[")]}".index(shorter[-1])]):
                shorter = shorter[:-1]
            if shorter == url:
                break
            url = shorter
        yield match.start(), match.start() + len(url)


def _phones(text: str) -> Iterator[tuple[int, int]]:
    """Whole runs of seven to fifteen digits (ITU-T E.164) in groups, or behind + or 0; a long number alone is none."""
    text = _MOMENT.sub(lambda match: "x" * len(match[0]), text)
    for match in _RUN.finditer(text):
        number, start = match[0], match.start()
        is_grouped = not number.isdigit()
        if (
            7 <= sum(map(str.isdecimal, number)) <= 15
            and (is_grouped or number.startswith("0"))
            and not _NO_START.fullmatch(text[max(0, start - 2) : start])
            and not _NO_PHONE.fullmatch(number)
        ):
            yield start, match.end()
