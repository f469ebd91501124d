"""Measure a scorer on labelled files, through the public API. Needs the base install only."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from escore import Document, Scorer
from escore_training import metrics
from escore_training.corpora import read
from escore_training.gold import ENTITY, PROPER, CorpusError
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
    golds = gold_texts(path, case, sentences)
    compared = compare(golds, scorer.stream(gold.text for gold in golds))
    scores, entity = compared.ranking()
    return Figures(
        words=len(compared.scores),
        three_classes=compared.three_classes(),
        four_classes=compared.four_classes(),
        entity_ap=metrics.average_precision(scores, entity) if entity.any() else None,
        entity_f1=metrics.best_f1(scores, entity) if entity.any() else None,
    )


def gold_texts(path: Path, case: Callable[[str], str] | None = None, sentences: int | None = None) -> list[GoldText]:
    """The texts that a corpus file is measured on; the arguments, and what is raised, are those of `evaluate`."""
    size = sentences or (1 if path.resolve().parent.name == _POSTS else SENTENCES)
    documents = read(path)
    runs = [document[begin : begin + size] for document in documents for begin in range(0, len(document), size)]
    if not any(sentence for run in runs for sentence in run):
        raise CorpusError(f"{path}: no words in it")
    return [join(recased(run, case) if case else run) for run in runs]


@dataclass(frozen=True, slots=True, eq=False)
class Compared:
    """Gold words of some texts ([words]): `scores` (float64), and the least and greatest class (int) of each label."""

    scores: NDArray[np.float64]
    low: NDArray[np.int64]
    high: NDArray[np.int64]

    def three_classes(self) -> float | None:
        """The share of words right of none, common noun, and proper noun or entity; None where a label cannot say."""
        low, high = np.minimum(self.low, PROPER), np.minimum(self.high, PROPER)
        return metrics.accuracy(self.scores, low, metrics.EDGES[:2]) if (low == high).all() else None

    def four_classes(self) -> float | None:
        """The same, with entities apart."""
        low, high = self.low, self.high
        return metrics.accuracy(self.scores, low, metrics.EDGES) if (low == high).all() else None

    def ranking(self) -> tuple[NDArray[np.float64], NDArray[np.bool_]]:
        """Of the words whose label says whether they are part of an entity: scores, and whether they are."""
        known = (self.low == ENTITY) | (self.high < ENTITY)
        return self.scores[known], self.low[known] == ENTITY


def compare(golds: list[GoldText], documents: Iterable[Document]) -> Compared:
    """Gold texts beside the same texts scored, in the same order."""
    tokens = [token for gold in golds for token in gold.tokens]
    return Compared(
        np.concatenate([gold_scores(gold, document) for gold, document in zip(golds, documents, strict=True)]),
        np.array([token.low for token in tokens]),
        np.array([token.high for token in tokens]),
    )


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
