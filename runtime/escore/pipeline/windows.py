"""Stage two: tokens to overlapping windows, cut between words, and if possible where a reader would pause."""

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import chain

import numpy as np
from numpy.typing import NDArray

from escore.pipeline.encode import Chunk


@dataclass(frozen=True, slots=True, eq=False)
class Window:
    """Tokens of one run of the model.

    ids: token ids (int64, [tokens]), without <s> and </s>.
    keep: the range of them whose scores count.
    """

    ids: NDArray[np.int64]
    keep: slice


def make_windows(chunks: Iterator[Chunk], capacity: int, overlap: int) -> Iterator[Window]:
    """Windows of at most `capacity` tokens, each sharing `overlap` to twice as many tokens with the next.

    The kept ranges of all windows, put together, are exactly all tokens in order. Within an overlap a word counts in
    the window that gives it more context. A word of more than `capacity` tokens is spread over several windows.
    """
    first, second = next(chunks, None), next(chunks, None)
    if first is None:
        return
    if second is None and len(first.ids) <= capacity:  # most texts fit one window
        if len(first.ids):
            yield Window(first.ids, slice(0, len(first.ids)))
        return
    chunks = chain((chunk for chunk in (first, second) if chunk is not None), chunks)
    tokens = _Tokens.none()
    covered = 0  # tokens at the front whose scores an earlier window gives
    while True:
        while len(tokens.ids) <= capacity and (chunk := next(chunks, None)) is not None:
            tokens = tokens.add(chunk, capacity)
        if len(tokens.ids) <= capacity:
            if len(tokens.ids):
                yield Window(tokens.ids, slice(covered, len(tokens.ids)))
            return
        edges = np.cumsum(tokens.counts, dtype=np.int64)  # the token after each word
        end = tokens.best_cut(edges, capacity * 3 // 4, capacity)
        begin = tokens.best_cut(edges, max(end - 2 * overlap, covered + 1), end - overlap)  # of the next window
        if begin <= covered:  # words so long that no overlap fits
            begin = end
        shared = edges[(edges >= begin) & (edges <= end)]
        middle = int(shared[np.abs(shared - (begin + end) / 2).argmin()]) if len(shared) else end
        yield Window(tokens.ids[:end], slice(covered, middle))
        covered = middle - begin
        tokens = tokens.drop(begin, edges)


@dataclass(frozen=True, slots=True, eq=False)
class _Tokens:
    """Tokens from the start of the next window on; `counts` and `ranks` (of a cut before it) of each word."""

    ids: NDArray[np.int64]
    counts: NDArray[np.int32]
    ranks: NDArray[np.uint8]

    @classmethod
    def none(cls) -> "_Tokens":
        return cls(np.empty(0, np.int64), np.empty(0, np.int32), np.empty(0, np.uint8))

    def add(self, chunk: Chunk, capacity: int) -> "_Tokens":
        """With the tokens of `chunk`; a word of more than `capacity` tokens counts as several."""
        counts, ranks = chunk.counts, chunk.pauses()
        if len(counts) and counts.max() > capacity:
            parts = [[capacity] * (n // capacity) + [n % capacity] * (n % capacity > 0) for n in counts.tolist()]
            ranks = np.concatenate(
                [[rank] + [0] * (len(part) - 1) for part, rank in zip(parts, ranks, strict=True) if part]
            ).astype(np.uint8)
            counts = np.array([n for part in parts for n in part], np.int32)
        return _Tokens(
            np.concatenate([self.ids, chunk.ids]),
            np.concatenate([self.counts, counts]),
            np.concatenate([self.ranks, ranks]),
        )

    def best_cut(self, edges: NDArray[np.int64], low: int, high: int) -> int:
        """The word edge in low..high of the highest rank, the last of equals; else the last before `low`, or 0."""
        first, last = np.searchsorted(edges, [low, high + 1])
        if first >= last:
            return int(edges[first - 1]) if first else 0
        ranks = self.ranks[np.minimum(np.arange(first, last) + 1, len(self.ranks) - 1)]
        return int(edges[last - 1 - int(ranks[::-1].argmax())])

    def drop(self, count: int, edges: NDArray[np.int64]) -> "_Tokens":
        """Without the first `count` tokens, which are whole words."""
        word = int(np.searchsorted(edges, count, side="right"))
        return _Tokens(self.ids[count:], self.counts[word:], self.ranks[word:])
