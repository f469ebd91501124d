"""What lies behind the figures of labeled files: minimums, confusions, calibration, the worst errors."""

from dataclasses import dataclass

import numpy as np

from escore.bundle.manifest import Calibration
from escore.scale import ENTITY_MINIMUM
from escore_evaluation.confusion import ConfusionRow, count_confusions
from escore_evaluation.reliability import ReliabilityBin, reliability_bins
from escore_evaluation.scoring import ScoredRow, is_decided
from escore_evaluation.spans import count_outcomes
from escore_evaluation.thresholds import CurvePoint, Threshold, measure_curve, measure_thresholds
from escore_evaluation.worst_errors import WordError, worst_errors


@dataclass(frozen=True, slots=True)
class EntityOutcomes:
    """What became of labeled entities at the default minimum, 220; see spans.count_outcomes."""

    labeled: int
    right: int
    in_part: int
    missed: int
    elsewhere: int


@dataclass(frozen=True, slots=True)
class Details:
    """Of the texts of all files together.

    label: the row of figures that is of these texts.
    thresholds, curve: see thresholds.py.
    entities: in texts in which each word is decided; None where no such text has one.
    confusions: see confusion.count_confusions.
    reliability: of texts that fit no calibration table; empty without a table.
    errors: the worst ones, as many as were asked for at most.
    """

    label: str
    thresholds: list[Threshold]
    curve: list[CurvePoint]
    entities: EntityOutcomes | None
    confusions: list[ConfusionRow]
    reliability: list[ReliabilityBin]
    errors: list[WordError]


def measure_details(row: ScoredRow, table: Calibration | None, errors: int) -> Details:
    """The details of a row of labeled files."""
    scores, is_entity = row.held_out().entity_scores()
    bins = []
    if table is not None:
        bins = reliability_bins(np.interp(scores, table.scores, table.probabilities), is_entity)
    return Details(
        label=row.row.label,
        thresholds=measure_thresholds(row),
        curve=measure_curve(row),
        entities=_outcomes(row),
        confusions=count_confusions(row),
        reliability=bins,
        errors=worst_errors(row, errors) if errors else [],
    )


def _outcomes(row: ScoredRow) -> EntityOutcomes | None:
    if row.tokens.entities is None or not row.tokens.entities[:, 2].any():
        return None
    counts = [
        count_outcomes(text, [(entity.start, entity.end) for entity in document.entities(ENTITY_MINIMUM)])
        for text, document in zip(row.texts.texts, row.documents, strict=True)
        if is_decided(text)
    ]
    right, in_part, missed, elsewhere = np.sum(counts, axis=0).tolist()
    return EntityOutcomes(right + in_part + missed, right, in_part, missed, elsewhere)
