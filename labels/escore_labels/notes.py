"""What a reader of labels had to change, and what a writer had to leave out: nothing is dropped in silence."""

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

from escore import EscoreError

NoteKind = Literal[
    "unknown tag", "moved", "overlap", "empty", "lost",  # of readers and writers
    "conflict", "duplicate", "held out", "one class",  # of checks
]  # fmt: skip

WRONG = ("unknown tag", "moved", "empty", "conflict", "duplicate", "held out", "one class")  # kinds to correct


SHARED_ID = "another text has the same id"


@dataclass(frozen=True, slots=True)
class Note:
    """Something that differs between what a file says and what is made of it.

    place: the file and the line or the id.
    kind: unknown tag; moved, of a span that did not lie on word edges; overlap, of two spans; empty, of a text without
        words; lost, of what cannot be expressed; and what only a check finds.
    problem, advice: as an error's. All notes of one problem are counted together.
    """

    place: str
    kind: NoteKind
    problem: str
    advice: str = ""

    def __str__(self) -> str:
        return f"{self.place}: {self.problem}{'; ' if self.advice else ''}{self.advice}"


Report = Callable[[Note], None]


Broken = Callable[[EscoreError], None]  # is told of what cannot be read


def raise_error(error: EscoreError) -> None:
    """The first line that cannot be read ends the reading."""
    raise error


def ignore(_: Note) -> None:
    """A report that nobody reads."""


class Notes:
    """Notes counted by their problem, each with the first place that has it."""

    def __init__(self) -> None:
        self._counts: Counter[tuple[str, str]] = Counter()
        self._first: dict[tuple[str, str], Note] = {}

    def add(self, note: Note) -> None:
        """Count a note; this is a Report."""
        key = note.problem, note.advice
        self._counts[key] += 1
        self._first.setdefault(key, note)

    def count(self, kind: NoteKind) -> int:
        """How many notes there are of a kind."""
        return sum(count for key, count in self._counts.items() if self._first[key].kind == kind)

    def lines(self) -> list[str]:
        """A line a problem, in the order in which they came up: what, how often, where first, what to do."""
        return [
            str(self._first[key])
            if count == 1
            else f"{key[0]} ({count} times, first in {self._first[key].place}){'; ' if key[1] else ''}{key[1]}"
            for key, count in self._counts.items()
        ]


def count(number: int, noun: str) -> str:
    """The number and the noun, in the plural where it is not one."""
    return f"{number:,} {noun}{'' if number == 1 else 's'}"
