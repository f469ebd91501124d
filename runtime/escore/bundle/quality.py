"""The quality figures that a manifest may hold: their keys, and how tables name them."""

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
ALL_FIGURES = FIGURES | {RANK_CORRELATION: "rank correlation"}  # of tables in which a row has it
GENERAL_BEFORE = "general, before"  # a row of bundles that were trained or adapted by a person: of the start
EXPECTATIONS = "expectations"  # a key beside those of files: how many sentences there are, and how many pass
