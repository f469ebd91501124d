"""Measure a scorer on labelled files, through the public API. Needs the base install only.

files ─labelled─▶ gold texts ─score─▶ beside their scores ─fit─▶ a calibration table
                                                         ─figures─▶ figures with intervals
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from escore import Document, Scorer
from escore.bundle.manifest import Calibration
from escore.scale import EDGES, ENTITY_MINIMUM
from escore_evaluation import calibration, metrics
from escore_evaluation import perturbations as disturb
from escore_evaluation.metrics import Bools, Estimate, Floats, Ints
from escore_evaluation.spans import matches
from escore_evaluation.suite import Row
from escore_labels.readers.formats import read_with_genres
from escore_labels.texts import LabeledText, join_sentences, overlaps
from escore_labels.tokens import ENTITY, CorpusError

SENTENCES = 4  # of a document make one text …
_POSTS = "wnut17"  # … but the posts in a folder of this name stand alone
_FEW = 20  # documents, below which a corpus is resampled by texts


@dataclass(frozen=True, slots=True)
class Figures:
    """What was measured; None where the labels (or a bundle without calibration) cannot say.

    `words` gold words in `texts` texts, resampled as `units` documents or texts; `three_classes` and `four_classes` the
    share of words between the right edges (50, 150, and 250); `entity_ap`, `entity_f1` and `entity_f1_220` average
    precision, best F1 and F1 at 220 of words that are part of a named entity; `span_f1` F1 of whole entities, as
    `Document.entities(220)` joins them; `ece` the expected calibration error.
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


@dataclass(frozen=True, slots=True, eq=False)
class Labelled:
    """Gold texts; `documents` ([texts]) numbers the document of each, `genres` names its genre ("" if unknown).

    `places` ([texts]) numbers the texts themselves, those counted too that a change left nothing of.
    """

    golds: list[LabeledText]
    documents: Ints
    places: Ints
    genres: list[str]


@dataclass(frozen=True, slots=True, eq=False)
class Compared:
    """Gold words of some texts, scored.

    `scores` (float64, [words]); `low` and `high` the least and greatest class of each label, `owner` the number of its
    text (int, [words] each). `entities` (int, [texts, 3]): those that were found rightly, those found, and those that
    the labels name; None for labels that do not say where an entity begins.
    """

    scores: Floats
    low: Ints
    high: Ints
    owner: Ints
    entities: Ints | None

    def right(self, classes: int) -> Bools | None:
        """Which words ([words]) have their score between the right edges; None where a label cannot say.

        Of 4 classes (none, common noun, proper noun, entity), or of 3, with the last two as one.
        """
        low, high = np.minimum(self.low, classes - 1), np.minimum(self.high, classes - 1)
        return metrics.right(self.scores, low, EDGES[: classes - 1]) if (low == high).all() else None

    def ranking(self) -> tuple[Floats, Bools]:
        """Of the words whose label says whether they are part of an entity: scores, and whether they are."""
        known = self.known()
        return self.scores[known], self.low[known] == ENTITY

    def known(self) -> Bools:
        """The words ([words]) whose label says whether they are part of an entity."""
        known: Bools = (self.low == ENTITY) | (self.high < ENTITY)
        return known

    def of(self, texts: Bools) -> "Compared":
        """These texts ([texts]) alone."""
        words = texts[self.owner]
        owner = (np.cumsum(texts) - 1)[self.owner[words]]
        entities = None if self.entities is None else self.entities[texts]
        return Compared(self.scores[words], self.low[words], self.high[words], owner, entities)


@dataclass(frozen=True, slots=True, eq=False)
class Scored:
    """One row of a plan, labelled and scored. `fits` ([texts]): the texts that a calibration table may be fitted on."""

    row: Row
    labelled: Labelled
    compared: Compared
    fits: Bools

    def judged(self) -> Compared:
        """The texts that fit no table, and so may tell how good one is."""
        return self.compared.of(~self.fits)


def labelled(files: Sequence[Path], change: str = "kept", sentences: int | None = None) -> Labelled:
    """The texts that corpus files are measured on; `change` (see plan.Row) is done to them first.

    `sentences` of a document make one text (None: 4, but 1 in a folder "wnut17"). Raises CorpusError.
    """
    golds: list[LabeledText] = []
    numbers: list[int] = []
    genres: list[str] = []
    places: list[int] = []
    documents = texts = 0
    for path in files:
        size = sentences or (1 if path.resolve().parent.name == _POSTS else SENTENCES)
        before = len(golds)
        for genre, document in read_with_genres(path):
            for begin in range(0, len(document), size):
                run = document[begin : begin + size]
                if change != "kept":
                    run = disturb.changed(run, disturb.CHANGES[change])
                if any(run):
                    golds.append(join_sentences(run))
                    numbers.append(documents)
                    places.append(texts)
                    genres.append(genre)
                texts += 1
            documents += 1
        if len(golds) == before:
            raise CorpusError(f"{path}: no words in it; give a file with labelled words")
    return Labelled(golds, np.array(numbers), np.array(places), genres)


