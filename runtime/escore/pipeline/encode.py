"""Stage one: a text, or a list of words, as tokens that know their words. Long texts come in pieces."""

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial

import numpy as np
from numpy.typing import NDArray

from escore.bundle.tokenizer import WordTokenizer

# Characters that are encoded at a time: few, so that memory does not grow with the text, and that no thread holds
# Python's lock for longer than 2 ms.
PIECE = 1 << 12
WORDS = 1 << 12  # given words that are encoded at a time
# No word's extent depends on more characters beyond its end than this: the longest look-ahead is that of n't.
_LOOK_AHEAD = 8
_LOOK_BACK = 64

_SURROGATE = re.compile("[\ud800-\udfff]")
_LINE_BREAKS = re.compile(r"\n\s*")
_SENTENCE_END = re.compile(r"[.!?…][\"'”’»)\]]*\s+|[。！？]")

# How good a place before a word is to cut a long text: where a reader would pause.
ANY, LINE, SENTENCE, PARAGRAPH = range(4)


@dataclass(frozen=True, slots=True)
class Words:
    """Consecutive words of a text: `counts` (int32, [words]) tokens a word; `starts`, `ends` (int32, [words]) offsets.

    Offsets are code points into the text; they are empty where words were given and there is no text.
    """

    counts: NDArray[np.int32]
    starts: NDArray[np.int32]
    ends: NDArray[np.int32]


@dataclass(frozen=True, slots=True)
class Encoded:
    """Words and their tokens: `ids` (int64, [tokens]).

    `pauses` gives how good a cut before each word is (uint8, [words]); it is asked only where a text needs cutting.
    """

    words: Words
    ids: NDArray[np.int64]
    pauses: Callable[[], NDArray[np.uint8]]


def encode(tokenizer: WordTokenizer, text: str) -> Iterator[Encoded]:
    """Encode a text piece by piece. A lone surrogate is read as U+FFFD; offsets stay those of the text.

    Words never look back, so a piece may begin at any word: the last words of a piece, which might go on beyond it, are
    left to the next. A word longer than a piece makes the piece grow.
    """
    position, size = 0, PIECE
    while position < len(text):
        piece = text[position : position + size]
        whole = position + size >= len(text)
        if not piece.isascii():
            piece = _SURROGATE.sub("\ufffd", piece)
        ids, counts, starts, ends = tokenizer.text(piece)
        kept = len(ends) if whole else int(np.searchsorted(ends, len(piece) - _LOOK_AHEAD, side="right"))
        if kept == 0 and len(ends):
            size *= 2
            continue
        pauses = partial(_pauses, text, position, len(piece), starts[:kept])
        if whole and not position:  # most texts are short
            yield Encoded(Words(counts, starts, ends), ids, pauses)
            return
        offset = np.int32(position)
        words = Words(counts[:kept], starts[:kept] + offset, ends[:kept] + offset)
        yield Encoded(words, ids[: int(words.counts.sum())], pauses)
        position += int(starts[kept]) if kept < len(starts) else len(piece)
        size = PIECE


def encode_words(tokenizer: WordTokenizer, words: Sequence[str]) -> Iterator[Encoded]:
    """Encode given words, each as the bundle has it: as it would be inside running text, or whole.

    A word without any visible character has no tokens.
    """
    nothing = np.empty(0, np.int32)
    for begin in range(0, len(words), WORDS):
        given = [_SURROGATE.sub("\ufffd", word) for word in words[begin : begin + WORDS]]
        ids, counts = tokenizer.words(given)
        yield Encoded(Words(counts, nothing, nothing), ids, partial(_pauses_after, given))


def _pauses_after(words: list[str]) -> NDArray[np.uint8]:
    ended = np.array([bool(_SENTENCE_END.fullmatch(word + " ")) for word in ["", *words[:-1]]])
    return np.where(ended, SENTENCE, ANY).astype(np.uint8)


def _pauses(text: str, position: int, length: int, starts: NDArray[np.int32]) -> NDArray[np.uint8]:
    pauses = np.zeros(len(starts), np.uint8)
    if not len(starts):
        return pauses
    span = (max(0, position - _LOOK_BACK), position + length)
    found = [(match.end(), SENTENCE) for match in _SENTENCE_END.finditer(text, *span)]
    found += [
        (match.end(), PARAGRAPH if match.group().count("\n") > 1 else LINE)
        for match in _LINE_BREAKS.finditer(text, *span)
    ]
    if found:
        ends, ranks = np.array(found, np.int64).T
        places = np.searchsorted(starts, ends - position)
        inside = places < len(starts)
        inside[inside] &= starts[places[inside]] == (ends - position)[inside]
        np.maximum.at(pauses, places[inside], ranks[inside].astype(np.uint8))
    return pauses
