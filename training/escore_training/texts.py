"""Documents of a corpus as texts: spacing given back, gold spans kept, cut into texts of several lengths."""

import random
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray
from tokenizers import Tokenizer

from escore_training.gold import Document, Sentence, Token

POST = (1, 1, 1, 2)  # sentences a text where they are posts that stand alone


@dataclass(frozen=True, slots=True)
class GoldText:
    """A text and its gold tokens, with `spans[i]` the half-open code point offsets of `tokens[i]`."""

    text: str
    tokens: list[Token]
    spans: list[tuple[int, int]]


@dataclass(frozen=True, slots=True, eq=False)
class Example:
    """Token ids (without <s> and </s>) and, a token, the teacher's classes (float32, [tokens, 4]; see Token.soft)."""

    ids: list[int]
    soft: NDArray[np.float32]


def join(sentences: list[Sentence]) -> GoldText:
    """One text of several sentences, a space between them."""
    pieces: list[str] = []
    tokens: list[Token] = []
    spans: list[tuple[int, int]] = []
    position = 0
    for sentence in sentences:
        for i, token in enumerate(sentence):
            tokens.append(token)
            spans.append((position, position + len(token.text)))
            space = " " if token.space_after or i == len(sentence) - 1 else ""
            pieces.append(token.text + space)
            position += len(token.text) + len(space)
    return GoldText("".join(pieces), tokens, spans)


def cut(document: Document, lengths: Sequence[int], rng: random.Random) -> Iterator[list[Sentence]]:
    """Consecutive runs of sentences; each of the lengths takes the same share of the sentences."""
    weights = [1 / length for length in lengths]
    start = 0
    while start < len(document):
        length = rng.choices(lengths, weights)[0]
        yield document[start : start + length]
        start += length


def recased(sentences: list[Sentence], change: Callable[[str], str]) -> list[Sentence]:
    """The same sentences with each token's text changed (str.lower, str.upper)."""
    return [[replace(token, text=change(token.text)) for token in sentence] for sentence in sentences]


def examples(gold: GoldText, tokenizer: Tokenizer, max_tokens: int) -> Iterator[Example]:
    """Encode a text whose tokens have `soft`; one that is longer than a window gives several, cut between words."""
    encoding = tokenizer.encode(gold.text, add_special_tokens=False)
    ids, words, offsets = encoding.ids, encoding.word_ids, encoding.offsets
    if not ids:
        return
    soft = np.empty((len(ids), 4), np.float32)
    starts: list[int] = []  # the first token of each word
    token, first = 0, 0
    while token < len(ids):
        end = token
        while end < len(ids) and words[end] == words[token]:
            end += 1
        start_char, end_char = offsets[token][0], max(offset[1] for offset in offsets[token:end])
        while first < len(gold.spans) and gold.spans[first][1] <= start_char:
            first += 1
        soft[token:end] = _mean(gold, first, start_char, end_char)
        starts.append(token)
        token = end
    capacity = max_tokens - 2
    begin = 0
    for start, end in zip([*starts, len(ids)], [*starts[1:], len(ids), len(ids) + capacity], strict=True):
        if end - begin > capacity and start > begin:
            kept = slice(begin, min(start, begin + capacity))  # a word longer than a window ends with it
            yield Example(ids[kept], soft[kept])
            begin = start


def _mean(gold: GoldText, first: int, start: int, end: int) -> Sequence[float] | NDArray[np.float32]:
    """The classes of the word at start..end: of the gold tokens that it overlaps, weighted by shared characters."""
    found = list(overlaps(gold.spans, first, start, end))
    if len(found) == 1:
        return gold.tokens[found[0][0]].soft or (1.0, 0.0, 0.0, 0.0)
    rows = np.array([gold.tokens[i].soft for i, _ in found], np.float32)
    return np.average(rows, axis=0, weights=[shared for _, shared in found])


def overlaps(spans: Sequence[tuple[int, int]], first: int, start: int, end: int) -> Iterator[tuple[int, int]]:
    """The spans that overlap start..end, from `first` on: index and number of shared characters."""
    for i in range(first, len(spans)):
        if spans[i][0] >= end:
            return
        if (shared := min(end, spans[i][1]) - max(start, spans[i][0])) > 0:
            yield i, shared
