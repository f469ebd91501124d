"""The fields of a row, from the values of Arrow columns, of JSON and of CSV."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Any

import pyarrow as pa
from pyarrow import types

from escore.times import from_epoch, from_iso, in_utc
from escore_batch.errors import ColumnError
from escore_batch.settings import Columns

NULL = "text is null"
NO_TIME = "time is not in ISO 8601; the text is scored without one"
_OTHER = "choose another with {}"


@dataclass(frozen=True, slots=True)
class Unreadable:
    """A value that is not what it should be, and why."""

    reason: str


def text_values(table: pa.Table, column: str, place: str) -> list[str | Unreadable]:
    """The texts of a column. Raises ColumnError where it is missing, or holds no texts."""
    values = _column(table, column, place, "--text-column")
    if not _is_text(values.type):
        raise ColumnError(f"{place}: column '{column}' holds {values.type}, not text", _OTHER.format("--text-column"))
    return [NULL_TEXT if value is None else value for value in _texts(values)]


def id_values(table: pa.Table, column: str | None, place: str) -> list[str | None] | None:
    """The ids of a column; None without one. Raises ColumnError where it is missing, or holds no ids."""
    if column is None and "id" not in table.column_names:
        return None
    name = column or "id"
    values = _column(table, name, place, "--id-column")
    kind = values.type
    if not (_is_text(kind) or types.is_integer(kind) or types.is_decimal(kind) or types.is_boolean(kind)):
        if column is None:
            return None  # a column that is called so by chance
        raise ColumnError(f"{place}: column '{name}' holds {kind}, no ids", _OTHER.format("--id-column"))
    if _is_text(kind):
        return [value if isinstance(value, str) and value else None for value in _texts(values)]
    return [None if value is None else str(value) for value in values.to_pylist()]


def time_values(table: pa.Table, column: str | None, place: str) -> list[datetime | Unreadable | None]:
    """The times of a column, each in UTC; None without one. Raises ColumnError where it is missing."""
    if column is None and "time" not in table.column_names:
        return [None] * table.num_rows
    values = _column(table, column or "time", place, "--time-column")
    if types.is_timestamp(values.type):
        values = values.cast(pa.timestamp("us", values.type.tz), safe=False)
    return [parse_time(value) for value in (_texts(values) if _is_text(values.type) else values.to_pylist())]


def parse_id(value: object) -> str | None:
    """The id that a value of JSON or CSV is; None where it is none."""
    return str(value) if type(value) in (str, int) and value != "" else None


def parse_text(value: object) -> str | Unreadable:
    """The text that a value of JSON or CSV is."""
    if value is None:
        return NULL_TEXT
    if not isinstance(value, str):
        return Unreadable(f"text is no text, but {value!r:.40}")
    return value


def parse_time(value: object) -> datetime | Unreadable | None:
    """A time in UTC: of ISO 8601, which is UTC where it names no offset, or seconds or milliseconds since 1970."""
    try:
        if value is None or value == "":
            return None
        if isinstance(value, str):
            return from_iso(value)
        if isinstance(value, datetime):
            return in_utc(value)
        if isinstance(value, date):
            return datetime(value.year, value.month, value.day, tzinfo=UTC)
        if isinstance(value, int | float) and not isinstance(value, bool):
            return from_epoch(value)
    except ValueError:
        pass
    return Unreadable(NO_TIME)


NULL_TEXT = Unreadable(NULL)


def _column(table: pa.Table, name: str, place: str, option: str) -> pa.ChunkedArray:
    if name not in table.column_names:
        raise missing(place, name, option, table.column_names)
    values = table[name]
    return values.cast(values.type.value_type) if types.is_dictionary(values.type) else values


def check_named(columns: Columns, names: Sequence[str], place: str) -> None:
    """Raise ColumnError where a column that was named is not among `names`."""
    for option, column in (("text", columns.text), ("id", columns.id), ("time", columns.time)):
        if column is not None and column not in names:
            raise missing(place, column, f"--{option}-column", names)


def check_single(columns: Columns, names: Sequence[str], place: str) -> None:
    """Raise ColumnError where several columns have a name of which one is read."""
    for column in columns.names:
        if (count := list(names).count(column)) > 1:
            raise ColumnError(f"{place}: {count} columns are called '{column}'", "rename all but one")


def missing(place: str, name: str, option: str, names: Sequence[str]) -> ColumnError:
    """The error for a column that is not there, which names those that are."""
    there = f"choose one with {option}: {', '.join(names)}" if names else "it has none"
    return ColumnError(f"{place}: no column '{name}'", there)


def _is_text(type: pa.DataType) -> bool:
    tests: tuple[Callable[[Any], bool], ...] = (
        types.is_string, types.is_large_string, types.is_string_view, types.is_binary, types.is_large_binary,
        types.is_binary_view, types.is_fixed_size_binary, types.is_null,
    )  # fmt: skip
    return any(test(type) for test in tests)


def _texts(values: pa.ChunkedArray) -> list[str | Unreadable | None]:
    try:
        texts = values.to_pylist()
    except UnicodeDecodeError:  # Parquet's strings are not checked when they are read
        texts = [_one(value) for value in values]
    return [_decoded(text) if isinstance(text, bytes) else text for text in texts]


def _one(value: pa.Scalar) -> str | Unreadable | None:
    try:
        text: str | None = value.as_py()
    except UnicodeDecodeError as error:
        return Unreadable(f"text is not UTF-8 (byte {error.start})")
    return text


def _decoded(data: bytes) -> str | Unreadable:
    try:
        return data.decode()
    except UnicodeDecodeError as error:
        return Unreadable(f"text is not UTF-8 (byte {error.start})")
