"""The rule that joins words into entities, as docs/background/joining.md explains; static/entities.js is its copy."""

import re
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

_APART = re.compile("[\t\n\x0b\x0c\r\x85\u2028\u2029]|[ \xa0]{3}")  # ends of lines, and of a table's columns


JOIN_MINIMUM = 0.5  # the probability from which on a word goes on with the entity of the word before it


@dataclass(frozen=True, slots=True)
class Rule:
    """What the rule depends on, as measured; other values serve to measure it again.

    share: a function word joins the words around it from this share (0..1) of the minimum on.
    letters: the most letters of a function word.
    signs: whether a sign counts as a function word.
    acronyms: whether a function word may be in capitals beside a word that is not ("Google CEO Ann").
    starters: characters that begin another entity where white space stands before them.
    bare: whether what has neither letter nor digit is an entity.
    """

    share: float = 0.5
    letters: int = 3
    signs: bool = False
    acronyms: bool = False
    starters: str = "@#"
    bare: bool = False


RULE = Rule()


def join_words(
    text: str,
    starts: NDArray[np.int32],
    ends: NDArray[np.int32],
    scores: NDArray[np.float32],
    minimum: float,
    rule: Rule = RULE,
) -> list[tuple[int, int]]:
    """The first and the last word of each entity, in order: longest runs of words that belong together.

    An entity lies in one line and, in a table, in one column. Words that score at least `minimum` belong together when
    nothing, or nothing but function words of a lower score, stands between them (see Rule).

    starts, ends: where each word starts and ends in `text`, in code points ([words]).
    scores: of the words ([words], 0..300).
    """
    above = np.flatnonzero(scores >= np.float64(minimum))
    if not len(above):
        return []
    low = np.cumsum(scores < np.float64(rule.share * minimum))  # words too low to stand between, up to each word
    near = low[above[1:]] == low[above[:-1]]
    words, begins, stops = above.tolist(), starts[above].tolist(), ends[above].tolist()
    runs = []
    first = 0
    for i, close in enumerate(near.tolist()):
        apart = not close or _APART.search(text, stops[i], begins[i + 1]) is not None
        if not apart and words[i + 1] == words[i] + 1:
            apart = text[begins[i + 1]] in rule.starters and begins[i + 1] > stops[i]
        elif not apart:
            between = slice(words[i], words[i + 1] + 1)
            apart = not _are_joined(text, starts[between].tolist(), ends[between].tolist(), rule)
        if apart:
            runs.append((first, i))
            first = i + 1
    runs.append((first, len(words) - 1))
    return [(words[a], words[b]) for a, b in runs if rule.bare or any(map(str.isalnum, text[begins[a] : stops[b]]))]


def _are_joined(text: str, starts: list[int], ends: list[int], rule: Rule) -> bool:
    """Whether all words between the first and the last are function words, and none begins another entity."""
    words = [text[start:end] for start, end in zip(starts, ends, strict=True)]
    return all(
        _is_function_word(words[i], words[i - 1] + words[i + 1], rule) for i in range(1, len(words) - 1)
    ) and not any(
        text[start] in rule.starters and start > before for before, start in zip(ends, starts[1:], strict=False)
    )


def _is_function_word(word: str, neighbors: str, rule: Rule) -> bool:
    if not word.isalpha():
        return rule.signs and not any(map(str.isalnum, word))
    is_acronym = len(word) > 1 and word == word.upper() != word.lower() and neighbors != neighbors.upper()
    return len(word) <= rule.letters and (rule.acronyms or not is_acronym)
