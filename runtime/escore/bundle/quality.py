"""The quality figures that a manifest may hold: their keys, and how tables name them."""

from collections.abc import Iterable, Mapping

FIGURES = {
    "three_classes": "3 classes",
    "four_classes": "4 classes",
    "entity_ap": "entity AP",
    "entity_f1": "best F1",
    "entity_f1_220": "F1 at 220",
    "span_f1": "span F1",
    "ece": "ECE",
}
RANK_CORRELATION = "rank_correlation"  # of scores and the numbers that a person gave, in bundles that were adapted
KINDS = "kinds"  # of entities that are found right, where the bundle says kinds and labels do
ENTITY_ECE = "entity_ece"  # where the bundle is calibrated for entities
_SOMETIMES = {KINDS: "kinds", ENTITY_ECE: "ECE of entities", RANK_CORRELATION: "rank correlation"}
ALL_FIGURES = FIGURES | _SOMETIMES
GENERAL_BEFORE = "general, before"  # a row of bundles that were trained or adapted by a person: of the start
EXPECTATIONS = "expectations"  # a key beside those of files: how many sentences there are, and how many pass


def columns(rows: Iterable[Mapping[str, object]]) -> dict[str, str]:
    """The figures that a table of these rows has, and their titles: some only where a row has a value."""
    values = list(rows)
    return FIGURES | {name: title for name, title in _SOMETIMES.items() if any(row.get(name) for row in values)}
