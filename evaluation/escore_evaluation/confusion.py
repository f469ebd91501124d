"""What labeled words are taken for: a row of counts for each label, by the class that the score lies in."""

from dataclasses import dataclass

import numpy as np

from escore.scale import EDGES
from escore_evaluation.scoring import ScoredRow
from escore_labels.record import LABELS
from escore_labels.tokens import NONE, PROPER

NO_ENTITY = "in no entity"  # of words of reviewed texts that are in no span


@dataclass(frozen=True, slots=True)
class ConfusionRow:
    """The words of one label, or of entities of one kind.

    label: none, noun, proper, entity, or in no entity.
    kind: of an entity; None for all.
    counts: how many words score as none, noun, proper noun and entity (below 50, 150 and 250, and above).
    """

    label: str
    kind: str | None
    counts: tuple[int, int, int, int]


def count_confusions(row: ScoredRow) -> list[ConfusionRow]:
    """A row a label that words have, from none to entity; then one a kind, where spans say one."""
    tokens = row.tokens
    scored = np.searchsorted(EDGES, tokens.scores, side="right")
    kinds = np.array([token.kind or "" for text in row.texts.texts for token in text.tokens])
    bounds = np.column_stack([tokens.low, tokens.high])[tokens.labeled() & np.isnan(tokens.targets)]
    rows = []
    for low, high in sorted(set(map(tuple, bounds.tolist()))):
        words = (tokens.low == low) & (tokens.high == high)
        rows.append(ConfusionRow(class_name(low, high), None, _counts(scored[words])))
    rows += [
        ConfusionRow("entity", kind, _counts(scored[kinds == kind])) for kind in sorted(set(kinds.tolist()) - {""})
    ]
    return rows


def class_name(low: int, high: int) -> str:
    """What is said of a word that may be of the classes from `low` to `high`."""
    if (low, high) == (NONE, PROPER):
        return NO_ENTITY
    return LABELS[low] if low == high else f"{LABELS[low]} to {LABELS[high]}"


def _counts(classes: "np.ndarray[tuple[int], np.dtype[np.int64]]") -> tuple[int, int, int, int]:
    none, noun, proper, entity = np.bincount(classes, minlength=len(LABELS)).tolist()
    return none, noun, proper, entity
