"""Labeled documents as training examples: cut into texts of several lengths, encoded, with labels for each piece."""

import random
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray
from tokenizers import Tokenizer

from escore.kinds import KINDS
from escore_labels.texts import LabeledText, overlaps
from escore_labels.tokens import ENTITY, Document, Sentence, Token
from escore_training.data.boundaries import UNKNOWN, token_joins

POST_LENGTHS = (1, 1, 1, 2)  # sentences a text where they are posts that stand alone


@dataclass(frozen=True, slots=True, eq=False)
class Example:
    """One training text.

    ids: of its pieces, without <s> and </s>.
    probabilities: of the classes (float32, [pieces, 4]).
    joins: 1 where a word goes on with the entity of the word before it, 0 where not, at the word's first piece; UNKNOWN
        at others, and where nothing says so (int8, [pieces]).
    kinds: the index in KINDS of the kind of a word's entity, UNKNOWN where it is in none, or nothing says so (int8,
        [pieces]).
    """

    ids: list[int]
    probabilities: NDArray[np.float32]
    joins: NDArray[np.int8]
    kinds: NDArray[np.int8]


def split_document(document: Document, lengths: Sequence[int], rng: random.Random) -> Iterator[list[Sentence]]:
    """Consecutive runs of sentences; each of the lengths takes the same share of the sentences."""
    weights = [1 / length for length in lengths]
    start = 0
    while start < len(document):
        length = rng.choices(lengths, weights)[0]
        yield document[start : start + length]
        start += length


def change_case(sentences: list[Sentence], change: Callable[[str], str]) -> list[Sentence]:
    """The same sentences with each token's text changed (str.lower, str.upper)."""
    return [[replace(token, text=change(token.text)) for token in sentence] for sentence in sentences]


def encode_text(text: LabeledText, tokenizer: Tokenizer, max_tokens: int) -> Iterator[Example]:
    """Encode a text whose tokens have `probabilities`; one longer than a window gives several, cut between words."""
    encoding = tokenizer.encode(text.text, add_special_tokens=False)
    ids, words, offsets = encoding.ids, encoding.word_ids, encoding.offsets
    if not ids:
        return
    word_starts = [i for i in range(len(ids)) if i == 0 or words[i] != words[i - 1]]
    probabilities = np.empty((len(ids), 4), np.float32)
    joins, kinds = np.full((2, len(ids)), UNKNOWN, np.int8)
    joins_of_tokens = token_joins(text.tokens)
    first_token = 0  # the first that may overlap the word
    for start, end in zip(word_starts, [*word_starts[1:], len(ids)], strict=True):
        start_char, end_char = offsets[start][0], max(offset[1] for offset in offsets[start:end])
        while first_token < len(text.spans) and text.spans[first_token][1] <= start_char:
            first_token += 1
        shares = list(overlaps(text.spans, first_token, start_char, end_char))
        probabilities[start:end] = _mean_classes(text, shares)
        if shares:
            token = shares[0][0]
            starts_token = text.spans[token][0] >= start_char
            joins[start] = joins_of_tokens[token] if starts_token else _joins_itself(text.tokens[token])
            kinds[start:end] = KINDS.index(kind) if (kind := text.tokens[token].kind) else UNKNOWN
    capacity = max_tokens - 2
    begin = 0
    for start, end in zip([*word_starts, len(ids)], [*word_starts[1:], len(ids), len(ids) + capacity], strict=True):
        if end - begin > capacity and start > begin:
            window = slice(begin, min(start, begin + capacity))  # a word longer than a window ends with it
            yield Example(ids[window], probabilities[window], joins[window], kinds[window])
            begin = start


def _joins_itself(token: Token) -> int:
    """Whether a word that begins within a token goes on with the token's entity: 1, or UNKNOWN where it is in none."""
    return 1 if token.low == ENTITY else UNKNOWN


def _mean_classes(text: LabeledText, shares: list[tuple[int, int]]) -> Sequence[float] | NDArray[np.float32]:
    """The classes of a word: of the tokens that it overlaps, weighted by shared characters."""
    if len(shares) == 1:
        return text.tokens[shares[0][0]].probabilities or (1.0, 0.0, 0.0, 0.0)
    rows = np.array([text.tokens[i].probabilities for i, _ in shares], np.float32)
    return np.average(rows, axis=0, weights=[characters for _, characters in shares])
