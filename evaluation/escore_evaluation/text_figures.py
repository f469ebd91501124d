"""Figures of labeled texts at a glance: on a person's own texts, and on general ones, to see what a model forgets."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, fields

import numpy as np

from escore import Document
from escore.bundle.quality import GENERAL_BEFORE, RANK_CORRELATION
from escore.scale import EDGES, ENTITY_MINIMUM
from escore_evaluation import metrics
from escore_evaluation.scoring import ScoredTokens, align_scores
from escore_labels.texts import LabeledText

_NAMES = {
    "classes": "3 classes",
    "ap": "entity AP",
    "f1": "entity F1 at 220",
    "span_f1": "whole entities F1",
    "rank_correlation": "rank correlation",
}


_KEYS = {
    "classes": "three_classes",
    "ap": "entity_ap",
    "f1": "entity_f1_220",
    "span_f1": "span_f1",
    "rank_correlation": RANK_CORRELATION,
}


@dataclass(frozen=True, slots=True)
class TextFigures:
    """Figures of labeled texts; None where their labels cannot say.

    words: how many have a label.
    classes: share of words of one certain class whose score lies between its edges; names and entities are one.
    ap, f1, span_f1: average precision and F1 at 220 of the words of entities, F1 of whole entities.
    rank_correlation: Spearman's, of scores and targets, over words with a target.
    """

    words: int
    classes: float | None
    ap: float | None
    f1: float | None
    span_f1: float | None
    rank_correlation: float | None


def measure_texts(texts: Sequence[LabeledText], documents: Iterable[Document]) -> TextFigures:
    """The figures of labeled texts, and the same texts scored, in the same order."""
    return _figures(align_scores(texts, documents))


def loses_at_most(before: TextFigures, after: TextFigures, class_loss: float, ap_loss: float) -> bool:
    """Whether 3 classes and average precision fall by no more than these losses; missing figures count as 0."""
    lost_classes = (before.classes or 0.0) - (after.classes or 0.0)
    lost_ap = (before.ap or 0.0) - (after.ap or 0.0)
    return lost_classes <= class_loss and lost_ap <= ap_loss


def to_table(own: tuple[TextFigures, TextFigures] | None, general: tuple[TextFigures, TextFigures]) -> str:
    """Figures before and after as lines of text; `own` is None where no text is held out."""
    lines = [f"{'':<31}{'before':>8}{'after':>8}"]
    if own is None:
        lines.append("own: no text is held out; about 20 texts are needed for a figure")
    else:
        lines += _rows(f"own, {own[0].words} words", *own)
    lines += _rows(f"general, {general[0].words} words", *general)
    return "\n".join(lines) + "\n"


def quality_rows(
    own: tuple[TextFigures, TextFigures] | None, general: tuple[TextFigures, TextFigures]
) -> dict[str, dict[str, float]]:
    """Figures before and after in the form of a manifest's `quality`; `own` is None where no text is held out."""
    rows = {"general": general[1], GENERAL_BEFORE: general[0]}
    if own is not None:
        rows |= {"own, held out": own[1], "own, held out, before": own[0]}
    return {label: _quality(figures) for label, figures in rows.items()}


def _quality(figures: TextFigures) -> dict[str, float]:
    values = {key: getattr(figures, name) for name, key in _KEYS.items()}
    return {key: round(value, 6) for key, value in values.items() if value is not None}


def _rows(title: str, before: TextFigures, after: TextFigures) -> list[str]:
    rows: list[str] = []
    for name in (field.name for field in fields(TextFigures) if field.name in _NAMES):
        first, second = getattr(before, name), getattr(after, name)
        if first is not None and second is not None:
            rows.append(f"{title if not rows else '':<20}  {_NAMES[name]:<18}{first:>7.3f}{second:>8.3f}")
    return rows


def _figures(tokens: ScoredTokens) -> TextFigures:
    has_target = ~np.isnan(tokens.targets)
    classes = _class_share(tokens)
    scores, is_entity = tokens.entity_scores()
    ap = f1 = span_f1 = None
    if is_entity.any():
        unit, weights = np.zeros(len(scores), np.int64), np.ones((1, 1), np.int64)
        ap = float(metrics.average_precision_and_best_f1(scores, is_entity, unit, weights)[0][0])
        f1 = float(metrics.f1_at(scores, is_entity, ENTITY_MINIMUM, unit, weights)[0])
        if tokens.entities is not None:
            hits, found, known = tokens.entities.sum(0)
            span_f1 = float(2 * hits / max(1, found + known))
    correlation = metrics.spearman(tokens.scores[has_target], tokens.targets[has_target])
    rank_correlation = None if np.isnan(correlation) else correlation
    return TextFigures(int(tokens.labeled().sum()), classes, ap, f1, span_f1, rank_correlation)


def _class_share(tokens: ScoredTokens) -> float | None:
    low, high = np.minimum(tokens.low, 2), np.minimum(tokens.high, 2)
    certain = low == high
    if not certain.any():
        return None
    return float(metrics.in_class(tokens.scores[certain], low[certain], EDGES[:2]).mean())
