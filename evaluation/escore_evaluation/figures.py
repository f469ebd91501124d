"""The figures of a row: how good scores are on labeled texts, each figure with its bootstrap interval."""

from dataclasses import dataclass

import numpy as np

from escore.bundle.manifest import Calibration
from escore.scale import ENTITY_MINIMUM
from escore_evaluation import metrics
from escore_evaluation.metrics import Bools, Estimate, Ints
from escore_evaluation.scoring import ScoredRow, ScoredTokens, are_many
from escore_labels.tokens import ENTITY


@dataclass(frozen=True, slots=True)
class Figures:
    """What was measured; None where the labels (or a bundle without calibration) cannot say.

    words, texts: how many labeled tokens and texts there are.
    units: how many documents (or texts, where documents are few) are resampled.
    three_classes, four_classes: share of words whose score lies between the right edges (50, 150, and 250).
    entity_ap, entity_f1, entity_f1_220: average precision, best F1, and F1 at 220 of the words of named entities.
    span_f1: F1 of whole entities, as `Document.entities(220)` joins them.
    ece: expected calibration error of the probability that a word is part of an entity.
    """

    words: int
    texts: int
    units: int
    three_classes: Estimate | None
    four_classes: Estimate | None
    entity_ap: Estimate | None
    entity_f1: Estimate | None
    entity_f1_220: Estimate | None
    span_f1: Estimate | None
    ece: Estimate | None


def row_genres(row: ScoredRow) -> list[str]:
    """The genres of a row's documents, where there are several and nothing was changed."""
    genres = sorted(set(row.texts.genres) - {""})
    return genres if len(genres) > 1 and row.row.change == "kept" else []


def compute_figures(
    row: ScoredRow, table: Calibration | None, resamples: int, seed: int, genre: str | None = None
) -> Figures:
    """The figures of a row, or of one genre in it. The calibration error is of the texts that fit no table."""
    chosen = np.array([genre in (None, name) for name in row.texts.genres])
    tokens = row.tokens.select(chosen)
    text_units = _units(row.texts.documents[chosen])
    units = text_units[tokens.texts]
    weights = metrics.bootstrap_weights(int(text_units.max()) + 1, resamples, seed)
    scores, is_entity = tokens.entity_scores()
    ap, best_f1, f1_220 = None, None, None
    if is_entity.any():
        decided_units = units[tokens.decided()]
        curve = metrics.average_precision_and_best_f1(scores, is_entity, decided_units, weights)
        ap, best_f1 = map(metrics.estimate, curve)
        f1_220 = metrics.estimate(metrics.f1_at(scores, is_entity, ENTITY_MINIMUM, decided_units, weights))
    return Figures(
        words=len(tokens.scores),
        texts=int(chosen.sum()),
        units=weights.shape[1],
        three_classes=_share(tokens.in_class(3), units, weights),
        four_classes=_share(tokens.in_class(4), units, weights),
        entity_ap=ap,
        entity_f1=best_f1,
        entity_f1_220=f1_220,
        span_f1=_span_f1(tokens.entities, text_units, weights),
        ece=None if table is None else _ece(tokens, table, units, weights, ~row.calibrates[chosen]),
    )


def _units(documents: Ints) -> Ints:
    """What is resampled (int, [texts]): the documents, or the texts themselves where documents are few."""
    units = np.unique(documents, return_inverse=True)[1]
    return units if are_many(documents) else np.arange(len(documents))


def _share(which: Bools | None, units: Ints, weights: Ints) -> Estimate | None:
    return None if which is None else metrics.estimate(metrics.share(which, units, weights))


def _span_f1(entities: Ints | None, text_units: Ints, weights: Ints) -> Estimate | None:
    if entities is None:
        return None
    sums = np.zeros((weights.shape[1], 3))
    np.add.at(sums, text_units, entities)
    return metrics.estimate(metrics.f1(*(weights @ sums).T))


def _ece(tokens: ScoredTokens, table: Calibration, units: Ints, weights: Ints, texts: Bools) -> Estimate | None:
    judged = tokens.decided() & texts[tokens.texts]
    is_entity = tokens.low[judged] == ENTITY
    if not is_entity.any():
        return None
    probabilities = np.interp(tokens.scores[judged], table.scores, table.probabilities)
    return metrics.estimate(metrics.calibration_error(probabilities, is_entity, units[judged], weights))
