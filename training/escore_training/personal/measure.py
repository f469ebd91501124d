"""How good a model in training is: on a person's held-out texts, and on general ones, to see what it forgets."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch
from transformers import RobertaForTokenClassification

from escore import Document
from escore.pipeline.pooling import mean_pool
from escore.scale import EDGES, ENTITY_MINIMUM, MARKS, MAX_SCORE
from escore_evaluation import metrics
from escore_evaluation.scoring import ScoredTokens, align_scores
from escore_labels.texts import LabeledText
from escore_training.personal.encode import EncodedText, predict


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


def measure(
    model: RobertaForTokenClassification, texts: Sequence[LabeledText], encodings: Sequence[EncodedText]
) -> TextFigures:
    """The figures of a model on labeled texts."""
    documents = []
    for text, encoding, logits in zip(texts, encodings, predict(model, encodings), strict=True):
        scores = mean_pool(encoding.counts, (MAX_SCORE * torch.sigmoid(logits)).numpy())
        documents.append(Document(text.text, encoding.starts, encoding.ends, scores, MARKS))
    tokens = align_scores(texts, documents)
    targets = np.array([np.nan if t.target is None else t.target for text in texts for t in text.tokens])
    return _figures(tokens, targets)


def _figures(tokens: ScoredTokens, targets: metrics.Floats) -> TextFigures:
    has_target = ~np.isnan(targets)
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
    correlation = None
    if has_target.sum() > 2:
        correlation = _spearman(tokens.scores[has_target], targets[has_target])
    return TextFigures(int(tokens.decided().sum() + has_target.sum()), classes, ap, f1, span_f1, correlation)


def _class_share(tokens: ScoredTokens) -> float | None:
    low, high = np.minimum(tokens.low, 2), np.minimum(tokens.high, 2)
    certain = low == high
    if not certain.any():
        return None
    return float(metrics.in_class(tokens.scores[certain], low[certain], EDGES[:2]).mean())


def _spearman(first: metrics.Floats, second: metrics.Floats) -> float | None:
    """Spearman's rank correlation; equal values share their mean rank. None where all are equal."""
    ranks, other = _ranks(first), _ranks(second)
    if min(ranks.std(), other.std()) == 0:
        return None
    return float(np.corrcoef(ranks, other)[0, 1])


def _ranks(values: metrics.Floats) -> metrics.Floats:
    _, inverse, counts = np.unique(values, return_inverse=True, return_counts=True)
    ranks: metrics.Floats = (np.cumsum(counts) - (counts - 1) / 2)[inverse]
    return ranks
