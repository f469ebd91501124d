"""The rule that joins words into entities, as docs/background/joining.md explains; static/entities.js is its copy."""

import re
from bisect import bisect_left
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from escore.identifiers import begins_identifier, ends_identifier, touches_no_sign
from escore.lines import is_apart
from escore.scale import EDGES

JOIN_MINIMUM = 0.5  # the probability from which on a word goes on with the entity of the word before it
_BLANK = re.compile("&(?:nbsp|#160);(?:&(?:nbsp|#160);)*")  # "&" first, which is found quickly
# What stands behind a comma in names: legal forms of companies, degrees, what tells fathers from sons, and the District
# of Columbia. No other is also a state, since "Stanford, CA" is two names in the corpora.
_SUFFIX = re.compile(
    r",[ \xa0\n]?((?:Ltd|LTD|Incorporated|Inc|INC|Corp|CORP|Co|Jr|JR|Sr|SR|Esq|Ph\.D)(?:\.(?!\.))?|"
    r"Limited|LLC|LLP|LP|PLC|Plc|plc|GmbH|AG|BV|SpA|III|II|DC|"
    r"(?:S\.p\.A|S\.A|S\.L|N\.V|B\.V|L\.L\.C|L\.L\.P|L\.P|P\.C|N\.A|M\.D|D\.C)\.)"
)
# No name ends with these in lower case.
_INNER = frozenset(("a", "an", "and", "at", "by", "for", "from", "in", "of", "on", "or", "the", "to", "with"))
_BRACKETS = {")": "(", "]": "[", "}": "{"}


@dataclass(frozen=True, slots=True)
class Rule:
    """What the rule depends on, as measured; other values serve to measure it again.

    share: a function word joins the words around it from this share (0..1) of the minimum on.
    letters: the most letters of a function word.
    signs: whether a sign counts as a function word.
    acronyms: whether a function word may be in capitals beside a word that is not ("Google CEO Ann").
    starters: characters that begin another entity where white space stands before them.
    bare: whether what has neither letter nor digit is an entity.
    trim: whether signs at the ends are left out.
    split: where a model says where entities go on, a word of a lower probability begins anew, whatever else is known.
    bridge: the probability from which on words go on whatever stands between.
    ends: the share of the minimum from which on such words belong to an entity that reaches it.
    common: between words that all score less, joins say nothing, since they are about entities.
    identifiers: whether an entity may begin or end with what is written as programs write their own names.
    """

    share: float = 0.5
    letters: int = 3
    signs: bool = False
    acronyms: bool = False
    starters: str = "@#"
    bare: bool = False
    trim: bool = True
    split: float = 0.1
    bridge: float = JOIN_MINIMUM
    ends: float = 0.5
    common: float = EDGES[1]
    identifiers: bool = False


RULE = Rule()


@dataclass(frozen=True, slots=True, eq=False)
class Words:
    """The words of a text, or of a part of it, and what the model says of them.

    starts, ends: where each word starts and ends in `text`, in code points (int32, [words]).
    scores: float32, [words], 0..300.
    joins: the probability that a word goes on with the entity of the word before it (float32, [words], 0..1); None
        where the model does not say.
    """

    text: str
    starts: NDArray[np.int32]
    ends: NDArray[np.int32]
    scores: NDArray[np.float32]
    joins: NDArray[np.float32] | None = None

    def part(self, words: slice) -> "Words":
        """A range of the words."""
        joins = None if self.joins is None else self.joins[words]
        return Words(self.text, self.starts[words], self.ends[words], self.scores[words], joins)


@dataclass(frozen=True, slots=True, eq=False)
class _Places:
    """Where each word starts and ends in a text, as lists: one by one, these are quicker than arrays."""

    text: str
    starts: list[int]
    ends: list[int]

    def word(self, i: int) -> str:
        return self.text[self.starts[i] : self.ends[i]]

    def span(self, first: int, last: int) -> str:
        return self.text[self.starts[first] : self.ends[last]]

    def starting(self, position: int) -> int | None:
        """The word that starts at a character."""
        i = bisect_left(self.starts, position)
        return i if i < len(self.starts) and self.starts[i] == position else None

    def ending(self, position: int) -> int | None:
        """The word that ends before a character."""
        i = bisect_left(self.ends, position)
        return i if i < len(self.ends) and self.ends[i] == position else None

    def blanks(self) -> NDArray[np.bool_]:
        """Which words are white space that HTML writes in letters."""
        blanks = np.zeros(len(self.starts), np.bool_)
        for match in _BLANK.finditer(self.text):
            if (i := self.starting(match.start())) is not None:
                blanks[i] = self.is_blank(i)
        return blanks

    def is_blank(self, i: int) -> bool:
        return _BLANK.fullmatch(self.word(i)) is not None

    def are_attached(self, i: int) -> bool:
        """Whether nothing stands between a word and the next."""
        return self.ends[i] == self.starts[i + 1]


