"""What a scored text is: arrays inside, words and entities for those who ask."""

import re
from dataclasses import dataclass, field
from itertools import repeat

import numpy as np
from numpy.typing import NDArray

from escore.errors import SettingError
from escore.manifest import Calibration, Mark

_LINE_END = re.compile("[\n\x0b\x0c\r\x85\u2028\u2029]")


@dataclass(frozen=True, slots=True)
class Word:
    """One word: `text[start:end]` of its document (code points), score 0..300, mark ("" below the lowest).

    `probability` (0..1) of being part of a named entity; None where the bundle is not calibrated.
    """

    text: str
    start: int
    end: int
    score: float
    mark: str
    probability: float | None = None


@dataclass(frozen=True, slots=True)
class Entity:
    """Neighbouring words joined: `text[start:end]` of its document.

    Score and `probability` (None where the bundle is not calibrated) are the means of its words'.
    """

    text: str
    start: int
    end: int
    score: float
    probability: float | None = None


@dataclass(frozen=True, slots=True, eq=False)
class Document:
    """A text and the scores of its words, in order.

    `starts` and `ends` (int32, [words]) are half-open code point offsets into `text`, `scores` (float32, [words])
    lie in 0..300; all three are read-only. Word objects are made when first asked for.
    """

    text: str
    starts: NDArray[np.int32]
    ends: NDArray[np.int32]
    scores: NDArray[np.float32]
    marks: tuple[Mark, ...]
    calibration: Calibration | None = None
    _words: list[tuple[Word, ...]] = field(default_factory=list, init=False, repr=False)

    def __post_init__(self) -> None:
        for array in (self.starts, self.ends, self.scores):
            array.flags.writeable = False

    def __reduce__(self) -> tuple[type["Document"], tuple[object, ...]]:
        parts = (self.text, self.starts, self.ends, self.scores, self.marks, self.calibration)
        return Document, parts  # the arrays are read-only again when unpickled

    @property
    def words(self) -> tuple[Word, ...]:
        """All words in order."""
        if not self._words:
            self._words.append(self.take(np.arange(len(self.scores))))
        return self._words[0]

    def probabilities(self, indices: NDArray[np.intp] | slice = slice(None)) -> NDArray[np.float64] | None:
        """How probable it is that the words at `indices` are part of a named entity; None where nobody measured it."""
        if self.calibration is None:
            return None
        return np.interp(self.scores[indices], self.calibration.scores, self.calibration.probabilities)

    def words_above(self, minimum: float) -> tuple[Word, ...]:
        """The words whose unrounded score is at least `minimum`. Raises SettingError outside 0..300."""
        return self.take(self.above(minimum))

    def above(self, minimum: float) -> NDArray[np.intp]:
        """The indices of the words whose unrounded score is at least `minimum`. Raises SettingError outside 0..300."""
        if not 0 <= minimum <= 300:
            raise SettingError(f"minimum {minimum} is not a score; give a number from 0 to 300")
        return np.flatnonzero(self.scores >= np.float64(minimum))

    def entities(self, minimum: float) -> tuple[Entity, ...]:
        """Longest runs of neighbouring words that all score at least `minimum`, each joined into one entity.

        Two words are neighbours when nothing but white space without a line break stands between them.
        Raises SettingError outside 0..300.
        """
        chosen = self.above(minimum)
        if not len(chosen):
            return ()
        breaks = [i for i in range(1, len(chosen)) if not self._neighbours(chosen[i - 1], chosen[i])]
        return tuple(
            self._join(chosen[begin], chosen[end - 1])
            for begin, end in zip([0, *breaks], [*breaks, len(chosen)], strict=True)
        )

    def take(self, indices: NDArray[np.intp]) -> tuple[Word, ...]:
        """The words at `indices` (into the arrays), in their order."""
        columns = (self.starts[indices], self.ends[indices], self.scores[indices])
        probabilities = self.probabilities(indices)
        known = repeat(None, len(indices)) if probabilities is None else probabilities.tolist()
        return tuple(
            Word(self.text[start:end], start, end, score, self.mark(score), probability)
            for start, end, score, probability in zip(*(column.tolist() for column in columns), known, strict=True)
        )

    def mark(self, score: float) -> str:
        """The symbol of the highest mark that `score` reaches, "" below all."""
        symbol = ""
        for mark in self.marks:
            if score >= mark.minimum:
                symbol = mark.symbol
        return symbol

    def _neighbours(self, word: int, other: int) -> bool:
        return other == word + 1 and not _LINE_END.search(self.text, self.ends[word], self.starts[other])

    def _join(self, first: int, last: int) -> Entity:
        start, end = int(self.starts[first]), int(self.ends[last])
        score = float(self.scores[first : last + 1].mean(dtype=np.float64))
        probabilities = self.probabilities(slice(first, last + 1))
        probability = None if probabilities is None else float(probabilities.mean())
        return Entity(self.text[start:end], start, end, score, probability)
