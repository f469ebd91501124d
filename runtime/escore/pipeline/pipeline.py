"""The four stages of one text, in one thread: encode ─▶ windows ─▶ infer ─▶ pooling."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

from escore.bundle.tokenizer import WordTokenizer
from escore.pipeline.encode import Encoded, Words, encode
from escore.pipeline.pooling import stitch
from escore.pipeline.windows import Window, plan

N = TypeVar("N", np.int32, np.float32)


@dataclass(slots=True)
class Job:
    """A text, or a list of words, on its way through the stages.

    chunks: its encoded parts, one after the other; they are encoded when they are read.
    text: the text; "" for a list of words.
    context: what the caller gave with the text, to get it back with its document.
    words: the words of the chunks that were read so far.
    """

    chunks: Iterator[Encoded]
    text: str = ""
    context: object = None
    words: list[Words] = field(default_factory=list)

    def read(self) -> Iterator[Encoded]:
        """Read the chunks, and keep their words."""
        for chunk in self.chunks:
            self.words.append(chunk.words)
            yield chunk

    def offsets(self) -> tuple[NDArray[np.int32], NDArray[np.int32]]:
        """Where each word starts and ends in the text (int32, [words] each), once all chunks are read."""
        starts = _concatenate([words.starts for words in self.words], np.int32)
        return starts, _concatenate([words.ends for words in self.words], np.int32)

    def scores(self, token_scores: list[NDArray[np.float32]]) -> NDArray[np.float32]:
        """The scores of all words (float32, [words], 0..300) from those of each window's kept tokens, in order."""
        counts = _concatenate([words.counts for words in self.words], np.int32)
        return stitch(counts, _concatenate(token_scores, np.float32))


class Pipeline:
    """Scores texts with any model, one window after the other.

    tokenizer: finds the words of a text and their tokens.
    max_tokens: tokens of the longest window, <s> and </s> included.
    overlap: the smallest number of tokens that two neighboring windows share.
    run: the model: the scores of the tokens that a window keeps (float32, [kept tokens], 0..300).
    """

    def __init__(
        self,
        tokenizer: WordTokenizer,
        max_tokens: int,
        overlap: int,
        run: Callable[[Window], NDArray[np.float32]],
    ) -> None:
        self.tokenizer = tokenizer
        self.run = run
        self._capacity, self._overlap = max_tokens - 2, overlap

    def windows(self, text: str) -> Iterator[Window]:
        """The windows of a text, in order."""
        return self.cut(self.job(text))

    def scores(self, text: str) -> NDArray[np.float32]:
        """The scores of a text's words (float32, [words], 0..300)."""
        job = self.job(text)
        return job.scores([self.run(window) for window in self.cut(job)])

    def job(self, text: str) -> Job:
        """A text before the first stage."""
        return Job(encode(self.tokenizer, text), text)

    def cut(self, job: Job) -> Iterator[Window]:
        """Encode a job's chunks and cut them into windows."""
        return plan(job.read(), self._capacity, self._overlap)


def _concatenate(arrays: list[NDArray[N]], dtype: type[N]) -> NDArray[N]:
    return arrays[0] if len(arrays) == 1 else np.concatenate([np.empty(0, dtype), *arrays])
