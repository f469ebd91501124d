"""The four stages of one text, in one thread: encode ─▶ windows ─▶ infer ─▶ pooling."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

from escore.bundle.tokenizer import WordTokenizer
from escore.pipeline.encode import Chunk, encode_text
from escore.pipeline.pooling import WordOutputs, pool
from escore.pipeline.windows import Window, make_windows

Run = Callable[[Window], NDArray[np.float32]]
N = TypeVar("N", np.int32, np.float32)


@dataclass(slots=True, eq=False)
class Job:
    """A text, or a list of words, on its way through the stages.

    chunks: its words and tokens, encoded as they are read.
    text: the text; "" for a list of words.
    context: what the caller gave with the text, to get it back with its document.
    counts, starts, ends: those of the chunks that were read so far (see Chunk).
    """

    chunks: Iterator[Chunk]
    text: str = ""
    context: object = None
    counts: list[NDArray[np.int32]] = field(default_factory=list)
    starts: list[NDArray[np.int32]] = field(default_factory=list)
    ends: list[NDArray[np.int32]] = field(default_factory=list)

    def read(self) -> Iterator[Chunk]:
        """Read the chunks, and keep of each what `offsets` and `scores` need."""
        for chunk in self.chunks:
            self.counts.append(chunk.counts)
            self.starts.append(chunk.starts)
            self.ends.append(chunk.ends)
            yield chunk

    def offsets(self) -> tuple[NDArray[np.int32], NDArray[np.int32]]:
        """Where each word starts and ends in the text (int32, [words] each), once all chunks are read."""
        return _concatenate(self.starts, np.int32), _concatenate(self.ends, np.int32)

    def pool(self, tokens: list[NDArray[np.float32]]) -> WordOutputs:
        """What the model says of all words, from what it says of each window's kept tokens, in order."""
        return pool(_concatenate(self.counts, np.int32), _concatenate(tokens, np.float32))

    def scores(self, tokens: list[NDArray[np.float32]]) -> NDArray[np.float32]:
        """The scores alone (float32, [words], 0..300)."""
        return self.pool(tokens).scores


@dataclass(frozen=True, slots=True, eq=False)
class Pipeline:
    """Scores texts with any model, one window after the other.

    tokenizer: finds the words of a text and their tokens.
    max_tokens: tokens of the longest window, <s> and </s> included.
    overlap: the smallest number of tokens that two neighboring windows share.
    run: the model: what it says of the tokens that a window keeps (see infer.run_window).
    """

    tokenizer: WordTokenizer
    max_tokens: int
    overlap: int
    run: Run

    def windows(self, text: str) -> Iterator[Window]:
        """The windows of a text, in order."""
        return self.cut(self.job(text))

    def scores(self, text: str) -> NDArray[np.float32]:
        """The scores of a text's words (float32, [words], 0..300)."""
        job = self.job(text)
        return job.scores([self.run(window) for window in self.cut(job)])

    def job(self, text: str, context: object = None) -> Job:
        """A text before the first stage."""
        return Job(encode_text(self.tokenizer, text), text, context)

    def cut(self, job: Job) -> Iterator[Window]:
        """Encode a job's chunks and cut them into windows."""
        return make_windows(job.read(), self.max_tokens - 2, self.overlap)


def _concatenate(arrays: list[NDArray[N]], dtype: type[N]) -> NDArray[N]:
    if len(arrays) > 1:
        return np.concatenate(arrays)
    return arrays[0] if arrays else np.empty(0, dtype)
