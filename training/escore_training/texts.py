"""Documents of a corpus as texts: spacing given back, gold spans kept, cut into texts of several lengths."""

import random
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray
from tokenizers import Tokenizer

from escore_training.gold import ENTITY, Document, Sentence, Token
from escore_training.recipe import Texts

# Where each class stands on the model's scale of 0..3: the means of the original's normal draws. An entity may reach 3.
POINTS = (0.0, 1.0, 1.8, 2.8)


@dataclass(frozen=True, slots=True)
class GoldText:
    """A text and its gold tokens, with `spans[i]` the half-open code point offsets of `tokens[i]`."""

    text: str
    tokens: list[Token]
    spans: list[tuple[int, int]]


@dataclass(frozen=True, slots=True)
class Example:
    """Token ids (without <s> and </s>) and, a token, the interval that its score should fall into; float32, 0..3."""

    ids: list[int]
    low: NDArray[np.float32]
    high: NDArray[np.float32]


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


def cut(document: Document, settings: Texts, rng: random.Random) -> Iterator[list[Sentence]]:
    """Consecutive runs of sentences; each length takes the same share of the sentences. Some again in another case."""
    weights = [1 / length for length in settings.sentences]
    start = 0
    while start < len(document):
        length = rng.choices(settings.sentences, weights)[0]
        run = document[start : start + length]
        start += length
        yield run
        if rng.randrange(settings.lower_every) == 0:
            yield recased(run, str.lower)
        if rng.randrange(settings.capitals_every) == 0:
            yield recased(run, str.upper)


def recased(sentences: list[Sentence], change: Callable[[str], str]) -> list[Sentence]:
    """The same sentences with each token's text changed (str.lower, str.upper)."""
    return [[replace(token, text=change(token.text)) for token in sentence] for sentence in sentences]


def examples(gold: GoldText, tokenizer: Tokenizer, max_tokens: int) -> Iterator[Example]:
    """Encode a text; one that is longer than a window gives several examples, cut between words."""
    encoding = tokenizer.encode(gold.text, add_special_tokens=False)
    ids, words, offsets = encoding.ids, encoding.word_ids, encoding.offsets
    low = np.empty(len(ids), np.float32)
    high = np.empty(len(ids), np.float32)
    starts: list[int] = []  # the first token of each word
    token, first = 0, 0
    while token < len(ids):
        end = token
        while end < len(ids) and words[end] == words[token]:
            end += 1
        start_char, end_char = offsets[token][0], max(offset[1] for offset in offsets[token:end])
        while first < len(gold.spans) and gold.spans[first][1] <= start_char:
            first += 1
        low[token:end], high[token:end] = _interval(gold, first, start_char, end_char)
        starts.append(token)
        token = end
    capacity = max_tokens - 2
    begin = 0
    for start, end in zip(starts, [*starts[1:], len(ids)], strict=True):
        if end - begin > capacity and start > begin:
            yield Example(ids[begin:start], low[begin:start], high[begin:start])
            begin = start
    if begin < len(ids):
        yield Example(ids[begin : begin + capacity], low[begin : begin + capacity], high[begin : begin + capacity])


def _interval(gold: GoldText, first: int, start: int, end: int) -> tuple[float, float]:
    """The interval of the word at start..end: of the gold tokens that it overlaps, weighted by shared characters."""
    low = high = shared = 0.0
    for i in range(first, len(gold.spans)):
        token_start, token_end = gold.spans[i]
        if token_start >= end:
            break
        weight = min(end, token_end) - max(start, token_start)
        token = gold.tokens[i]
        low += weight * POINTS[token.low]
        high += weight * (3.0 if token.low == ENTITY else POINTS[token.high])
        shared += weight
    return (low / shared, high / shared) if shared else (0.0, 3.0)
