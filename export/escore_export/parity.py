"""Does a graph say what the checkpoint says? Both score the same windows of the same text."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from onnxruntime import InferenceSession

from escore.bundle.manifest import Parity
from escore.bundle.tokenizer import WordTokenizer
from escore.difference import FP32_MAX, Gates, compare_scores
from escore.pipeline.encode import encode_text
from escore.pipeline.infer import run_window
from escore.pipeline.pooling import mean_pool
from escore.pipeline.windows import Window, make_windows
from escore.scale import Mark
from escore_export.errors import CheckpointError, ParityError
from escore_export.graph.fuse import Scores

LEAST_SPREAD = 1.0  # of 300: the standard deviation of the scores below which a checkpoint has learned nothing

Run = Callable[[Window], NDArray[np.float32]]


@dataclass(frozen=True, slots=True)
class Windows:
    """How texts are read: the tokenizer, the longest window in tokens (ends included), and the overlap."""

    tokenizer: WordTokenizer
    max_tokens: int
    overlap: int

    def of(self, texts: Sequence[str]) -> list[Window]:
        """The windows of all texts."""
        return [
            window
            for text in texts
            for window in make_windows(encode_text(self.tokenizer, text), self.max_tokens - 2, self.overlap)
        ]

    def scores(self, text: str, run: Run) -> NDArray[np.float32]:
        """A text's word scores (float32, [words]), its windows run by `run`."""
        pieces = list(encode_text(self.tokenizer, text))
        scores = [run(window) for window in make_windows(iter(pieces), self.max_tokens - 2, self.overlap)]
        nothing = np.empty(0, np.int32), np.empty(0, np.float32)
        counts = np.concatenate([nothing[0], *(piece.counts for piece in pieces)])
        return mean_pool(counts, np.concatenate([nothing[1], *scores]))


@dataclass(frozen=True, slots=True)
class Reference:
    """Texts, their words, and each word's score in torch (float32, [words])."""

    texts: Sequence[str]
    words: list[str]
    scores: NDArray[np.float32]


def torch_run(model: Scores, ends: tuple[int, int]) -> Run:
    """The checkpoint as a runner of windows."""

    def run(window: Window) -> NDArray[np.float32]:
        ids = torch.tensor([[ends[0], *window.ids.tolist(), ends[1]]])
        with torch.no_grad():
            scores = model(ids, torch.ones_like(ids))["scores"][0, 1:-1].numpy()
        kept: NDArray[np.float32] = scores[window.keep]
        return kept

    return run


def session_run(session: InferenceSession, ends: tuple[int, int]) -> Run:
    """A graph as a runner of windows, as the runtime runs it."""
    return lambda window: run_window(session, ends, window)


def reference(windows: Windows, run: Run, texts: Sequence[str]) -> Reference:
    """What the checkpoint says of the texts, by `run`. Raises CheckpointError where that says nothing."""
    words = [
        text[start:end]
        for text in texts
        for piece in encode_text(windows.tokenizer, text)
        for start, end in zip(piece.starts.tolist(), piece.ends.tolist(), strict=True)
    ]
    scores = np.concatenate([windows.scores(text, run) for text in texts])
    if not np.isfinite(scores).all():
        raise CheckpointError("the checkpoint itself gives scores that are no numbers; its weights are too large")
    if scores.std() < LEAST_SPREAD:
        raise CheckpointError(
            f"the checkpoint scores all words alike, near {scores.mean():.0f}: its training went wrong; lower its rate"
        )
    return Reference(texts, words, scores)


def check_fp32(expected: Reference, scores: NDArray[np.float32]) -> float:
    """The largest difference of an unquantized graph. Raises ParityError above 0.05 of 300."""
    _comparable(expected, scores)
    largest = float(np.abs(scores - expected.scores).max())
    if not largest <= FP32_MAX:
        raise ParityError(f"fp32: differs from torch by more than {FP32_MAX}: {_worst(expected, scores)}")
    return largest


def check(
    expected: Reference,
    scores: NDArray[np.float32],
    gates: Gates,
    precision: str,
    fp32_max: float,
    marks: Sequence[Mark],
) -> Parity:
    """Measure a bundle as it will be used. Raises ParityError where a gate fails."""
    _comparable(expected, scores)
    parity = measure(expected.scores, scores, fp32_max, marks)
    found = (("mean", parity.mean, gates.mean), ("99th percentile", parity.p99, gates.p99))
    failed = [f"{name} {value} (at most {most:g})" for name, value, most in found if not value <= most]
    if not parity.marks_changed <= gates.marks_changed:
        failed.append(f"marks changed {parity.marks_changed:.2%} (at most {gates.marks_changed:.2%})")
    if failed:
        raise ParityError(
            f"{precision}: too far from torch: {', '.join(failed)}; {_worst(expected, scores)}; "
            "give wider gates (--max-...) or another --precision"
        )
    return parity


def measure(
    expected: NDArray[np.float32], scores: NDArray[np.float32], fp32_max: float, marks: Sequence[Mark]
) -> Parity:
    """How far `scores` lie from `expected` (float32, [words], 0..300 both)."""
    difference = compare_scores(expected, scores, marks)
    return Parity(
        words=difference.words,
        fp32_max=round(fp32_max, 4),
        mean=round(difference.mean, 3),
        p99=round(difference.p99, 3),
        max=round(difference.max, 3),
        marks_changed=round(difference.marks_changed, 5),
    )


def _comparable(expected: Reference, scores: NDArray[np.float32]) -> None:
    if scores.shape != expected.scores.shape:
        raise ParityError(f"the graph gives {len(scores)} words a score, torch {len(expected.scores)}")
    if not np.isfinite(scores).all():
        raise ParityError("the graph gives scores that are no numbers")


def _worst(expected: Reference, scores: NDArray[np.float32]) -> str:
    worst = np.argsort(-np.abs(scores - expected.scores), kind="stable")[:3]
    return ", ".join(f"'{expected.words[i][:40]}' {expected.scores[i]:.2f} became {scores[i]:.2f}" for i in worst)
