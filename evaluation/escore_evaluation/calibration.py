"""From a score to a probability: isotonic regression of "is part of a named entity" on the score, as a short table."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from escore import Document
from escore.bundle.manifest import Calibration
from escore.scale import ENTITY_MINIMUM, MARKS, MAX_SCORE, WORD_MINIMUM
from escore_evaluation.metrics import Bools, Floats
from escore_evaluation.scoring import ScoredRow, are_decided
from escore_evaluation.spans import found_entities
from escore_labels.texts import LabeledText
from escore_labels.tokens import CorpusError

MAX_KNOTS = 20  # of a table
MIN_ENTITIES = 100  # that are right, and as many that are wrong, for a table of entities
ENTITY_MINIMUMS = (WORD_MINIMUM, MARKS[1].minimum, ENTITY_MINIMUM)
MIN_WORDS = 1_000  # that fit a table; with fewer its steps follow single words


@dataclass(frozen=True, slots=True)
class Tables:
    """What turns scores into probabilities; None where there is no table.

    words: of being part of a named entity.
    entities: of an entity's both ends being right.
    """

    words: Calibration | None = None
    entities: Calibration | None = None


def fit_entity_calibration(rows: Sequence[ScoredRow]) -> Calibration | None:
    """The table of the entities in the rows' texts that may fit one; None where these are too few."""
    texts, documents = [], []
    for row in rows:
        chosen = np.flatnonzero(row.calibrates).tolist()
        texts += [row.texts.texts[i] for i in chosen]
        documents += [row.documents[i] for i in chosen]
    return fit_entity_table(texts, documents)


def fit_entity_table(texts: Sequence[LabeledText], documents: Sequence[Document]) -> Calibration | None:
    """The table of the entities in labeled texts; None where fewer than MIN_ENTITIES are right, or wrong.

    Entities of several minimum scores, so that the table knows low scores too.
    """
    found = found_entities(texts, documents, are_decided(texts), *ENTITY_MINIMUMS)
    is_enough = min(found.right.sum(), (~found.right).sum()) >= MIN_ENTITIES
    return fit_table(found.scores, found.right) if is_enough else None


def fit_calibration(rows: Sequence[ScoredRow]) -> Calibration:
    """The table of the rows' texts that may fit one.

    Raises CorpusError where they have fewer than MIN_WORDS labeled words, or all of one kind.
    """
    parts = [row.tokens.select(row.calibrates).entity_scores() for row in rows]
    scores = np.concatenate([part[0] for part in parts])
    is_entity = np.concatenate([part[1] for part in parts])
    names = ", ".join(row.row.label for row in rows)
    if len(is_entity) < MIN_WORDS:
        problem = f"{names}: {len(is_entity)} labeled words are too few for a calibration, which needs {MIN_WORDS:,}"
        raise CorpusError(problem, "every second text of a file counts; give more labeled text")
    if not 0 < is_entity.sum() < len(is_entity):
        raise CorpusError(f"{names}: all words are part of entities, or none is", "give files that label entities")
    return fit_table(scores, is_entity)


def fit_table(scores: Floats, positive: Bools) -> Calibration:
    """The table that says best how probable it is that a word of a score (0..300) is positive ([words] both).

    A positive word of score 0 and a negative one of 300 are added, so that nothing is ever certain.
    """
    all_scores = np.append(scores, [0.0, MAX_SCORE])
    places, rates, sizes = isotonic_regression(all_scores, np.append(positive, [True, False]).astype(np.float64))
    knots = _knots(places, rates, sizes)
    rounded, first = np.unique(np.round(places[knots], 2), return_index=True)
    return Calibration(tuple(rounded.tolist()), tuple(np.round(rates[knots], 6)[first].tolist()))


def isotonic_regression(x: Floats, y: Floats) -> tuple[Floats, Floats, Floats]:
    """The never falling function of `x` that is nearest to `y` in squares ([points] both): blocks of equal value.

    Returns the mean place, the value and the size of each block, in order (float64, [blocks] each). Pools neighbors
    that fall until none does (pool adjacent violators: Ayer et al. 1955, "An empirical distribution function for
    sampling with incomplete information").
    """
    places, groups, counts = np.unique(x, return_inverse=True, return_counts=True)
    blocks: list[tuple[float, float, float]] = []  # sum of places, sum of values, number of points
    for place, total, count in zip(places, np.bincount(groups, y), counts, strict=True):
        block = (float(place) * float(count), float(total), float(count))
        while blocks and blocks[-1][1] * block[2] >= block[1] * blocks[-1][2]:  # rates, without the division
            previous = blocks.pop()
            block = (previous[0] + block[0], previous[1] + block[1], previous[2] + block[2])
        blocks.append(block)
    sums, totals, sizes = np.array(blocks).T
    return sums / sizes, totals / sizes, sizes


def _knots(places: Floats, rates: Floats, sizes: Floats) -> list[int]:
    """The blocks that become knots, at most MAX_KNOTS: the one that changes the lines between them least goes first."""
    knots = list(range(len(places)))
    while len(knots) > MAX_KNOTS:
        errors = []
        for i in range(1, len(knots) - 1):
            rest = knots[:i] + knots[i + 1 :]
            errors.append(float((sizes * (np.interp(places, places[rest], rates[rest]) - rates) ** 2).sum()))
        del knots[1 + int(np.argmin(errors))]
    return knots
