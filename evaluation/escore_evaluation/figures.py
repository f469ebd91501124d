"""The figures of a row: how good scores are on labeled texts, each figure with its bootstrap interval."""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from escore.bundle.manifest import Calibration
from escore.scale import EDGES, ENTITY_MINIMUM
from escore_evaluation import metrics
from escore_evaluation.calibration import Tables
from escore_evaluation.metrics import Estimate, Floats, Ints
from escore_evaluation.scoring import ScoredRow, ScoredTokens, are_many
from escore_evaluation.spans import UNKNOWN
from escore_labels.record import LABELS
from escore_labels.tokens import ENTITY


@dataclass(frozen=True, slots=True)
class Figures:
    """What was measured; None where the labels (or a bundle without calibration) cannot say.

    words, texts: how many labeled tokens and texts there are.
    units: how many documents (or texts, where documents are few) are resampled.
    three_classes, four_classes: of the words of one certain class, the share whose score lies between the right edges
        (50, 150, and 250).
    entity_ap, entity_f1, entity_f1_220: average precision, best F1, and F1 at 220 of the words of named entities.
    span_f1: F1 of whole entities, as `Document.entities(220)` joins them.
    ece: expected calibration error of the probability that a word is part of an entity.
    kinds: of the entities that are found right, the share whose kind is right too.
    entity_ece: expected calibration error of the probability that an entity is right.
    rank_correlation: Spearman's, of the scores and the targets of words that have one.
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
    kinds: Estimate | None
    entity_ece: Estimate | None
    rank_correlation: Estimate | None


@dataclass(frozen=True, slots=True, eq=False)
class Samples:
    """Figures before they become intervals.

    words, texts, units: as in Figures.
    values: by the names of Figures, each on the texts themselves and then on each resample (float64, [1 + resamples];
        nan where it is undefined).
    reasons: why a figure has no value, by its name.
    """

    words: int
    texts: int
    units: int
    values: dict[str, Floats]
    reasons: dict[str, str]

    def estimates(self) -> Figures:
        """The figures with their intervals."""
        estimates = {name: metrics.estimate(values) for name, values in self.values.items()}
        return Figures(self.words, self.texts, self.units, **estimates)


def row_genres(row: ScoredRow) -> list[str]:
    """The genres of a row's documents, where there are several and nothing was changed."""
    genres = sorted(set(row.texts.genres) - {""})
    return genres if len(genres) > 1 and row.row.change == "kept" else []


def compute_figures(row: ScoredRow, tables: Tables, resamples: int, seed: int, genre: str | None = None) -> Figures:
    """The figures of a row, or of one genre in it. The calibration error is of the texts that fit no table."""
    return sample_figures(row, tables, resamples, seed, genre).estimates()


def sample_figures(row: ScoredRow, tables: Tables, resamples: int, seed: int, genre: str | None = None) -> Samples:
    """The same on each resample: two bundles' figures on the same texts, and of one seed, are of the same resamples."""
    chosen = np.array([genre in (None, name) for name in row.texts.genres])
    tokens = row.tokens.select(chosen)
    text_units = _units(row.texts.documents[chosen])
    weights = metrics.bootstrap_weights(int(text_units.max()) + 1, resamples, seed)
    return _sample_tokens(tokens, tables, ~row.calibrates[chosen], text_units, weights)


def measure_tokens(tokens: ScoredTokens, texts: int) -> dict[str, float]:
    """The figures of the tokens of so many texts, by the names of Figures, without a calibration table.

    Those that the labels cannot say are left out.
    """
    one_unit, weights = np.zeros(texts, np.int64), np.ones((1, 1), np.int64)
    samples = _sample_tokens(tokens, Tables(), np.ones(texts, np.bool_), one_unit, weights)
    return {name: float(value) for name, (value,) in samples.values.items() if not np.isnan(value)}


def score_right(tokens: ScoredTokens, count: int) -> metrics.Bools:
    """Whether the words of one certain class (of 3 or 4) score between its edges ([certain words])."""
    classes, certain = tokens.classes(count)
    return metrics.in_class(tokens.scores[certain], classes[certain], EDGES[: count - 1])


def _sample_tokens(
    tokens: ScoredTokens, tables: Tables, judged: metrics.Bools, text_units: Ints, weights: Ints
) -> Samples:
    values: dict[str, Floats] = {}
    reasons: dict[str, str] = {}
    for names, figures in _all_figures(tokens, tables, judged, text_units, weights):
        if isinstance(figures, str):
            values |= {name: np.full(len(weights), np.nan) for name in names}
            reasons |= dict.fromkeys(names, figures)
        else:
            values |= dict(zip(names, figures, strict=True))
    return Samples(int(tokens.labeled().sum()), len(text_units), weights.shape[1], values, reasons)


def _units(documents: Ints) -> Ints:
    """What is resampled (int, [texts]): the documents, or the texts themselves where documents are few."""
    units = np.unique(documents, return_inverse=True)[1]
    return units if are_many(documents) else np.arange(len(documents))


