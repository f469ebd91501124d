"""What `escore run` says of all texts together: entities with their counts, and what minimums find and miss."""

import json
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Protocol

from escore import Document
from escore.counts import EntityCounter
from escore_cli.output.tables import aligned, table

if TYPE_CHECKING:
    from escore_evaluation.minimums import Expectation

_MINIMUM_COLUMNS = ("minimum", "words", "precision", "recall", "f1")
_BAR = 20  # characters of a share of 1


class Summary(Protocol):
    """Takes documents, and says something of all of them."""

    def add(self, document: Document) -> None:
        """Take a document."""
        ...

    def render(self, format: str, header: bool) -> Iterator[str]:
        """The result as "tsv", "csv", "json", "jsonl", or "text" for a person."""
        ...


class Counts:
    """Entities with their counts, the most frequent first."""

    def __init__(self, minimum: float, columns: Sequence[str]) -> None:
        self._counter, self._columns = EntityCounter(minimum), columns
        self.add = self._counter.add

    def render(self, format: str, header: bool) -> Iterator[str]:
        """A row or an object an entity."""
        cells = [
            {
                "count": entity.count,
                "documents": entity.documents,
                "score": round(entity.score, 2),
                "text": entity.text,
                "variants": entity.variants,
            }
            for entity in self._counter.counts()
        ]
        if format in ("json", "jsonl"):
            yield from _objects(format, cells)
            return
        for row in cells:
            row |= {"score": f"{row['score']:.2f}", "variants": _variants(row["variants"])}  # type: ignore[arg-type]
        yield from _rows(format, header, self._columns, [[row[name] for name in self._columns] for row in cells])


class Minimums:
    """Precision and recall that the calibration expects, by minimum."""

    def __init__(self) -> None:
        from escore_evaluation.minimums import MinimumTable

        self._table = MinimumTable()
        self.add = self._table.add

    def render(self, format: str, header: bool) -> Iterator[str]:
        """A row or an object a minimum; for a person with bars."""
        rows = self._table.expectations()
        if format in ("json", "jsonl"):
            yield from _objects(format, [_shares(row) for row in rows])
        elif format == "text":
            columns = (*_MINIMUM_COLUMNS, "precision ■ and recall □")
            yield aligned(columns, [[*_cells(row), _bars(row)] for row in rows], columns[-1:])
        else:
            yield from _rows(format, header, _MINIMUM_COLUMNS, [_cells(row) for row in rows])


def _rows(format: str, header: bool, columns: Sequence[str], rows: list[list[object]]) -> Iterator[str]:
    if format == "text":
        yield aligned(columns, rows, ("text", "variants"))
        return
    yield from table("csv" if format == "csv" else "tsv", [list(columns), *rows] if header else rows)


def _objects(format: str, objects: list[dict[str, object]]) -> Iterator[str]:
    texts = [json.dumps(item, ensure_ascii=False) for item in objects]
    yield "".join(f"{text}\n" for text in texts) if format == "jsonl" else "[" + ",\n".join(texts) + "]\n"


def _variants(variants: dict[str, int]) -> str:
    return ", ".join(f"{text} ({count})" for text, count in variants.items())


def _shares(row: "Expectation") -> dict[str, object]:
    shares = {name: getattr(row, name) for name in ("precision", "recall", "f1")}
    rounded = {name: None if share is None else round(share, 4) for name, share in shares.items()}
    return {"minimum": row.minimum, "words": row.words, **rounded}


def _cells(row: "Expectation") -> list[object]:
    shares = ["–" if share is None else f"{share:.3f}" for share in (row.precision, row.recall, row.f1)]
    return [row.minimum, row.words, *shares]


def _bars(row: "Expectation") -> str:
    """The two shares on one line of `_BAR` characters: a filled and an empty square."""
    line = [" "] * (_BAR + 1)
    for share, sign in ((row.recall, "□"), (row.precision, "■")):
        if share is not None:
            line[round(share * _BAR)] = sign
    return "".join(["|", *line, "|"])