def join_words(words: Words, minimum: float, rule: Rule = RULE) -> list[tuple[int, int]]:
    """The first and the last word of each entity, in order.

    Words that score at least `minimum` (0..300) belong together when nothing, or nothing but function words of a lower
    score, stands between them, unless the model is sure that one of them begins anew; and when it says that all from
    one to the next go on, whatever stands between (see Rule). An entity lies in one line, but for hard-wrapped prose,
    and in one column of a table. Signs and identifiers at its ends are left out.
    """
    reached = words.scores >= np.float64(minimum)
    if not reached.any():
        return []
    places = _Places(words.text, words.starts.tolist(), words.ends.tolist())
    runs = list(_runs(words, places, reached, minimum, rule))
    if words.joins is not None:
        runs = [_extend(words, places, *run, minimum, rule) for run in runs]
    if rule.trim:
        runs = [_trim(words, places, *run, minimum, rule) for run in runs]
    if not rule.identifiers:
        runs = [_trim_identifiers(words, places, *run, minimum, rule) for run in runs]
    return [run for run in runs if _is_entity(places, *run, rule)]


def _runs(
    words: Words, places: _Places, reached: NDArray[np.bool_], minimum: float, rule: Rule
) -> Iterator[tuple[int, int]]:
    """The longest runs of words that belong together, from one that reached the minimum to another or a suffix."""
    suffixes = _suffixes(words, places, reached, minimum, rule)
    above = np.flatnonzero(reached | suffixes)
    blanks = places.blanks()
    # Words too low to stand between others, up to each word.
    low = np.cumsum((words.scores < np.float64(rule.share * minimum)) & ~blanks)
    near = low[above[1:]] == low[above[:-1]]
    go_on = suffixes[above[1:]]
    if words.joins is not None:
        silent = blanks.copy()
        silent[1:] |= blanks[:-1]  # behind what the model takes for a sign
        bridges, splits = (
            np.cumsum((words.joins < np.float32(limit)) & ~silent) for limit in (rule.bridge, rule.split)
        )
        go_on |= bridges[above[1:]] == bridges[above[:-1]]
        are_common = np.maximum(words.scores[above[1:]], words.scores[above[:-1]]) < rule.common
        near &= are_common | (splits[above[1:]] == splits[above[:-1]])
    first, *others = above.tolist()
    before = first
    for word, goes_on, is_near in zip(others, go_on.tolist(), near.tolist(), strict=True):
        joined = goes_on or (is_near and _are_function_words(words, places, before, word, rule))
        if not joined or _is_cut(places, before, word, rule):
            yield first, before
            first = word
        before = word
    yield first, before


def _suffixes(
    words: Words, places: _Places, reached: NDArray[np.bool_], minimum: float, rule: Rule
) -> NDArray[np.bool_]:
    """Which words are a "Ltd." or a "Jr." of half the minimum behind a name that reached it, and the comma between."""
    suffixes, lowest = np.zeros(len(reached), np.bool_), np.float64(rule.ends * minimum)
    for match in _SUFFIX.finditer(words.text):
        first, last = places.starting(match.start(1)), places.ending(match.end())
        if first is None or last is None or first < 2 or places.word(first - 1) != ",":
            continue
        name = first - 3 if first > 2 and places.word(first - 2) == "." else first - 2  # "Bros., Inc."
        if not reached[name] or not _is_name(places.word(name)) or _is_cut(places, name, first, rule):
            continue
        if all(words.scores[i] >= lowest for i in range(first, last + 1) if places.word(i) != "."):
            suffixes[name + 1 : last + 1] = True
    return suffixes


def _is_cut(places: _Places, word: int, following: int, rule: Rule) -> bool:
    """Whether a line or a column ends, or another entity begins, between two words or those that lie between."""
    for i in range(word, following):
        end, start = places.ends[i], places.starts[i + 1]
        if start > end and (places.text[start] in rule.starters or is_apart(places.text, end, start)):
            return True
    return False


def _are_function_words(words: Words, places: _Places, word: int, following: int, rule: Rule) -> bool:
    """Whether all words between two are function words, or a full stop that goes on ("Dr."); so if there are none."""
    return all(
        _is_function_word(places, i, rule)
        or (words.joins is not None and words.joins[i] >= rule.bridge and places.word(i) == ".")
        for i in range(word + 1, following)
    )