def _all_figures(
    tokens: ScoredTokens, tables: Tables, judged: metrics.Bools, text_units: Ints, weights: Ints
) -> Iterator[tuple[tuple[str, ...], tuple[Floats, ...] | str]]:
    """Names of figures with their values on the samples, or with why there are none."""
    units = text_units[tokens.texts]
    yield ("three_classes",), _class_share(tokens, 3, units, weights)
    yield ("four_classes",), _class_share(tokens, 4, units, weights)
    yield ("entity_ap", "entity_f1", "entity_f1_220"), _entity_figures(tokens, units, weights)
    yield ("span_f1",), _span_f1(tokens, text_units, weights)
    yield ("ece",), _ece(tokens, tables.words, units, weights, judged)
    yield ("kinds",), _kinds(tokens, text_units, weights)
    yield ("entity_ece",), _entity_ece(tokens, tables.entities, text_units, weights, judged)
    yield ("rank_correlation",), _rank_correlation(tokens, units, weights)


def _class_share(tokens: ScoredTokens, count: int, units: Ints, weights: Ints) -> tuple[Floats] | str:
    """Where some words are open, only if the others are of every class: else it would be the recall of a few."""
    classes, certain = tokens.classes(count)
    names = (*LABELS[: count - 1], "proper or entity" if count == 3 else "entity")
    missing = sorted(set(range(count)) - set(classes[certain].tolist()))
    if missing and not certain.all():
        return f"no word is labeled {names[missing[0]]}"
    if len(missing) == count - 1:
        return f"every word is labeled {names[classes[0]]}"
    return (metrics.share(score_right(tokens, count), units[certain], weights),)


def _entity_figures(tokens: ScoredTokens, units: Ints, weights: Ints) -> tuple[Floats, Floats, Floats] | str:
    scores, is_entity = tokens.entity_scores()
    if problem := _one_sided(is_entity):
        return problem
    decided = units[tokens.decided()]
    curve = metrics.average_precision_and_best_f1(scores, is_entity, decided, weights)
    return (*curve, metrics.f1_at(scores, is_entity, ENTITY_MINIMUM, decided, weights))


def _span_f1(tokens: ScoredTokens, text_units: Ints, weights: Ints) -> tuple[Floats] | str:
    if not (tokens.low == ENTITY).any():
        return "no word is labeled as part of an entity"
    if tokens.entities is None:
        return "no text that labels an entity with its ends is labeled in full, as a reviewed one is"
    sums = np.zeros((weights.shape[1], 3))
    np.add.at(sums, text_units, tokens.entities)
    if not sums[:, 2].any():
        return "no text that is labeled in full has an entity"
    return (metrics.f1(*(weights @ sums).T),)


def _ece(
    tokens: ScoredTokens, table: Calibration | None, units: Ints, weights: Ints, texts: metrics.Bools
) -> tuple[Floats] | str:
    if table is None:
        return "the bundle is not calibrated"
    judged = tokens.decided() & texts[tokens.texts]
    is_entity = tokens.low[judged] == ENTITY
    if problem := _one_sided(is_entity):
        return problem
    probabilities = np.interp(tokens.scores[judged], table.scores, table.probabilities)
    return (metrics.calibration_error(probabilities, is_entity, units[judged], weights),)


def _kinds(tokens: ScoredTokens, text_units: Ints, weights: Ints) -> tuple[Floats] | str:
    known = tokens.found.right & (tokens.found.kinds != UNKNOWN)
    if not known.any():
        return "the bundle or the labels say no kinds of entities that are found"
    return (metrics.share(tokens.found.kinds[known] == 1, text_units[tokens.found.texts[known]], weights),)


def _entity_ece(
    tokens: ScoredTokens, table: Calibration | None, text_units: Ints, weights: Ints, texts: metrics.Bools
) -> tuple[Floats] | str:
    if table is None:
        return "the bundle is not calibrated for entities"
    found = tokens.found
    judged = texts[found.texts]
    if not judged.any():
        return "no entity is found in a text that is labeled in full"
    probabilities = np.interp(found.scores[judged], table.scores, table.probabilities)
    return (metrics.calibration_error(probabilities, found.right[judged], text_units[found.texts[judged]], weights),)


def _rank_correlation(tokens: ScoredTokens, units: Ints, weights: Ints) -> tuple[Floats] | str:
    chosen = ~np.isnan(tokens.targets)
    if len(np.unique(tokens.targets[chosen])) < 2:
        return "all targets are equal" if chosen.any() else "no word has a target"
    return (metrics.rank_correlation(tokens.scores[chosen], tokens.targets[chosen], units[chosen], weights),)


def _one_sided(is_entity: metrics.Bools) -> str:
    if not is_entity.any():
        return "no word is labeled as part of an entity"
    return "no word is labeled as in no entity" if is_entity.all() else ""
