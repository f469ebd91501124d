"""What is written when all parts are there: everything that went wrong, and a summary."""

import json
import re
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import msgspec
import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from escore_batch.output import ERRORS, SUMMARY, Part, Writer, check_once
from escore_batch.progress import Meter
from escore_batch.rows import Error, Problem
from escore_batch.settings import Settings, versions

_ERRORS_SCHEMA = pa.schema(
    [
        pa.field("place", pa.string(), nullable=False),
        pa.field("reason", pa.string(), nullable=False),
        pa.field("scored", pa.bool_(), nullable=False),  # whether the text is in the output all the same
    ]
)
_ERRORS_AT_ONCE = 10_000
_IDS_AT_ONCE = 1 << 24  # whose hashes are held in memory: 128 MiB


@dataclass(frozen=True, slots=True)
class Summary:
    """What a run has made, with what the runs before it have.

    documents, words, characters: of all parts. errors: rows of errors.parquet, those with `scored` too.
    kinds: the first error of each kind, and how many there are.
    repeated_ids: ids that several documents have; repeated_id: one of them, "" for none.
    seconds, words_per_second: of this run alone.
    """

    documents: int
    words: int
    characters: int
    parts: int
    errors: int
    kinds: tuple[tuple[Error, int], ...]
    repeated_ids: int
    repeated_id: str
    seconds: float
    words_per_second: float

    def reasons(self) -> list[str]:
        """A line for each kind of error: the first one, and how many there are."""
        return [
            f"{first.place}: {first.reason}" + (f"; and {count - 1:,} more like it" if count > 1 else "")
            for first, count in self.kinds
        ]


def finish(writer: Writer, settings: Settings, problems: Sequence[Problem], meter: Meter, engine: str) -> Summary:
    """Write errors.parquet and summary.json. Raises OutputError, and BatchError where a row is in two parts."""
    parts = writer.parts()
    check_once(parts)
    counts: Counter[str] = Counter()
    kinds: dict[str, tuple[Error, int]] = {}
    with writer.open_own(ERRORS) as file, pq.ParquetWriter(file, _ERRORS_SCHEMA) as table:
        for errors in _errors(writer.receipts(parts), counts, problems):
            table.write_table(pa.Table.from_pylist([error._asdict() for error in errors], _ERRORS_SCHEMA))
            for error in errors:
                first, count = kinds.get(_kind(error), (error, 0))
                kinds[_kind(error)] = first, count + 1
    repeated, example = repeated_ids(writer, parts, counts["documents"])
    summary = Summary(
        documents=counts["documents"],
        words=counts["words"],
        characters=counts["characters"],
        parts=len(parts),
        errors=sum(count for _, count in kinds.values()),
        kinds=tuple(kinds.values()),
        repeated_ids=repeated,
        repeated_id=example,
        seconds=meter.seconds,
        words_per_second=meter.words / meter.seconds,
    )
    writer.write_own(SUMMARY, json.dumps(_content(summary, settings, meter, engine), indent=2).encode() + b"\n")
    return summary


def _errors(
    receipts: Iterator[dict[str, Any]], counts: "Counter[str]", problems: Sequence[Problem]
) -> Iterator[list[Error]]:
    """The errors of receipts, which are added to `counts`, and of problems: some at a time, one list at least."""
    errors = [Error(*problem) for problem in problems]
    for receipt in receipts:
        counts.update({name: receipt[name] for name in ("documents", "words", "characters")})
        errors += [Error(**error) for error in receipt["errors"]]
        if len(errors) >= _ERRORS_AT_ONCE:
            yield errors
            errors = []
    yield errors


def repeated_ids(writer: Writer, parts: Sequence[Part], documents: int) -> tuple[int, str]:
    """How many ids several documents have, and one of them; of whatever many, _IDS_AT_ONCE are in memory at a time.

    Ids are compared by 64 bits of a hash; of 10^8 ids, two different ones have the same with a probability of 0.0003.
    """
    rounds = documents // _IDS_AT_ONCE + 1
    repeated, example = 0, ""
    for number in range(rounds):
        hashes = [values[values % rounds == number] for _, values in _hashes(writer, parts)]
        if not hashes:
            break
        values, counts = np.unique(np.concatenate(hashes), return_counts=True)
        again = values[counts > 1]
        repeated += len(again)
        if len(again) and not example:
            example = next(
                ids[int(np.flatnonzero(of_part == again[0])[0])]
                for ids, of_part in _hashes(writer, parts)
                if (of_part == again[0]).any()
            )
    return repeated, example


def _hashes(writer: Writer, parts: Sequence[Part]) -> Iterator[tuple[list[str], "np.ndarray[Any, Any]"]]:
    for part in parts:
        place = writer.root.child(part.name)
        with place.open() as file:
            if part.format == "parquet":
                ids = pq.read_table(file, columns=["id"])["id"].to_pylist()
            else:
                ids = [msgspec.json.decode(line, type=_Id).id for line in file]
        yield ids, np.fromiter(map(hash, ids), np.int64, len(ids)).view(np.uint64)


class _Id(msgspec.Struct):
    id: str


def _kind(error: Error) -> str:
    """What counts as one kind of error: the reason up to what is of one row alone."""
    return re.split("[:(,;]", error.reason, maxsplit=1)[0].strip()


def _content(summary: Summary, settings: Settings, meter: Meter, engine: str) -> dict[str, Any]:
    return {
        "documents": summary.documents,
        "words": summary.words,
        "characters": summary.characters,
        "parts": summary.parts,
        "errors": summary.errors,
        "errors_by_reason": {_kind(first): count for first, count in summary.kinds},
        "repeated_ids": summary.repeated_ids,
        "input_bytes": meter.total,
        "this_run": {
            "engine": engine,
            "documents": meter.documents,
            "words": meter.words,
            "seconds": round(summary.seconds, 3),
            "words_per_second": round(summary.words_per_second, 1),
        },
        "settings": settings.content(),
        "versions": versions(),
    }
