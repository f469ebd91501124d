"""How far the scores of two bundles lie apart, such as one in int8 and one in fp32 of the same checkpoint."""

from collections.abc import Sequence

import numpy as np

from escore import EscoreError, Scorer
from escore.difference import ScoreDifference, compare_scores


class UnlikeWordsError(EscoreError, ValueError):
    """Two bundles that split the same text into other words."""


def compare_scorers(scorer: Scorer, other: Scorer, texts: Sequence[str]) -> ScoreDifference:
    """The difference of two scorers on the same texts, with the first one's marks. Raises UnlikeWordsError."""
    scores, other_scores = [], []
    for document, other_document in zip(scorer.stream(texts), other.stream(texts), strict=True):
        if not np.array_equal(document.starts, other_document.starts) or not np.array_equal(
            document.ends, other_document.ends
        ):
            problem = f"{other.bundle.path}: splits text into other words"
            raise UnlikeWordsError(problem, "give a bundle of the same checkpoint to compare with")
        scores.append(document.scores)
        other_scores.append(other_document.scores)
    return compare_scores(np.concatenate(other_scores), np.concatenate(scores), scorer.bundle.manifest.marks)
