"""How far the scores of two bundles lie apart, such as one of 8 bits and the same checkpoint in fp32."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from escore import EscoreError, Scorer


class UnlikeWordsError(EscoreError, ValueError):
    """Two bundles that cut the same text into other words."""


@dataclass(frozen=True, slots=True)
class Difference:
    """Of `words` words: mean and 99th percentile of the scores' difference (0..300), the share of marks that change."""

    words: int
    mean: float
    p99: float
    marks_changed: float


def difference(scorer: Scorer, other: Scorer, texts: Sequence[str]) -> Difference:
    """Compare two scorers on the same texts; the marks are those of the first. Raises UnlikeWordsError."""
    edges = np.array([mark.minimum for mark in scorer.bundle.manifest.marks])
    distances, changes = [], []
    for ours, theirs in zip(scorer.stream(texts), other.stream(texts), strict=True):
        if not np.array_equal(ours.starts, theirs.starts) or not np.array_equal(ours.ends, theirs.ends):
            raise UnlikeWordsError(
                f"{other.bundle.path}: cuts text into other words; give a bundle of the same checkpoint to compare with"
            )
        distances.append(np.abs(ours.scores - theirs.scores))
        marks = [np.searchsorted(edges, document.scores, side="right") for document in (ours, theirs)]
        changes.append(marks[0] != marks[1])
    all_distances = np.concatenate(distances)
    return Difference(
        words=len(all_distances),
        mean=float(all_distances.mean()),
        p99=float(np.percentile(all_distances, 99)),
        marks_changed=float(np.concatenate(changes).mean()),
    )
