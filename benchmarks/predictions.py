"""What a system says of a text, in one shape for all: words on escore's scale, and the entities that it finds."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from escore import Document

Span = tuple[int, int]  # half-open code point offsets


@dataclass(frozen=True, slots=True)
class Prediction:
    """`document` holds the scores of the words (0..300), `spans` the entities, in order and apart from each other."""

    document: Document
    spans: list[Span]


def by_class(text: str, places: Sequence[Span], classes: Sequence[int], begins: Sequence[bool]) -> Prediction:
    """The prediction of a system that gives a word a class (0..3) and no more: a score is 0, 100, 200 or 300.

    Neighbouring words of class 3 are one entity, but for a word that `begins` another.
    """
    spans: list[Span] = []
    before = 0
    for place, known, begin in zip(places, classes, begins, strict=True):
        if known == 3 and before == 3 and not begin:
            spans[-1] = (spans[-1][0], place[1])
        elif known == 3:
            spans.append(place)
        before = known
    starts, ends = np.array(places, np.int32).reshape(-1, 2).T.copy()
    return Prediction(Document(text, starts, ends, 100 * np.array(classes, np.float32), marks=()), spans)
