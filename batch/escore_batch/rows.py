"""What readers read: rows, and what is wrong with the others."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import NamedTuple

from escore_batch.fields import Unreadable

LONGEST = 100_000_000  # characters of a text; a longer one would need too much memory
LONG = 10_000_000  # from here on, a text takes minutes


@dataclass(frozen=True, slots=True)
class Row:
    """A text. `index` counts the rows of its input from 0; `problem` is what is wrong with a field, "" for nothing."""

    index: int
    id: str
    text: str
    time: datetime | None
    place: str
    problem: str = ""

    @property
    def end(self) -> int:
        """The index of the next row."""
        return self.index + 1


@dataclass(frozen=True, slots=True)
class BadRow:
    """A row that cannot be scored: the place as messages call it, and why."""

    index: int
    place: str
    reason: str

    @property
    def end(self) -> int:
        """The index of the next row."""
        return self.index + 1


class Problem(NamedTuple):
    """A file, or the rest of one, that cannot be read."""

    place: str
    reason: str


Item = Row | BadRow | Problem


class Error(NamedTuple):
    """What `errors.parquet` says, a row each. `scored`: the text is in the output all the same."""

    place: str
    reason: str
    scored: bool = False


def make_row(
    index: int, place: str, default_id: str, id: str | None, text: str | Unreadable, time: datetime | Unreadable | None
) -> Row | BadRow:
    """A row of fields as they were read."""
    if isinstance(text, Unreadable):
        return BadRow(index, place, text.reason)
    if len(text) > LONGEST:
        return BadRow(index, place, f"text has {len(text):,} characters, and {LONGEST:,} is the most; split it")
    if isinstance(time, Unreadable):
        return Row(index, id or default_id, text, None, place, time.reason)
    return Row(index, id or default_id, text, time, place)


@dataclass(slots=True)
class Position:
    """How far a source is read, 0..1."""

    share: float = 0.0


@dataclass(frozen=True, slots=True)
class Ranges:
    """Half-open ranges of rows, in order, that do not touch."""

    ranges: tuple[tuple[int, int], ...] = ()

    @classmethod
    def of(cls, ranges: Iterable[tuple[int, int]]) -> "Ranges":
        """Any ranges, joined where they touch."""
        joined: list[tuple[int, int]] = []
        for first, end in sorted(ranges):
            if joined and first <= joined[-1][1]:
                joined[-1] = joined[-1][0], max(end, joined[-1][1])
            else:
                joined.append((first, end))
        return cls(tuple(joined))

    def cover(self, first: int, end: int) -> bool:
        """Whether all rows of a range are in one of these."""
        return first == end or any(a <= first and end <= b for a, b in self.ranges)

    def touch(self, first: int, end: int) -> bool:
        """Whether a row of a range is in one of these."""
        return any(a < end and first < b for a, b in self.ranges)
