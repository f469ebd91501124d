"""Labeled documents as training examples: cut into texts of several lengths, encoded, a target a token."""

import random
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray
from tokenizers import Tokenizer

from escore_labels.texts import LabeledText, overlaps
from escore_labels.tokens import Document, Sentence

POST = (1, 1, 1, 2)  # sentences a text where they are posts that stand alone


@dataclass(frozen=True, slots=True, eq=False)
class Example:
    """One training text: token ids, without <s> and </s>, and class probabilities (float32, [tokens, 4])."""

    ids: list[int]
    probabilities: NDArray[np.float32]


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


def examples(gold: LabeledText, tokenizer: Tokenizer, max_tokens: int) -> Iterator[Example]:
    """Encode a text whose tokens have `soft`; one that is longer than a window gives several, cut between words."""
    encoding = tokenizer.encode(gold.text, add_special_tokens=False)
    ids, words, offsets = encoding.ids, encoding.word_ids, encoding.offsets
    if not ids:
        return
    probabilities = np.empty((len(ids), 4), np.float32)
    starts: list[int] = []  # the first token of each word
    token, first = 0, 0
    while token < len(ids):
        end = token
        while end < len(ids) and words[end] == words[token]:
            end += 1
        start_char, end_char = offsets[token][0], max(offset[1] for offset in offsets[token:end])
        while first < len(gold.spans) and gold.spans[first][1] <= start_char:
            first += 1
        probabilities[token:end] = _mean(gold, first, start_char, end_char)
        starts.append(token)
        token = end
    capacity = max_tokens - 2
    begin = 0
    for start, end in zip([*starts, len(ids)], [*starts[1:], len(ids), len(ids) + capacity], strict=True):
        if end - begin > capacity and start > begin:
            kept = slice(begin, min(start, begin + capacity))  # a word longer than a window ends with it
            yield Example(ids[kept], probabilities[kept])
            begin = start


def _mean(gold: LabeledText, first: int, start: int, end: int) -> Sequence[float] | NDArray[np.float32]:
    """The classes of the word at start..end: of the gold tokens that it overlaps, weighted by shared characters."""
    found = list(overlaps(gold.spans, first, start, end))
    if len(found) == 1:
        return gold.tokens[found[0][0]].probabilities or (1.0, 0.0, 0.0, 0.0)
    rows = np.array([gold.tokens[i].probabilities for i, _ in found], np.float32)
    return np.average(rows, axis=0, weights=[shared for _, shared in found])
