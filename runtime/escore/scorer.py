"""The scorer: text ─encode─▶ tokens ─plan─▶ windows ─infer─▶ token scores ─stitch─▶ word scores ─▶ Document."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import partial
from pathlib import Path
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

from escore.bundle.bundle import Bundle
from escore.concurrency import cuda_batching as batch
from escore.concurrency.cores import cores
from escore.concurrency.cuda_batching import Batcher
from escore.concurrency.limiter import Gate
from escore.concurrency.scheduler import Team, flow
from escore.document import Document
from escore.errors import InputTypeError, SettingError
from escore.pipeline.encode import PIECE, Encoded, Words, encode, encode_words
from escore.pipeline.infer import infer
from escore.pipeline.pooling import stitch
from escore.pipeline.windows import Window, plan

MOST_THREADS = 1024  # more than any machine has cores; a larger number is a mistake

S = TypeVar("S")
R = TypeVar("R")
N = TypeVar("N", np.int32, np.float32)


class Scorer:
    """Scores texts with one model. Calls from several threads may share it, and a forked process may go on using it.

    `model` is the folder of a bundle, or an opened Bundle; None is the one that ships. `threads` is how many windows
    are run at once, whoever calls (None: the cores that this process may use, by affinity and cgroup quota; on CUDA
    64, which run in batches); `device` is "auto", "cpu" or "cuda". On a CPU scores do not depend on `threads`. Raises
    what Bundle.open raises, and SettingError for `threads` that are no number from 1 to 1024.
    """

    def __init__(
        self, model: str | Path | Bundle | None = None, threads: int | None = None, device: str = "auto"
    ) -> None:
        if threads is not None and (type(threads) is not int or not 1 <= threads <= MOST_THREADS):
            raise SettingError(f"threads {threads!r} is not a number of threads; give 1 to {MOST_THREADS}")
        if isinstance(model, Bundle) and device != "auto":
            raise SettingError(f"device '{device}' comes too late; give it to Bundle.open")
        self.bundle = model if isinstance(model, Bundle) else Bundle.open(model, device)
        session, ends = self.bundle.session, self.bundle.tokenizer.ends
        self._run: Callable[[Window], NDArray[np.float32]]
        if self.bundle.on_cuda:
            self._run, self.threads = Batcher(session, ends), threads or batch.SIZE
        else:
            self._run, self.threads = partial(infer, session, ends), threads or cores()
        self._capacity = self.bundle.manifest.max_tokens - 2
        self._gate, self._team = Gate(self.threads), Team(self.threads)

    def __call__(self, text: str) -> Document:
        """Score one text of any length. Raises InputTypeError where it is no str."""
        pieces = self._encode(text)
        if len(text) <= PIECE:  # a short text: no other thread is needed
            whole = list(pieces)
            if not whole or len(whole[0].ids) <= self._capacity:
                scores = [self._infer(window) for window in self._plan(iter(whole))]
                return self._document(text, [piece.words for piece in whole], scores)
            pieces = iter(whole)
        return next(self._stream([text], lambda _: pieces, self._document))

    def stream(self, texts: Iterable[str], progress: Callable[[int], None] | None = None) -> Iterator[Document]:
        """Score many texts; documents come in input order, each as soon as it is ready.

        `texts` is read from other threads, one at a time and a bounded number of windows ahead, so a slow source holds
        back no document that is done. An error in `texts` is raised here after the documents before it. `progress`,
        where given, is called from them with the number of words that were taken up since the last call.
        Raises ForkError where the process was forked since the stream began.
        """
        if isinstance(texts, str):
            raise InputTypeError("stream takes many texts; give one text to the scorer itself")
        return self._stream(texts, self._encode, self._document, progress)

    def score_words(self, lists: Iterable[Sequence[str]]) -> list[NDArray[np.float32]]:
        """Score texts given as lists of words: one float32 array ([words], 0..300) a list.

        A given word keeps one score, the mean of its tokens, also where running text would split it ("don't"); one
        without a visible character scores 0. Raises InputTypeError where a list is no list of str.
        """
        return list(self._stream(lists, self._encode_words, self._word_scores))

    def _encode(self, text: str) -> Iterator[Encoded]:
        if not isinstance(text, str):
            raise InputTypeError(f"a text must be a str, not {type(text).__name__}; decode bytes first")
        return encode(self.bundle.tokenizer, text)

    def _encode_words(self, words: Sequence[str]) -> Iterator[Encoded]:
        if (
            not isinstance(words, Sequence)
            or isinstance(words, str)
            or not all(isinstance(word, str) for word in words)
        ):
            raise InputTypeError("score_words takes lists of words, each word a str")
        return encode_words(self.bundle.tokenizer, words)

    def _infer(self, window: Window) -> NDArray[np.float32]:
        with self._gate:
            return self._run(window)

    def _plan(self, pieces: Iterator[Encoded]) -> Iterator[Window]:
        return plan(pieces, self._capacity, self.bundle.manifest.overlap)

    def _stream(
        self,
        sources: Iterable[S],
        encode_one: Callable[[S], Iterator[Encoded]],
        finish: Callable[[S, list[Words], list[NDArray[np.float32]]], R],
        progress: Callable[[int], None] | None = None,
    ) -> Iterator[R]:
        """Run every source through the stages; windows of all of them run side by side."""

        def jobs() -> Iterator[tuple[Iterator[Window], Callable[[list[NDArray[np.float32]]], R]]]:
            for source in sources:
                words: list[Words] = []
                yield self._plan(_noting(encode_one(source), words, progress)), partial(finish, source, words)

        return flow(jobs(), self._infer, self._team, ahead=16 * self.threads)

    def _document(self, text: str, words: list[Words], scores: list[NDArray[np.float32]]) -> Document:
        starts = _joined([piece.starts for piece in words], np.int32)
        ends = _joined([piece.ends for piece in words], np.int32)
        described = self.bundle.manifest
        return Document(
            text, starts, ends, self._word_scores(text, words, scores), described.marks, described.calibration
        )

    def _word_scores(self, _: object, words: list[Words], scores: list[NDArray[np.float32]]) -> NDArray[np.float32]:
        return stitch(_joined([piece.counts for piece in words], np.int32), _joined(scores, np.float32))


def _noting(pieces: Iterator[Encoded], words: list[Words], progress: Callable[[int], None] | None) -> Iterator[Encoded]:
    """Pass pieces on, and keep their words for the finished document."""
    for piece in pieces:
        words.append(piece.words)
        if progress is not None:
            progress(len(piece.words.counts))
        yield piece


def _joined(parts: list[NDArray[N]], dtype: type[N]) -> NDArray[N]:
    return parts[0] if len(parts) == 1 else np.concatenate([np.empty(0, dtype), *parts])
