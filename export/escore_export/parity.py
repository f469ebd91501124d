"""Does a graph say what the checkpoint says? Both score the same windows of the same text."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from tokenizers import Tokenizer

from escore import EscoreError
from escore.encode import encode
from escore.manifest import Mark, Parity
from escore.plan import Window, plan
from escore.stitch import stitch
from escore_export.graph import Scores

FP32_MAX = 0.05  # of 300, any word
INT8_MEAN, INT8_P99, INT8_MARKS = 1.5, 12.0, 0.01

Run = Callable[[Window], NDArray[np.float32]]


class ParityError(EscoreError, ValueError):
    """A graph whose scores lie too far from the checkpoint's."""


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


def score(tokenizer: Tokenizer, run: Run, text: str, max_tokens: int, overlap: int) -> NDArray[np.float32]:
    """A text's word scores (float32, [words]), its windows run by `run`."""
    pieces = list(encode(tokenizer, text))
    scores = [run(window) for window in plan(iter(pieces), max_tokens - 2, overlap)]
    counts = np.concatenate([piece.words.counts for piece in pieces])
    return stitch(counts, np.concatenate(scores))


def reference(tokenizer: Tokenizer, run: Run, texts: Sequence[str], max_tokens: int, overlap: int) -> Reference:
    """What torch says of the texts."""
    words = [
        text[start:end]
        for text in texts
        for piece in encode(tokenizer, text)
        for start, end in zip(piece.words.starts.tolist(), piece.words.ends.tolist(), strict=True)
    ]
    return Reference(texts, words, np.concatenate([score(tokenizer, run, text, max_tokens, overlap) for text in texts]))


def check_fp32(expected: Reference, scores: NDArray[np.float32]) -> float:
    """The largest difference of the unquantized graph. Raises ParityError above 0.05 of 300."""
    differences = np.abs(scores - expected.scores)
    if not float(differences.max()) <= FP32_MAX:
        raise ParityError(f"fp32: differs from torch by more than {FP32_MAX}: {_worst(expected, scores)}")
    return float(differences.max())


def check_int8(expected: Reference, scores: NDArray[np.float32], fp32_max: float, marks: Sequence[Mark]) -> Parity:
    """Measure the quantized graph as it will be used. Raises ParityError where a gate fails."""
    parity = measure(expected.scores, scores, fp32_max, marks)
    gates = ((parity.mean, INT8_MEAN, "mean"), (parity.p99, INT8_P99, "99th percentile"))
    failed = [f"{name} {value} (at most {most})" for value, most, name in gates if not value <= most]
    if not parity.marks_changed <= INT8_MARKS:
        failed.append(f"marks changed {parity.marks_changed:.2%} (at most {INT8_MARKS:.0%})")
    if failed:
        raise ParityError(f"int8: too far from torch: {', '.join(failed)}; {_worst(expected, scores)}")
    return parity


def measure(
    expected: NDArray[np.float32], scores: NDArray[np.float32], fp32_max: float, marks: Sequence[Mark]
) -> Parity:
    """How far `scores` lie from `expected` (float32, [words], 0..300 both)."""
    differences = np.abs(scores - expected)
    edges = np.array([mark.minimum for mark in marks])
    changed = np.searchsorted(edges, scores, side="right") != np.searchsorted(edges, expected, side="right")
    return Parity(
        words=len(scores),
        fp32_max=round(fp32_max, 4),
        mean=round(float(differences.mean()), 3),
        p99=round(float(np.percentile(differences, 99)), 3),
        max=round(float(differences.max()), 3),
        marks_changed=round(float(changed.mean()), 5),
    )


def _worst(expected: Reference, scores: NDArray[np.float32]) -> str:
    worst = np.argsort(-np.abs(scores - expected.scores))[:3]
    return ", ".join(f"'{expected.words[i]}' {expected.scores[i]:.2f} became {scores[i]:.2f}" for i in worst)
