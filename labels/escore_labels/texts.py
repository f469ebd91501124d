"""Labeled sentences as running text, each token with its offsets."""

from bisect import bisect_left, bisect_right
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from escore_labels.tokens import Sentence, Token


@dataclass(frozen=True, slots=True)
class LabeledText:
    """A text and its labeled tokens; `spans[i]` are the half-open code point offsets of `tokens[i]`."""

    text: str
    tokens: list[Token]
    spans: list[tuple[int, int]]


def plain_spacing(text: str) -> str:
    """The text with one blank for each run of white space: the same for texts that have the same words."""
    return " ".join(text.split())


def join_sentences(sentences: Sequence[Sentence]) -> LabeledText:
    """One text of several sentences, with a space after each."""
    parts: list[str] = []
    tokens: list[Token] = []
    spans: list[tuple[int, int]] = []
    position = 0
    for sentence in sentences:
        for i, token in enumerate(sentence):
            tokens.append(token)
            spans.append((position, position + len(token.text)))
            space = " " if token.space_after or i == len(sentence) - 1 else ""
            parts.append(token.text + space)
            position += len(token.text) + len(space)
    return LabeledText("".join(parts), tokens, spans)


def covered(offsets: Sequence[tuple[int, int]], start: int, end: int) -> range:
    """The indices of the words, in order at `offsets`, that a span touches."""
    first = bisect_right(offsets, start, key=lambda offset: offset[1])
    return range(first, max(first, bisect_left(offsets, end, key=lambda offset: offset[0])))


def overlaps(spans: Sequence[tuple[int, int]], first: int, start: int, end: int) -> Iterator[tuple[int, int]]:
    """The spans from index `first` on that overlap start..end: the index of each, and how many characters they share.

    `spans` are in order. Offsets are half-open.
    """
    for i in range(first, len(spans)):
        if spans[i][0] >= end:
            return
        if (shared := min(end, spans[i][1]) - max(start, spans[i][0])) > 0:
            yield i, shared
