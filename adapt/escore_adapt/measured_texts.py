"""Labeled texts that tell how good a personal head is, without a bundle being written first."""

from collections.abc import Sequence

import numpy as np

from escore import Bundle, Document
from escore.bundle.personal_head import HeadArrays
from escore.pipeline.pooling import mean_pool
from escore.scale import MARKS, MAX_SCORE
from escore_adapt.basis import Singles
from escore_adapt.fit import head_change
from escore_adapt.projections import Projections
from escore_adapt.states import run_texts
from escore_evaluation.text_figures import TextFigures, measure_texts
from escore_labels.adjudicate import to_labeled_text
from escore_labels.record import Record
from escore_labels.targets import logit, sigmoid


class MeasuredTexts:
    """Labeled texts, one or more, run once. `prefer` is as in to_labeled_text.

    before: the figures of the bundle as it is.
    """

    def __init__(self, bundle: Bundle, records: Sequence[Record], projections: Projections, prefer: str | None) -> None:
        self._labels = [to_labeled_text(record, prefer) for record in records]
        self._words, self._directions, self._bases = [], [], []
        scores = []
        for states in run_texts(bundle, (record.text for record in records), projections):
            self._words.append((states.counts, states.starts, states.ends, states.joins))
            self._directions.append(states.directions)
            self._bases.append(logit(states.base / MAX_SCORE))
            scores.append(states.scores)
        self.before = self._figures(scores)

    def measure(self, head: HeadArrays | None) -> TextFigures:
        """The figures with another head than the bundle's, or with none."""
        texts = zip(self._bases, self._directions, strict=True)
        logits = [base if head is None else base + head_change(head, directions) for base, directions in texts]
        return self._figures([(MAX_SCORE * sigmoid(values)).astype(np.float32) for values in logits])

    def _figures(self, scores: Sequence[Singles]) -> TextFigures:
        documents = [
            Document(label.text, starts, ends, mean_pool(counts, values), MARKS, joins=joins)
            for label, (counts, starts, ends, joins), values in zip(self._labels, self._words, scores, strict=True)
        ]
        return measure_texts(self._labels, documents)
