"""What a scored text is: arrays inside, words and entities for those who ask."""

from collections.abc import Iterable
from dataclasses import dataclass, field, fields
from itertools import repeat
from numbers import Real
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from escore.bundle.manifest import Calibration
from escore.entities import RULE, Rule, Words, join_words
from escore.errors import SettingError
from escore.kinds import KINDS, Kind
from escore.scale import ENTITY_MINIMUM, MAX_SCORE, WORD_MINIMUM, Mark, is_score

By = Literal["model", "list"]
MODEL: By = "model"
LIST: By = "list"
_BY = (MODEL, LIST)  # by whether a word is in a term
_SHOWN = 60  # characters of a text that `repr` shows


@dataclass(frozen=True, slots=True)
class Word:
    """One word.

    text: `text[start:end]` of its document; start and end are in code points.
    score: 0..300.
    mark: the symbol of its mark; "" below the lowest.
    probability: of being part of a named entity (0..1); None where the bundle is not calibrated.
    by: who says so: "model", or "list" for a term of a list; then the probability is 1 or 0.
    """

    text: str
    start: int
    end: int
    score: float
    mark: str
    probability: float | None = None
    by: By = MODEL


@dataclass(frozen=True, slots=True)
class Entity:
    """Words that belong together (see entities.py).

    text: `text[start:end]` of its document; start and end are in code points.
    score: the mean of its words' (0..300).
    probability: that both of its ends are right (0..1); where the bundle is not calibrated for entities, the mean of
        its words'; None where it is not calibrated at all.
    by: who says so: "model", or "list" for a term of a list.
    kind: the likeliest kind: person, organization, place or other; a hint. None where the bundle does not say.
    """

    text: str
    start: int
    end: int
    score: float
    probability: float | None = None
    by: By = MODEL
    kind: Kind | None = None


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class Document:
    """A text and the scores of its words, in order. The arrays are read-only.

    starts, ends: where each word starts and ends in `text`, in code points (int32, [words]).
    scores: float32, [words], 0..300.
    marks: the signs of words, from the lowest on.
    calibration: how probable a score makes an entity; None where the bundle has none.
    terms: the first and the last word of each term of a list, in order (int32, [terms, 2]); None without lists.
    joins: the probability that a word goes on with the entity of the word before it (float32, [words], 0..1); None
        where the bundle does not say.
    kinds: the probability of each of escore.kinds.KINDS, if the word is part of an entity (float32, [words, 4], 0..1);
        None where the bundle does not say.
    entity_calibration: how probable an entity's score makes it that both of its ends are right; None where the bundle
        has none.
    """

    text: str
    starts: NDArray[np.int32]
    ends: NDArray[np.int32]
    scores: NDArray[np.float32]
    marks: tuple[Mark, ...]
    calibration: Calibration | None = None
    terms: NDArray[np.int32] | None = None
    joins: NDArray[np.float32] | None = None
    kinds: NDArray[np.float32] | None = None
    entity_calibration: Calibration | None = None
    _words: list[tuple[Word, ...]] = field(default_factory=list, init=False, repr=False)

    def __post_init__(self) -> None:
        for array in (self.starts, self.ends, self.scores, self.terms, self.joins, self.kinds):
            if array is not None:
                array.flags.writeable = False

    def __reduce__(self) -> tuple[type["Document"], tuple[object, ...]]:
        # Through the constructor, so that the arrays are read-only again when unpickled.
        return type(self), tuple(getattr(self, item.name) for item in fields(self) if item.init)

    def __repr__(self) -> str:
        text = self.text if len(self.text) <= _SHOWN else f"{self.text[:_SHOWN]}…"
        return f"<Document: {len(self.scores)} words, {text!r}>"

    def _repr_html_(self) -> str:
        """The text with its words in color by score, as a notebook shows it."""
        from escore.document_html import to_html  # which imports this module

        return to_html(self)

    @property
    def words(self) -> tuple[Word, ...]:
        """All words in order; made when first asked for."""
        if not self._words:
            self._words.append(self.take(np.arange(len(self.scores))))
        return self._words[0]

    def probabilities(self, indices: NDArray[np.intp] | slice = slice(None)) -> NDArray[np.float64] | None:
        """How probable it is that the words at `indices` are part of a named entity; None where nobody measured it."""
        if self.calibration is None:
            return None
        scores = self.scores[indices]
        probabilities = np.interp(scores, self.calibration.scores, self.calibration.probabilities)
        return probabilities if self.terms is None else np.where(self.in_terms()[indices], scores > 0, probabilities)

    def in_terms(self) -> NDArray[np.bool_]:
        """Which words are part of a term of a list ([words])."""
        steps = np.zeros(len(self.scores) + 1, np.int8)
        if self.terms is not None:
            steps[self.terms[:, 0]] += 1
            steps[self.terms[:, 1] + 1] -= 1
        return np.cumsum(steps[:-1], dtype=np.int8).astype(np.bool_)

    def to_dicts(self, minimum: float | None = None, entities: bool = False) -> list[dict[str, Any]]:
        """The fields of each word or entity by their names, as `pandas.DataFrame` takes them.

        minimum: the lowest score; None is 0, so all words, or 220 for entities.

        Raises SettingError outside 0..300.
        """
        items: tuple[Word, ...] | tuple[Entity, ...]
        if entities:
            items = self.entities(ENTITY_MINIMUM if minimum is None else minimum)
        else:
            items = self.words if minimum is None else self.words_above(minimum)
        names = [field.name for field in fields(Entity if entities else Word)]
        return [{name: getattr(item, name) for name in names} for item in items]

    def words_above(self, minimum: float = WORD_MINIMUM) -> tuple[Word, ...]:
        """The words whose unrounded score is at least `minimum`. Raises SettingError outside 0..300."""
        return self.take(self.above(minimum))

    def above(self, minimum: float = WORD_MINIMUM) -> NDArray[np.intp]:
        """The indices of the words whose unrounded score is at least `minimum`. Raises SettingError outside 0..300."""
        _check(minimum)
        return np.flatnonzero(self.scores >= np.float64(minimum))

    def entities(self, minimum: float = ENTITY_MINIMUM, identifiers: bool = False) -> tuple[Entity, ...]:
        """Names as a reader sees them: words that score at least `minimum` and belong together (see entities.py).

        Those that go on with each other, where the bundle says so; else neighbors, and those with nothing but function
        words between them that score half of `minimum`. So an entity's score may lie below `minimum`, and each entity
        lies within one of any lower minimum. Terms of lists are joined with no other word: one that is always an entity
        is one of its own. Raises SettingError outside 0..300.

        identifiers: whether to keep what is written as programs write their own names, as for masking.
        """
        _check(minimum)
        runs = self._runs(minimum, Rule(identifiers=True) if identifiers else RULE)
        first, last = np.array(runs, np.intp).reshape(-1, 2).T
        scores = _means(self.scores, first, last).tolist()
        probabilities = self._entity_probabilities(np.array(scores), first, last)
        by, kinds = self._by(first), self._kinds(first, last)
        columns = (self.starts[first].tolist(), self.ends[last].tolist(), scores, probabilities, by, kinds)
        return tuple(
            Entity(self.text[start:end], start, end, *rest) for start, end, *rest in zip(*columns, strict=False)
        )

    def _entity_probabilities(
        self, scores: NDArray[np.float64], first: NDArray[np.intp], last: NDArray[np.intp]
    ) -> Iterable[float | None]:
        """Of entities by their scores; where the bundle does not say these, the means of their words'."""
        table, by_word = self.entity_calibration, self.probabilities()
        if table is None:
            return repeat(None) if by_word is None else _means(by_word, first, last).tolist()
        probabilities = np.interp(scores, table.scores, table.probabilities)
        by_entity: list[float] = np.where(self.in_terms()[first], 1.0, probabilities).tolist()
        return by_entity

    def _kinds(self, first: NDArray[np.intp], last: NDArray[np.intp]) -> Iterable[Kind | None]:
        """The likeliest kind of each run of words, by all of them, each as far as it looks like an entity."""
        if self.kinds is None:
            return repeat(None)
        weighted = (column * self.scores for column in self.kinds.T)
        means = np.column_stack([_means(column, first, last) for column in weighted])
        return map(KINDS.__getitem__, means.argmax(1).tolist())

    def _runs(self, minimum: float, rule: Rule) -> list[tuple[int, int]]:
        """The first and the last word of each entity, in order."""
        words = Words(self.text, self.starts, self.ends, self.scores, self.joins)
        if self.terms is None:
            return join_words(words, minimum, rule)
        runs: list[tuple[int, int]] = []
        begin = 0
        for first, last in [*self.terms.tolist(), (len(self.scores), -1)]:
            joined = join_words(words.part(slice(begin, first)), minimum, rule)
            runs += [(begin + a, begin + b) for a, b in joined]
            if first <= last and self.scores[first] > 0:
                runs.append((first, last))
            begin = last + 1
        return runs

    def take(self, indices: NDArray[np.intp]) -> tuple[Word, ...]:
        """The words at `indices` (into the arrays), in their order."""
        columns = (self.starts[indices], self.ends[indices], self.scores[indices])
        array = self.probabilities(indices)
        probabilities = repeat(None) if array is None else array.tolist()
        by = self._by(indices)
        return tuple(
            Word(self.text[start:end], start, end, score, self.mark(score), probability, by)
            for start, end, score, probability, by in zip(
                *(column.tolist() for column in columns), probabilities, by, strict=False
            )
        )

    def _by(self, indices: NDArray[np.intp]) -> Iterable[By]:
        return repeat(MODEL) if self.terms is None else map(_BY.__getitem__, self.in_terms()[indices].tolist())

    def mark(self, score: float) -> str:
        """The symbol of the highest mark that `score` reaches, "" below all."""
        symbol = ""
        for mark in self.marks:
            if score >= mark.minimum:
                symbol = mark.symbol
        return symbol


def _means(values: NDArray[np.floating], first: NDArray[np.intp], last: NDArray[np.intp]) -> NDArray[np.float64]:
    """The mean of the values from each `first` ([runs]) to its `last`, which is below the next first."""
    padded = np.append(values.astype(np.float64), 0)
    sums = np.add.reduceat(padded, np.column_stack([first, last + 1]).ravel())[::2]
    means: NDArray[np.float64] = sums / (last + 1 - first)
    return means


def _check(minimum: object) -> None:
    if isinstance(minimum, bool) or not isinstance(minimum, Real) or not is_score(float(minimum)):
        raise SettingError(f"minimum {minimum!r} is not a score", f"give a number from 0 to {MAX_SCORE:g}")
