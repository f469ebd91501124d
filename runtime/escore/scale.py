"""The scale of scores, 0 to 300: the edges between its classes, the marks of words, and the default minimum scores."""

from dataclasses import dataclass

MAX_SCORE = 300.0
EDGES = (50.0, 150.0, 250.0)  # between none, common noun, proper noun and named entity
WORD_MINIMUM = 80.0  # default minimum score of a word: the page of the original demo starts its slider there
ENTITY_MINIMUM = 220.0  # default minimum score of the words of an entity


@dataclass(frozen=True, slots=True)
class Mark:
    """The sign of words that score at least `minimum` (0..300) and less than the next mark's."""

    symbol: str
    minimum: float


MARKS = (Mark("-", 60), Mark("+", 160), Mark("★", 260))  # the original demo's edges


def is_score(value: float) -> bool:
    """Whether a number lies in 0..300; False for nan."""
    return 0 <= value <= MAX_SCORE
