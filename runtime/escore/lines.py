"""Where an entity may go on: in one line, in one column, and over a line end of hard-wrapped prose."""

import re

_COLUMNS = re.compile("\t|[ \xa0]{3}")  # between the columns of a table
_ENDS = re.compile("[\n\x0b\x0c\r\x85\u2028\u2029]")
_LINE_END = re.compile("[ \xa0]*\r?\n[ \xa0]*")
_SENTENCE_END = re.compile(r"""[.!?:;…]["'”’»)\]]*$""")
_ABBREVIATION = re.compile("(?:^|[ (])(?:[A-Z]|Capt|Col|Dr|Ft|Gen|Gov|Lt|Mr|Mrs|Ms|Mt|Prof|Rep|Rev|Sen|Sgt|St)[.]$")
_MIN_LINE = 40  # characters: lists of names have shorter lines, and so have most headings


def is_apart(text: str, end: int, start: int) -> bool:
    """Whether what lies between two words, from the `end` of one to the `start` of the next, ends every entity."""
    gap = text[end:start]
    if gap in ("", " "):  # nearly always
        return False
    if not _ENDS.search(gap):
        return _COLUMNS.search(gap) is not None
    return _LINE_END.fullmatch(gap) is None or not _is_wrapped(text, text.index("\n", end))


def _is_wrapped(text: str, end: int) -> bool:
    r"""Whether the "\n" at `end` only breaks a line of prose, which goes on in the next.

    Such a line is long, ends no sentence, and has more words in lower case than with a capital; and the next line's
    first word would not have fit: it would have made the line longer than its neighbors.
    """
    begin = text.rfind("\n", 0, end) + 1
    following = text.find("\n", end + 1)
    line, after = text[begin:end].rstrip("\r "), text[end + 1 : len(text) if following < 0 else following].rstrip("\r ")
    if len(line) < _MIN_LINE or _indent(after) > _indent(line):
        return False
    if _SENTENCE_END.search(line) and not _ABBREVIATION.search(line):
        return False
    if _COLUMNS.search(line.strip("\t ")) or _COLUMNS.search(after.strip("\t ")):
        return False
    before = text[text.rfind("\n", 0, max(begin - 1, 0)) + 1 : max(begin - 1, 0)].rstrip("\r ")
    first = after.strip(" ").split(" ", 1)[0]
    if len(line) + 1 + len(first) <= max(len(before), len(after)):
        return False
    words = line.split(" ")
    return sum(word[:1].islower() for word in words) > sum(word[:1].isupper() for word in words)


def _indent(line: str) -> int:
    return len(line) - len(line.lstrip(" "))
