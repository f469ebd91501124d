"""Measure a scorer on labelled files, through the public API. Needs the base install only."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from escore import Document, Scorer
from escore_training import metrics
from escore_training.corpora import read
from escore_training.gold import ENTITY, PROPER, CorpusError, Sentence
from escore_training.texts import GoldText, join, overlaps, recased

SENTENCES = 4  # of a document make one text …
_POSTS = "wnut17"  # … but the posts in a folder of this name stand alone


@dataclass(frozen=True, slots=True)
class Figures:
    """What was measured on one file; None where its labels cannot say.

    `words` gold words; `three_classes` and `four_classes` the share of words between the right edges (50, 150, and
    250); `entity_ap` and `entity_f1` average precision and best F1 of words that are part of a named entity.
    """

    words: int
    three_classes: float | None
    four_classes: float | None
    entity_ap: float | None
    entity_f1: float | None


def evaluate(
    scorer: Scorer, path: Path, case: Callable[[str], str] | None = None, sentences: int | None = None
) -> Figures:
    """Score a corpus file and compare with its labels; `case` (str.lower, str.upper) changes the text first.

    `sentences` of a document make one text (None: 4, but 1 in a folder "wnut17"). Raises CorpusError.
    """
    size = sentences or (1 if path.resolve().parent.name == _POSTS else SENTENCES)
    golds = [join(recased(run, case) if case else run) for run in _runs(path, size)]
    documents = scorer.stream(gold.text for gold in golds)
    scores = np.concatenate([gold_scores(gold, document) for gold, document in zip(golds, documents, strict=True)])
    low = np.array([token.low for gold in golds for token in gold.tokens])
    high = np.array([token.high for gold in golds for token in gold.tokens])
    low3, high3 = np.minimum(low, PROPER), np.minimum(high, PROPER)
    entity_known = (low == ENTITY) | (high < ENTITY)
    positive = low[entity_known] == ENTITY
    ranked = scores[entity_known], positive
    return Figures(
        words=len(scores),
        three_classes=metrics.accuracy(scores, low3, metrics.EDGES[:2]) if (low3 == high3).all() else None,
        four_classes=metrics.accuracy(scores, low, metrics.EDGES) if (low == high).all() else None,
        entity_ap=metrics.average_precision(*ranked) if positive.any() else None,
        entity_f1=metrics.best_f1(*ranked) if positive.any() else None,
    )


def _runs(path: Path, size: int) -> Iterator[list[Sentence]]:
    documents = read(path)
    if not any(sentence for document in documents for sentence in document):
        raise CorpusError(f"{path}: no words in it")
    for document in documents:
        for begin in range(0, len(document), size):
            yield document[begin : begin + size]


def gold_scores(gold: GoldText, document: Document) -> NDArray[np.float64]:
    """A score a gold token ([tokens]): the mean of the words that overlap it, weighted by shared characters."""
    words = list(zip(document.starts.tolist(), document.ends.tolist(), strict=True))
    scores = np.zeros(len(gold.spans))
    first = 0
    for i, (start, end) in enumerate(gold.spans):
        while first < len(words) and words[first][1] <= start:
            first += 1
        found = list(overlaps(words, first, start, end))
        if found:
            weighted = sum(shared * float(document.scores[word]) for word, shared in found)
            scores[i] = weighted / sum(shared for _, shared in found)
    return scores
