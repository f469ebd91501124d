"""Rows as tab-separated text, CSV or aligned columns."""

import csv
import io
import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from itertools import islice
from typing import Literal

from escore.json_output import CHUNK
from escore.printable import protect_cell

Layout = Literal["tsv", "csv"]
BREAKS = re.compile("[\t\n\x0b\x0c\r\x85\u2028\u2029]")


def table(layout: Layout, rows: Iterable[Sequence[object]]) -> Iterator[str]:
    """Rows as text, in chunks of many rows.

    tsv: tabs and line breaks in cells become blanks.
    csv: as in RFC 4180; an apostrophe goes before what a spreadsheet would take for a formula.
    """
    render = _tsv if layout == "tsv" else _csv
    iterator = iter(rows)
    while chunk := list(islice(iterator, CHUNK)):
        yield render(chunk)


def aligned(header: Sequence[str], rows: Sequence[Sequence[object]], left: Sequence[str]) -> str:
    """A table for a person: numbers to the right, columns in `left` to the left, the last one without padding."""
    cells = [list(header), *([BREAKS.sub(" ", str(cell)) for cell in row] for row in rows)]
    widths = [max(map(len, column)) for column in zip(*cells, strict=True)]
    sides: list[Callable[[str, int], str]] = [str.ljust if name in left else str.rjust for name in header]
    lines = (
        "  ".join(side(cell, width) for cell, width, side in zip(row, widths, sides, strict=True)) for row in cells
    )
    return "".join(f"{line.rstrip()}\n" for line in lines)


def _tsv(rows: list[Sequence[object]]) -> str:
    return "".join("\t".join(map(_tsv_cell, row)) + "\n" for row in rows)


def _tsv_cell(cell: object) -> str:
    text = str(cell)
    return text if text.isprintable() else BREAKS.sub(" ", text)


def _csv(rows: list[Sequence[object]]) -> str:
    text = io.StringIO()
    csv.writer(text).writerows(map(_protected, rows))
    return text.getvalue()


def _protected(row: Sequence[object]) -> list[object]:
    """Cells that are no formula; a sign alone is none."""
    return [cell if isinstance(cell, str) and len(cell) == 1 else protect_cell(cell) for cell in row]
