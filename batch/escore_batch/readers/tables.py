"""CSV (RFC 4180) and tab-separated tables with a header."""

import csv
from collections.abc import Iterator

from escore_batch.fields import Unreadable, check_named, check_single, parse_id, parse_time
from escore_batch.inputs import File
from escore_batch.readers.lines import READ_ERRORS, TOO_LONG, read_lines
from escore_batch.readers.parquet import reason_of
from escore_batch.rows import LONGEST, BadRow, Item, Position, Problem, Ranges, make_row
from escore_batch.settings import Columns


def read_table(file: File, columns: Columns, done: Ranges, position: Position, delimiter: str) -> Iterator[Item]:
    """As read_source. Semicolons separate cells where they do in the header, as spreadsheets may write them."""
    csv.field_size_limit(LONGEST)  # for the whole process; the module's own limit is 128 kB
    name, line = file.place.name, 0
    try:
        lines = _text_lines(file, position)
        first = next(lines, "")
        if delimiter == "," and "," not in first and ";" in first:
            delimiter = ";"
        header = next(csv.reader([first], delimiter=delimiter), [])
        check_named(columns, header, name)
        check_single(columns, header, name)
        reader = csv.reader(lines, delimiter=delimiter, strict=True)
        line, index = 2, 0
        for row in reader:
            if row and not done.touch(index, index + 1):
                yield _row(name, index, line, header, row, columns)
            line, index = reader.line_num + 2, index + bool(row)
    except READ_ERRORS as error:
        yield Problem(f"{name}: after line {max(0, line - 1)}", f"cannot be read on: {reason_of(error)}")
    except csv.Error as error:
        yield Problem(f"{name}: line {line} and all after it", f"not CSV: {error}")


def _text_lines(file: File, position: Position) -> Iterator[str]:
    """The lines with an LF; bytes that are not UTF-8 as lone surrogates."""
    for line in read_lines(file, position):
        if line is None:
            raise csv.Error(TOO_LONG)
        yield line.decode("utf-8", "surrogateescape") + "\n"


def _row(name: str, index: int, line: int, header: list[str], row: list[str], columns: Columns) -> Item:
    place = f"{name}: line {line}"
    if len(row) != len(header):
        return BadRow(index, place, f"{len(row)} columns, and the header has {len(header)}")
    fields = dict(zip(header, row, strict=True))
    text: str | Unreadable = fields[columns.text]
    if not _is_utf8("".join(fields.get(key, "") for key in columns.names)):
        text = Unreadable("not UTF-8")
    _, id_name, time_name = columns.names
    return make_row(
        index,
        place,
        f"{name}:{line}",
        parse_id(fields.get(id_name)),
        text,
        parse_time(fields.get(time_name)),
    )


def _is_utf8(text: str) -> bool:
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True
