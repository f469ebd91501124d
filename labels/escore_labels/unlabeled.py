"""Unlabeled texts from the files that people keep them in: lines, JSON lines and tables."""

import csv
import importlib
import sys
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import date, datetime
from itertools import chain
from typing import Any

import msgspec

from escore import EscoreError
from escore_labels.json_errors import decoding_problem
from escore_labels.notes import Note, Report
from escore_labels.record import Record

_TIME, _SOURCE, _ID = "time", "source", "id"
_BATCH = 256  # rows of a Parquet file that are read at once


class TextError(EscoreError, ValueError):
    """A file of texts that cannot be read as what it should be."""


class Text(msgspec.Struct, frozen=True):
    """A text, and what a record keeps of where it came from (see escore_labels.record.Record)."""

    text: str
    id: str
    source: str
    time: str | None = None


def unlabeled_record(text: Text, *, held_out: bool = False) -> Record:
    """The text as a record that says nothing of it yet."""
    return Record(text=text.text, id=text.id, time=text.time, source=text.source, held_out=held_out)


def text_of(record: Record) -> Text:
    """The text of a record, without what is said of it."""
    return Text(record.text, record.id, record.source or "", record.time)


def line_texts(lines: Iterable[str], file: str) -> Iterator[Text]:
    """A text a line, with the id FILE:N; blank lines are skipped."""
    for number, line in enumerate(lines, 1):
        if line.strip():
            yield Text(line, f"{file}:{number}", file)


def jsonl_texts(lines: Iterable[str], file: str, field: str, report: Report) -> Iterator[Text]:
    """The `field` of each JSON object, a line an object, with its `id`, `time` and `source`. Raises TextError."""
    for number, line in enumerate(lines, 1):
        if not line.strip():
            continue
        place = f"{file}: line {number}"
        try:
            fields = msgspec.json.decode(line)
        except (msgspec.DecodeError, RecursionError) as error:
            problem, advice = decoding_problem(error, line)
            raise TextError(f"{place}: {problem}", advice) from error
        if not isinstance(fields, dict):
            raise TextError(f"{place}: not a JSON object", "write one JSON object on each line")
        if field not in fields:
            names = ", ".join(fields) or "no field at all"
            raise TextError(f"{place}: no field '{field}'", f"choose one with --text-field; it has {names}")
        if "spans" in fields:
            report(Note(place, "lost", "spans that a text has already are not read"))
        yield from _text(fields, field, file, number, report)


def table_texts(lines: Iterable[str], file: str, column: str, delimiter: str, report: Report) -> Iterator[Text]:
    """The `column` of each row of a table with a header, with its `id`, `time` and `source`. Raises TextError.

    Cells are quoted as in CSV (RFC 4180), also where the delimiter is a tab. Semicolons separate them where they do in
    the header, as spreadsheets write where a comma is the decimal sign.
    """
    csv.field_size_limit(sys.maxsize)  # for the whole process; the module's own limit is 128 kB
    lines = iter(lines)
    first = next(lines, "")
    if delimiter == "," and "," not in first and ";" in first:
        delimiter = ";"
    lines = chain([first] if first else [], lines)
    reader = csv.reader((f"{line}\n" for line in lines), delimiter=delimiter, strict=True)
    try:
        header = next(reader, None)
        if header is None:
            return
        _check_column(header, column, file)
        number = reader.line_num + 1
        for row in reader:
            if row and len(row) != len(header):
                problem = f"{file}: line {number}: {len(row)} columns, and the header has {len(header)}"
                raise TextError(problem, 'put cells that hold a delimiter between " and "')
            if row:
                yield from _text(dict(zip(header, row, strict=True)), column, file, number, report)
            number = reader.line_num + 1
    except csv.Error as error:
        problem = f"{file}: line {reader.line_num}: {error}"
        raise TextError(problem, 'put cells that hold a delimiter or " between " and ", and double " inside') from error


def parquet_texts(file: str, column: str, report: Report) -> Iterator[Text]:
    """The `column` of each row of a Parquet file, with its `id`, `time` and `source`. Raises TextError."""
    try:
        parquet = importlib.import_module("pyarrow.parquet")
    except ImportError as error:
        raise TextError(f"{file}: pyarrow is not installed", "pip install pyarrow") from error
    try:
        with open(file, "rb") as opened, parquet.ParquetFile(opened) as table:
            names = table.schema_arrow.names
            _check_column(names, column, file)
            columns = [name for name in dict.fromkeys((column, _ID, _TIME, _SOURCE)) if name in names]
            number = 0
            for batch in table.iter_batches(_BATCH, columns=columns):
                for number, fields in enumerate(batch.to_pylist(), number + 1):  # noqa: B020
                    yield from _text(fields, column, file, number, report)
    except TextError:
        raise
    except (OSError, ValueError) as error:  # pyarrow's own errors are one or the other
        problem = getattr(error, "strerror", None) or str(error).partition("\n")[0].rstrip(".")
        raise TextError(f"{file}: {problem}", "give a Parquet file") from error


def _check_column(names: Sequence[str], column: str, file: str) -> None:
    if column not in names:
        raise TextError(f"{file}: no column '{column}'", f"choose one with --column: {', '.join(names)}")


def _text(fields: Mapping[str, Any], field: str, file: str, number: int, report: Report) -> Iterator[Text]:
    """The text of a JSON object or a row; none where it is empty."""
    text, time, place = fields[field], fields.get(_TIME), f"{file}: line {number}"
    if text is None or (isinstance(text, str) and not text.strip()):
        report(Note(place, "empty", "an empty text is left out"))
        return
    if not isinstance(text, str):
        raise TextError(f"{place}: '{field}' is no text, but {text!r:.40}", "choose a field of texts")
    if isinstance(time, date):  # a datetime is one
        time = time.isoformat()
    if time is not None and time != "" and not _is_time(time):
        report(Note(place, "lost", "a time that is not in ISO 8601 is left out"))
    name, source = fields.get(_ID), fields.get(_SOURCE)
    yield Text(
        text,
        id=str(name) if type(name) in (str, int) and name != "" else f"{file}:{number}",
        source=source if isinstance(source, str) and source else file,
        time=time if _is_time(time) else None,
    )


def _is_time(time: object) -> bool:
    try:
        return isinstance(time, str) and bool(datetime.fromisoformat(time))
    except ValueError:
        return False
