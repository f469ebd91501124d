"""Precision, recall and F1 by minimum score: of the words of entities, and of whole entities."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from escore.scale import MAX_SCORE
from escore_evaluation.metrics import Bools, Floats
from escore_evaluation.scoring import ScoredRow, count_entities, is_decided

MINIMUMS = (50.0, 80.0, 100.0, 150.0, 200.0, 220.0, 250.0)
CURVE_STEP = 10.0


@dataclass(frozen=True, slots=True)
class Quality:
    """Precision, recall and F1; None where nothing is found, or nothing is there to be found."""

    precision: float | None
    recall: float | None
    f1: float | None


@dataclass(frozen=True, slots=True)
class Threshold:
    """A minimum score (0..300), whether its F1 of words is the best one, and what it gives.

    `entities` is None where no text says all about whole entities.
    """

    minimum: float
    is_best: bool
    words: Quality
    entities: Quality | None


@dataclass(frozen=True, slots=True)
class CurvePoint:
    """A minimum score, and what it gives of words."""

    minimum: float
    words: Quality


def measure_thresholds(row: ScoredRow) -> list[Threshold]:
    """The usual minimums and the best one, in order; empty unless labels have both words in entities and in none."""
    scores, is_entity = row.tokens.entity_scores()
    if is_entity.all() or not is_entity.any():
        return []
    best = best_minimum(scores, is_entity)
    return [
        Threshold(minimum, minimum == best, _words(scores, is_entity, minimum), _entities(row, minimum))
        for minimum in sorted({*MINIMUMS, best})
    ]


def measure_curve(row: ScoredRow) -> list[CurvePoint]:
    """A point each ten points of score; empty as above."""
    scores, is_entity = row.tokens.entity_scores()
    if is_entity.all() or not is_entity.any():
        return []
    minimums = np.arange(0, MAX_SCORE + 1, CURVE_STEP).tolist()
    return [CurvePoint(minimum, _words(scores, is_entity, minimum)) for minimum in minimums]


def best_minimum(scores: Floats, is_entity: Bools) -> float:
    """The minimum of the best F1 of words ([words] both), rounded down to a tenth; the highest of several."""
    order = np.argsort(-scores, kind="stable")
    last = np.append(np.flatnonzero(np.diff(scores[order])), len(order) - 1)
    f1 = 2 * np.cumsum(is_entity[order])[last] / (last + 1 + is_entity.sum())
    return float(np.floor(scores[order][last[np.argmax(f1)]] * 10) / 10)


def _words(scores: Floats, is_entity: Bools, minimum: float) -> Quality:
    found = scores >= minimum
    return _quality([int((found & is_entity).sum()), int(found.sum()), int(is_entity.sum())])


def _entities(row: ScoredRow, minimum: float) -> Quality | None:
    if row.tokens.entities is None:
        return None
    pairs = zip(row.texts.texts, row.documents, strict=True)
    counts = [count_entities(text, document, minimum) for text, document in pairs if is_decided(text)]
    return _quality(np.sum(counts, axis=0).tolist())


def _quality(counts: Sequence[int]) -> Quality:
    hits, found, labeled = counts
    return Quality(
        hits / found if found else None,
        hits / labeled if labeled else None,
        2 * hits / (found + labeled) if labeled else None,
    )
