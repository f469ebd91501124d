"""Stage one: a text, or a list of words, to tokens that know their words. Long texts are encoded in chunks."""

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial

import numpy as np
from numpy.typing import NDArray

from escore.bundle.tokenizer import WordTokenizer
from escore.segmentation import certain_end, longer

# Characters of a chunk: few, so that memory does not grow with the text, and that no thread holds Python's lock for
# longer than 2 ms.
CHUNK = 1 << 12
CHUNK_WORDS = 1 << 12  # words of a chunk where words are given
_LOOK_BACK = 64

_SURROGATE = re.compile("[\ud800-\udfff]")
_LINE_BREAKS = re.compile(r"\n\s*")
_SENTENCE_END = re.compile(r"[.!?…][\"'”’»)\]]*\s+|[。！？]")

# How good a place before a word is to cut a long text: where a reader would pause.
ANY, LINE, SENTENCE, PARAGRAPH = range(4)


@dataclass(frozen=True, slots=True, eq=False)
class Chunk:
    """Consecutive words and their tokens.

    ids: token ids (int64, [tokens]), without <s> and </s>.
    counts: tokens of each word (int32, [words]).
    starts, ends: where each word starts and ends in the text, in code points (int32, [words]); empty where words were
        given and there is no text.
    pauses: makes the rank (uint8, [words]; see ANY to PARAGRAPH) of a cut before each word; called only where a text
        needs cutting.
    """

    ids: NDArray[np.int64]
    counts: NDArray[np.int32]
    starts: NDArray[np.int32]
    ends: NDArray[np.int32]
    pauses: Callable[[], NDArray[np.uint8]]


def encode_text(tokenizer: WordTokenizer, text: str) -> Iterator[Chunk]:
    """Encode a text chunk by chunk. A lone surrogate is read as U+FFFD; offsets stay those of the text.

    Words never look back, so a chunk may begin at any word: the last words of a chunk, which might go on beyond it, are
    left to the next. A word longer than a chunk makes the chunk grow.
    Raises WordLengthError.
    """
    position, size = 0, CHUNK
    while position < len(text):
        part = text[position : position + size]
        is_last = position + size >= len(text)
        if not part.isascii():
            part = _SURROGATE.sub("\ufffd", part)
        ids, counts, starts, ends = tokenizer.encode(part)
        complete = len(ends) if is_last else int(np.searchsorted(ends, certain_end(part), side="right"))
        if complete == 0 and len(ends):
            size = longer(size)
            continue
        pauses = partial(_text_pauses, text, position, len(part), starts[:complete])
        if is_last and not position:  # most texts are short
            yield Chunk(ids, counts, starts, ends, pauses)
            return
        offset = np.int32(position)
        counts = counts[:complete]
        yield Chunk(ids[: int(counts.sum())], counts, starts[:complete] + offset, ends[:complete] + offset, pauses)
        position += int(starts[complete]) if complete < len(starts) else len(part)
        size = CHUNK


def encode_words(tokenizer: WordTokenizer, words: Sequence[str]) -> Iterator[Chunk]:
    """Encode given words, each as the bundle has it: as it would be inside running text, or whole.

    A word without any visible character has no tokens.
    """
    no_offsets = np.empty(0, np.int32)
    for begin in range(0, len(words), CHUNK_WORDS):
        part = [_SURROGATE.sub("\ufffd", word) for word in words[begin : begin + CHUNK_WORDS]]
        ids, counts = tokenizer.encode_words(part)
        yield Chunk(ids, counts, no_offsets, no_offsets, partial(_word_pauses, part))


def _text_pauses(text: str, position: int, length: int, starts: NDArray[np.int32]) -> NDArray[np.uint8]:
    """The ranks of words that start at `starts` of the `length` characters from `position` on."""
    ranks = np.zeros(len(starts), np.uint8)
    if not len(starts):
        return ranks
    span = (max(0, position - _LOOK_BACK), position + length)
    pauses = [(match.end(), SENTENCE) for match in _SENTENCE_END.finditer(text, *span)]
    pauses += [
        (match.end(), PARAGRAPH if match.group().count("\n") > 1 else LINE)
        for match in _LINE_BREAKS.finditer(text, *span)
    ]
    if pauses:
        pause_ends, pause_ranks = np.array(pauses, np.int64).T
        words = np.searchsorted(starts, pause_ends - position)
        at_word = words < len(starts)
        at_word[at_word] &= starts[words[at_word]] == (pause_ends - position)[at_word]
        np.maximum.at(ranks, words[at_word], pause_ranks[at_word].astype(np.uint8))
    return ranks


def _word_pauses(words: list[str]) -> NDArray[np.uint8]:
    after_end = np.array([bool(_SENTENCE_END.fullmatch(word + " ")) for word in ["", *words[:-1]]])
    return np.where(after_end, SENTENCE, ANY).astype(np.uint8)