def score(scorer: Scorer, row: Row, sentences: int | None = None) -> Scored:
    """Score the texts of a row. Raises CorpusError."""
    read = labelled(row.files, row.change, sentences)
    compared = compare(read.golds, scorer.stream(gold.text for gold in read.golds))
    # The same halves whatever a change leaves out: else a changed copy would be judged on texts that fitted the table.
    numbers = read.documents if _are_many(read.documents) else read.places
    fits = (numbers % 2 == 0) & row.fits
    return Scored(row, read, compared, fits)


def fit(several: Sequence[Scored]) -> Calibration:
    """The calibration table of the texts that may fit one. Raises CorpusError where their words are all of one kind."""
    parts = [scored.compared.of(scored.fits).ranking() for scored in several]
    scores, entity = (np.concatenate(each) for each in zip(*parts, strict=True))
    if not 0 < entity.sum() < len(entity):
        names = ", ".join(scored.row.label for scored in several)
        raise CorpusError(f"{names}: all words are part of entities, or none is; give files that label entities")
    return calibration.fit(scores, entity)


def genres(scored: Scored) -> list[str]:
    """The genres that the documents of a row are known to have, where there are several and nothing was changed."""
    known = sorted(set(scored.labelled.genres) - {""})
    return known if len(known) > 1 and scored.row.change == "kept" else []


def figures(scored: Scored, table: Calibration | None, resamples: int, seed: int, genre: str | None = None) -> Figures:
    """The figures of a row, or of one genre in it. The calibration error is of the texts that fit no table."""
    chosen = np.array([genre in (None, name) for name in scored.labelled.genres])
    compared = scored.compared.of(chosen)
    units = _units(scored.labelled.documents[chosen])
    weights = metrics.weights(int(units.max()) + 1, resamples, seed)
    owner = units[compared.owner]
    known = compared.known()
    scores, entity = compared.ranking()
    ap, best, at = None, None, None
    if entity.any():
        ap, best = map(metrics.estimate, metrics.ranking(scores, entity, owner[known], weights))
        at = metrics.estimate(metrics.f1_at(scores, entity, ENTITY_MINIMUM, owner[known], weights))
    return Figures(
        words=len(compared.scores),
        texts=int(chosen.sum()),
        units=weights.shape[1],
        three_classes=_share(compared.right(3), owner, weights),
        four_classes=_share(compared.right(4), owner, weights),
        entity_ap=ap,
        entity_f1=best,
        entity_f1_220=at,
        span_f1=_span_f1(compared.entities, units, weights),
        ece=None if table is None else _ece(compared, table, owner, weights, ~scored.fits[chosen]),
    )


def _share(which: Bools | None, owner: Ints, weights: Ints) -> Estimate | None:
    return None if which is None else metrics.estimate(metrics.share(which, owner, weights))


def _span_f1(entities: Ints | None, units: Ints, weights: Ints) -> Estimate | None:
    if entities is None:
        return None
    sums = np.zeros((weights.shape[1], 3))
    np.add.at(sums, units, entities)
    return metrics.estimate(metrics.f1(*(weights @ sums).T))


def _ece(compared: Compared, table: Calibration, owner: Ints, weights: Ints, texts: Bools) -> Estimate | None:
    judged = compared.known() & texts[compared.owner]
    if not (compared.low[judged] == ENTITY).any():
        return None
    probabilities, entity = np.interp(compared.scores, table.scores, table.probabilities), compared.low == ENTITY
    errors = metrics.calibration_error(probabilities[judged], entity[judged], owner[judged], weights)
    return metrics.estimate(errors)


def _units(documents: Ints) -> Ints:
    """What is resampled ([texts]): the documents, or the texts themselves where documents are few."""
    units = np.unique(documents, return_inverse=True)[1]
    return units if _are_many(documents) else np.arange(len(documents))


def _are_many(documents: Ints) -> bool:
    return len(np.unique(documents)) >= _FEW


def compare(golds: list[LabeledText], documents: Iterable[Document]) -> Compared:
    """Gold texts beside the same texts scored, in the same order."""
    tokens = [token for gold in golds for token in gold.tokens]
    borders = any(token.starts_entity for token in tokens)
    scores, entities = [], []
    for gold, document in zip(golds, documents, strict=True):
        scores.append(gold_scores(gold, document))
        if borders:
            found = [(entity.start, entity.end) for entity in document.entities(ENTITY_MINIMUM)]
            entities.append(matches(gold, found))
    return Compared(
        np.concatenate(scores),
        np.array([token.low for token in tokens]),
        np.array([token.high for token in tokens]),
        np.repeat(np.arange(len(golds)), [len(gold.tokens) for gold in golds]),
        np.array(entities) if borders else None,
    )


def gold_scores(gold: LabeledText, document: Document) -> Floats:
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
