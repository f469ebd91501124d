"""Stage two: tokens into overlapping windows, cut between words, and if possible where a reader would pause."""

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import chain

import numpy as np
from numpy.typing import NDArray

from escore.pipeline.encode import Encoded


@dataclass(frozen=True, slots=True)
class Window:
    """Token ids of one run (int64, without <s> and </s>), and the half-open range of them whose scores count."""

    ids: NDArray[np.int64]
    keep: slice


def plan(pieces: Iterator[Encoded], capacity: int, overlap: int) -> Iterator[Window]:
    """Windows of at most `capacity` tokens, each sharing `overlap` to twice as many tokens with the next.

    The kept ranges of all windows, put together, are exactly all tokens in order. Within an overlap a word counts in
    the window that gives it more context. A word of more than `capacity` tokens is spread over several windows.
    """
    first, second = next(pieces, None), next(pieces, None)
    if first is not None and second is None and len(first.ids) <= capacity:  # most texts fit one window
        if len(first.ids):
            yield Window(first.ids, slice(0, len(first.ids)))
        return
    pieces = chain((piece for piece in (first, second) if piece is not None), pieces)
    waiting = _Waiting.empty()
    owned = 0  # tokens at the front that an earlier window's scores already cover
    while True:
        while len(waiting.ids) <= capacity and (piece := next(pieces, None)) is not None:
            waiting = waiting.plus(piece, capacity)
        if len(waiting.ids) <= capacity:
            if len(waiting.ids):
                yield Window(waiting.ids, slice(owned, len(waiting.ids)))
            return
        edges = np.cumsum(waiting.counts, dtype=np.int64)  # the token after each word
        end = waiting.cut(edges, capacity * 3 // 4, capacity)
        begin = waiting.cut(edges, max(end - 2 * overlap, owned + 1), end - overlap)
        if begin <= owned:  # words so long that no overlap fits
            begin = end
        inside = edges[(edges >= begin) & (edges <= end)]
        middle = int(inside[np.abs(inside - (begin + end) / 2).argmin()]) if len(inside) else end
        yield Window(waiting.ids[:end], slice(owned, middle))
        owned = middle - begin
        waiting = waiting.after(begin, edges)


@dataclass(frozen=True, slots=True)
class _Waiting:
    """Tokens from the start of the next window on; `counts` and `pauses` a word, as in Encoded."""

    ids: NDArray[np.int64]
    counts: NDArray[np.int32]
    pauses: NDArray[np.uint8]

    @classmethod
    def empty(cls) -> "_Waiting":
        return cls(np.empty(0, np.int64), np.empty(0, np.int32), np.empty(0, np.uint8))

    def plus(self, piece: Encoded, capacity: int) -> "_Waiting":
        counts, pauses = piece.words.counts, piece.pauses()
        if len(counts) and counts.max() > capacity:
            parts = [[capacity] * (n // capacity) + [n % capacity] * (n % capacity > 0) for n in counts.tolist()]
            pauses = np.concatenate(
                [[pause] + [0] * (len(part) - 1) for part, pause in zip(parts, pauses, strict=True) if part]
            ).astype(np.uint8)
            counts = np.array([n for part in parts for n in part], np.int32)
        return _Waiting(
            np.concatenate([self.ids, piece.ids]),
            np.concatenate([self.counts, counts]),
            np.concatenate([self.pauses, pauses]),
        )

    def cut(self, edges: NDArray[np.int64], least: int, most: int) -> int:
        """The best word edge in least..most by its pause, the last of equals; else the last before `least`, or 0."""
        first, last = np.searchsorted(edges, [least, most + 1])
        if first >= last:
            return int(edges[first - 1]) if first else 0
        ranks = self.pauses[np.minimum(np.arange(first, last) + 1, len(self.pauses) - 1)]
        return int(edges[last - 1 - int(ranks[::-1].argmax())])

    def after(self, token: int, edges: NDArray[np.int64]) -> "_Waiting":
        """What is left once the words before `token` have gone."""
        word = int(np.searchsorted(edges, token, side="right"))
        return _Waiting(self.ids[token:], self.counts[word:], self.pauses[word:])
