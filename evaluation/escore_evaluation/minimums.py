"""What a minimum score finds and misses in texts without labels, as the bundle's calibration expects it."""

from dataclasses import dataclass

import numpy as np

from escore import Document
from escore.scale import MAX_SCORE
from escore_labels.suggest import NotCalibratedError

STEP = 20  # of the minimums


@dataclass(frozen=True, slots=True)
class Expectation:
    """What is to be expected of a minimum score.

    minimum: 0..300.
    words: how many words reach it.
    precision: the share of these that is part of an entity; None where there are none.
    recall: the share of all words of entities that reaches it; None where no word is expected to be one.
    f1: the harmonic mean of the two.
    """

    minimum: int
    words: int
    precision: float | None
    recall: float | None
    f1: float | None


class MinimumTable:
    """Adds up the probabilities of words, one document after the other, by the minimums that they reach."""

    def __init__(self) -> None:
        self._edges = np.arange(0, MAX_SCORE, STEP)
        self._words = np.zeros(len(self._edges), np.int64)
        self._entities = np.zeros(len(self._edges))

    def add(self, document: Document) -> None:
        """Add the words of a document. Raises NotCalibratedError."""
        probabilities = document.probabilities()
        if probabilities is None:
            advice = "escore evaluate BUNDLE LABELS --calibrate-on LABELS --write BUNDLE"
            raise NotCalibratedError("this bundle is not calibrated, so nothing can be expected of a minimum", advice)
        steps = np.searchsorted(self._edges, document.scores, side="right") - 1
        self._words += np.bincount(steps, minlength=len(self._edges))
        self._entities += np.bincount(steps, probabilities, minlength=len(self._edges))

    def expectations(self) -> list[Expectation]:
        """A row a minimum, from 0 on.

        A word is part of an entity with its probability, so that the expected number of words of entities among some
        words is the sum of their probabilities.
        """
        words, entities = self._words[::-1].cumsum()[::-1], self._entities[::-1].cumsum()[::-1]
        rows = zip(self._edges.tolist(), words.tolist(), entities.tolist(), strict=True)
        return [_expectation(int(minimum), count, sure, float(entities[0])) for minimum, count, sure in rows]


def _expectation(minimum: int, words: int, entities: float, all_entities: float) -> Expectation:
    precision = entities / words if words else None
    recall = entities / all_entities if all_entities else None
    f1 = None if precision is None or recall is None else 2 * entities / (words + all_entities)
    return Expectation(minimum, words, precision, recall, f1)
