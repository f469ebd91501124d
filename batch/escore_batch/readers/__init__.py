"""Readers: a source in, its rows out, one after another, whatever its size."""

from collections.abc import Iterator

from escore_batch.errors import ColumnError
from escore_batch.fields import check_named
from escore_batch.inputs import Source
from escore_batch.readers.jsonl import field_names, read_jsonl
from escore_batch.readers.parquet import read_parquet
from escore_batch.readers.tables import read_table
from escore_batch.readers.texts import read_texts
from escore_batch.rows import Item, Position, Problem, Ranges
from escore_batch.settings import Columns


def read_source(
    source: Source, columns: Columns, done: Ranges, position: Position, groups: range | None = None
) -> Iterator[Item]:
    """The rows of a source that are not `done`, in order, and what is wrong with others.

    position: is kept up to date. groups: of the row groups of a Parquet file, those that are read; None: all.

    Raises ColumnError where a column is missing, or of no use.
    """
    match source.kind:
        case "parquet":
            return read_parquet(source.files[0], columns, done, position, groups)
        case "jsonl":
            return read_jsonl(source.files[0], columns, done, position)
        case "text":
            return read_texts(source.files, done, position)
    return read_table(source.files[0], columns, done, position, "," if source.kind == "csv" else "\t")


def read_or_tell(
    source: Source, columns: Columns, done: Ranges, position: Position, groups: range | None = None
) -> Iterator[Item]:
    """The same, with a problem instead of an error."""
    try:
        yield from read_source(source, columns, done, position, groups)
    except ColumnError as error:
        yield Problem(source.name, f"{error.problem.removeprefix(f'{source.name}: ')}; {error.advice}")


def check_columns(source: Source, columns: Columns) -> None:
    """Look into a source before work begins. Raises ColumnError where a column is missing, and names those there are.

    In JSON Lines, that is where none of the first lines has it.
    """
    if source.kind != "jsonl":
        next(read_source(source, columns, Ranges(), Position()), None)
    elif names := field_names(source.files[0]):
        check_named(columns, names, source.name)