def _is_function_word(places: _Places, i: int, rule: Rule) -> bool:
    word = places.word(i)
    if not word.isalpha():
        return places.is_blank(i) or (rule.signs and not _has_letter(word))
    neighbors = places.word(i - 1) + places.word(i + 1)
    is_acronym = len(word) > 1 and word == word.upper() != word.lower() and neighbors != neighbors.upper()
    return len(word) <= rule.letters and (rule.acronyms or not is_acronym)


def _extend(words: Words, places: _Places, first: int, last: int, minimum: float, rule: Rule) -> tuple[int, int]:
    """The run with words beside it that go on, if they score a share of the minimum, or it may end with them.

    It gains no "of" at its ends.
    """
    assert words.joins is not None
    joins, scores, lowest = words.joins, words.scores, np.float64(rule.ends * minimum)
    begin, end = first, last
    while last + 1 < len(scores) and joins[last + 1] >= rule.bridge and not _is_cut(places, last, last + 1, rule):
        if scores[last + 1] < lowest and not _may_end(places, first, last + 1):
            break
        last += 1
    while first > 0 and joins[first] >= rule.bridge and not _is_cut(places, first - 1, first, rule):
        if scores[first - 1] < lowest:
            break
        first -= 1
    while last > end and _is_short(places.word(last), rule):
        last -= 1
    while first < begin and _is_short(places.word(first), rule):
        first += 1
    return first, last


def _is_short(word: str, rule: Rule) -> bool:
    """Whether it is a function word in lower case."""
    return word.isalpha() and all(map(str.islower, word)) and len(word) <= rule.letters


def _trim(words: Words, places: _Places, first: int, last: int, minimum: float, rule: Rule) -> tuple[int, int]:
    """The run without what no entity begins or ends with: signs, "of", and function words that a sign was joined by."""
    end = places.word(last)
    if places.word(first).isalnum() and end.isalnum() and end not in _INNER:  # nearly always
        return first, last
    scores, lowest = words.scores, np.float64(rule.ends * minimum)
    while first < last and not (scores[first] >= lowest and _may_begin(places, first, rule)):
        first += 1
    while first < last and not _may_end(places, first, last):
        if scores[last] >= lowest and not _is_sign(places.word(last)) and places.word(last) not in _INNER:
            break
        last -= 1
    return first, last


def _trim_identifiers(
    words: Words, places: _Places, first: int, last: int, minimum: float, rule: Rule
) -> tuple[int, int]:
    """The run without identifiers at its ends, nor the signs that are its ends then; empty if nothing is left."""
    text, starts, ends = places.text, places.starts, places.ends
    if touches_no_sign(text, starts[first], ends[last]):  # nearly always
        return first, last
    while first <= last:
        if begins_identifier(text, starts[first], ends[first]):
            first += 1
        elif ends_identifier(text, starts[last], ends[last]):
            last -= 1
        elif not rule.trim or (run := _trim(words, places, first, last, minimum, rule)) == (first, last):
            break
        else:
            first, last = run
    return first, last


def _is_entity(places: _Places, first: int, last: int, rule: Rule) -> bool:
    """Whether it is more than a sign, a clitic, or a word such as "of"."""
    if first > last or places.word(last) in _INNER:
        return False
    return rule.bare or places.word(first).isalnum() or _is_name(places.span(first, last))


def _may_begin(places: _Places, first: int, rule: Rule) -> bool:
    """Whether an entity may begin with a word that is not its last: no clitic, and no sign but "@" and "#"."""
    word = places.word(first)
    if word in rule.starters:
        return places.are_attached(first)
    return _is_name(word)


def _may_end(places: _Places, first: int, last: int) -> bool:
    """Whether an entity from `first` on may end with a sign: a full stop, or a bracket that closes one in it."""
    sign = places.word(last)
    if not places.are_attached(last - 1):
        return False
    if sign == ".":
        end = places.ends[last]
        return _has_letter(places.word(last - 1)) and not places.text[end : end + 1].isalnum()
    inside = places.span(first, last)
    return sign in _BRACKETS and inside.count(_BRACKETS[sign]) >= inside.count(sign)


def _is_name(text: str) -> bool:
    """Whether it is neither a sign nor a clitic."""
    return not _is_sign(text) and text[0] not in "'’"


def _is_sign(text: str) -> bool:
    return not _has_letter(text) or (text[0] == "&" and _BLANK.fullmatch(text) is not None)


def _has_letter(text: str) -> bool:
    """Whether there is a letter or a digit."""
    return any(map(str.isalnum, text))
