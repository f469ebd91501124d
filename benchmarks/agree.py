"""Before anything is timed: do the contestants say the same?"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from benchmarks.models import Model
from benchmarks.texts import Source
from benchmarks.worker import Worker
from escore import EscoreError

LENGTHS = (8, 16, 30, 60, 100)  # words of the texts that are compared


class DisagreementError(EscoreError, ValueError):
    """Two contestants that should say the same do not."""


@dataclass(frozen=True, slots=True)
class Tolerance:
    """How far scores (0..300) of words may lie apart: in the mean, 99 of 100, and all."""

    mean: float
    p99: float
    most: float


FP32 = Tolerance(0.05, 0.05, 0.05)
EXACT = Tolerance(0.5, 0.5, 0.5)  # the same graph, optimized alike
# The same graph, but by default onnxruntime joins additions and layer norms, which rounds otherwise; and where a value
# lies between two steps of int8, the next layers see another step. Over twelve random layers that is as much as INT8.
SAME_GRAPH = Tolerance(0.5, 5, 20)
INT8 = Tolerance(1.5, 12, 300)  # what `escore export` demands of trained weights
INT8_RANDOM = Tolerance(3, 20, 300)  # and what models.py does of random ones


def check_graph(escore: Worker, model: Model, source: Source) -> None:
    """The graph that optimum runs, and the bundle's own, optimized as escore does it. Raises DisagreementError."""
    for graph in (model.int8 / "model.onnx", model.optimum / "model.onnx"):
        with Worker("plain", bundle=str(model.int8), graph=str(graph), as_escore=True) as plain:
            check(escore, plain, source, EXACT)


def check(escore: Worker, peer: Worker, source: Source, tolerance: Tolerance) -> None:
    """Compare the scores of some texts, word by word. Raises DisagreementError."""
    differences, spread = [], []
    for length in LENGTHS:
        for text in source.spaced(length, 2):
            words = escore.tokens(text)
            ours = np.array([score for _, _, score in words])
            theirs = _means(peer.tokens(text), [start for start, _, _ in words])
            differences.append(np.abs(ours - theirs))
            spread.append(ours)
    apart = np.concatenate(differences)
    found = (float(apart.mean()), float(np.percentile(apart, 99)), float(apart.max()))
    names = f"{escore.contestant} and {peer.contestant}"
    if np.concatenate(spread).std() < 20:
        raise DisagreementError(f"{names}: scores hardly differ from word to word, so that they agree says nothing")
    bounds = (tolerance.mean, tolerance.p99, tolerance.most)
    if not all(value <= bound for value, bound in zip(found, bounds, strict=True)):  # not a number is no agreement
        raise DisagreementError(
            f"{names} disagree: mean {found[0]:.2f}, 99th percentile {found[1]:.2f}, most {found[2]:.2f} of 300; "
            f"allowed {bounds[0]:g}, {bounds[1]:g}, {bounds[2]:g}; nothing was timed"
        )


def _means(tokens: list[tuple[int, int, float]], starts: list[int]) -> NDArray[np.float64]:
    """The mean of the tokens that begin in each word; not a number where there is none."""
    places = np.searchsorted(starts, [start for start, _, _ in tokens], side="right") - 1
    counts = np.bincount(places, minlength=len(starts))
    sums = np.bincount(places, [score for _, _, score in tokens], minlength=len(starts))
    with np.errstate(invalid="ignore"):
        return np.asarray(sums / counts)
