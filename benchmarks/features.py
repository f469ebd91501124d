"""The features of the perceptron: a word, its first and last letters, its shape, pairs, two neighbours on either side.

Tags that stand before the word come in when it is decoded: in a pair, and the nearer one with the word and its shape.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import groupby

import numpy as np
from numpy.typing import NDArray

OUTSIDE = 5  # the tag of what stands before the text
HISTORY = OUTSIDE + 1  # tags that may stand before a word

Rows = NDArray[np.int32]
_KINDS = ((str.isupper, "X"), (str.islower, "x"), (str.isalpha, "l"), (str.isdigit, "d"))


@dataclass(frozen=True, slots=True)
class _Word:
    """A word in small letters, its shape without repeats, and its rows: where it is two before another, and so on."""

    lower: str
    shape: str
    earlier: list[int]
    before: list[int]
    behind: list[int]
    later: list[int]
    own: list[int]


class Features:
    """Names of features and their rows in the weights; a name that is not known has row 0, whose weights stay 0.

    A feature that is joined with the tag before has HISTORY rows, one a tag. While `growing`, new names get new rows.
    """

    def __init__(self, rows: dict[str, int] | None = None, growing: bool = True) -> None:
        self.rows = rows or {}
        self.growing = growing
        self.size = HISTORY  # rows that are taken
        self._seen: dict[str, _Word] = {}

    def encode(self, texts: Sequence[str]) -> Rows:
        """The rows of the words of a text ([words, features]); `history` is to be added to them."""
        found = [self._seen.get(word) or self._of_word(word) for word in ("", "", *texts, "", "")]
        rows = []
        for i in range(2, len(texts) + 2):
            (earlier, before, word, behind, later) = found[i - 2 : i + 3]
            around = (*earlier.earlier, *before.before, *behind.behind, *later.later)
            rows.append([*around, *self._joined(before, word, behind), *word.own, self._row("tags", HISTORY * HISTORY)])
        return np.array(rows, np.int32) if rows else np.zeros((0, 3), np.int32)

    def _joined(self, before: _Word, word: _Word, behind: _Word) -> Iterator[int]:
        yield self._row(f"l {before.lower} {word.lower}")
        yield self._row(f"l {word.lower} {behind.lower} +1")
        yield self._row(f"s {before.shape} {word.shape} {behind.shape}")

    def _of_word(self, word: str) -> _Word:
        lower, form = word.lower(), shape(word)
        short = "".join(kind for kind, _ in groupby(form))
        near = [f"l {lower}", f"s {short}", f"e3 {lower[-3:]}"]
        own = [f"w {word}", *near, f"form {form[:6]}", f"e1 {lower[-1:]}", f"e2 {lower[-2:]}", f"e4 {lower[-4:]}"]
        own += [f"b2 {word[:2]}", f"b3 {word[:3]}", f"b4 {word[:4]}", "any"]
        with_tag = [self._row(f"tag {name}", HISTORY) for name in near[:2]]  # the last ones, see `history`
        found = _Word(
            lower,
            short,
            [self._row(f"-2 {name}") for name in near[:2]],
            [self._row(f"-1 {name}") for name in near],
            [self._row(f"+1 {name}") for name in near],
            [self._row(f"+2 {name}") for name in near[:2]],
            [self._row(name) for name in own] + with_tag,
        )
        self._seen[word] = found
        return found

    def _row(self, name: str, count: int = 1) -> int:
        if name not in self.rows and self.growing:
            self.rows[name] = self.size
            self.size += count
        return self.rows.get(name, 0)


@lru_cache
def history(width: int) -> NDArray[np.int32]:
    """What the two tags before a word add to its rows ([tag before that, tag before, features])."""
    steps = np.zeros((HISTORY, HISTORY, width), np.int32)
    for earlier in range(HISTORY):
        for before in range(HISTORY):
            steps[earlier, before, -3:] = before, before, HISTORY * earlier + before
    return steps


def shape(word: str) -> str:
    """Its characters as X (capital), x (small), l (other letter), d (digit), or themselves."""
    return "".join(next((kind for test, kind in _KINDS if test(char)), char) for char in word)
