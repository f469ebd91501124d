"""Rows cut into slices: what is scored at a time, and becomes one part."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from escore_batch.rows import BadRow, Error, Item, Problem, Ranges, Row

MAX_ROWS = 4096
MIB = 1 << 20
LARGE = 10_000  # parts: where there would be more, they grow, so that a folder stays quick to list
SMALLEST, LARGEST = MIB // 8, 16 * MIB  # the smallest takes a core a second or two, which a kill may cost


@dataclass(frozen=True, slots=True)
class Slice:
    """The rows from `first` up to `end` of an input (blank lines may lie between them)."""

    first: int
    end: int
    rows: tuple[Row, ...]
    errors: tuple[Error, ...]


def slice_size(total: int) -> int:
    """Characters of text that a slice holds, for so many bytes of input: 128 Ki up to 1.3 GB, 16 Mi from 168 GB on."""
    return min(LARGEST, max(SMALLEST, total // LARGE))


def cut(items: Iterable[Item], done: Ranges, size: int) -> Iterator[Slice | Problem]:
    """Slices of about `size` characters, and problems as they come.

    done: rows that are not among `items`, since earlier slices hold them; no slice reaches across them.
    """
    rows: list[Row | BadRow] = []
    characters = 0
    for item in items:
        if isinstance(item, Problem):
            if rows:
                yield _slice(rows)
            rows, characters = [], 0
            yield item
            continue
        length = len(item.text) if isinstance(item, Row) else 0
        is_full = characters + length > size or len(rows) == MAX_ROWS
        if rows and (is_full or done.touch(rows[0].index, item.end)):
            yield _slice(rows)
            rows, characters = [], 0
        rows.append(item)
        characters += length
    if rows:
        yield _slice(rows)


def _slice(items: list[Row | BadRow]) -> Slice:
    errors = []
    for item in items:
        if isinstance(item, BadRow):
            errors.append(Error(item.place, item.reason))
        elif item.problem:
            errors.append(Error(item.place, item.problem, scored=True))
    rows = tuple(item for item in items if isinstance(item, Row))
    return Slice(items[0].index, items[-1].end, rows, tuple(errors))
