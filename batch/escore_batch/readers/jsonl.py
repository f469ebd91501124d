"""JSON Lines: an object a line."""

from collections.abc import Iterator
from contextlib import suppress
from itertools import islice
from typing import Any

import msgspec

from escore_batch.fields import parse_id, parse_text, parse_time
from escore_batch.inputs import File
from escore_batch.readers.lines import READ_ERRORS, TOO_LONG, read_lines
from escore_batch.readers.parquet import reason_of
from escore_batch.rows import BadRow, Item, Position, Problem, Ranges, make_row
from escore_batch.settings import Columns

_LOOKED_AT = 100  # lines


def read_jsonl(file: File, columns: Columns, done: Ranges, position: Position) -> Iterator[Item]:
    """As read_source."""
    name, index = file.place.name, -1
    try:
        for index, line in enumerate(read_lines(file, position)):
            if not done.touch(index, index + 1) and (line is None or line.strip()):
                yield _row(name, index, line, columns)
    except READ_ERRORS as error:
        yield Problem(f"{name}: after line {index + 1}", f"cannot be read on: {reason_of(error)}")


def field_names(file: File) -> list[str]:
    """The fields of the first objects; none where there are none, or where they cannot be read."""
    names: dict[str, None] = {}
    with suppress(*READ_ERRORS):
        for line in islice(read_lines(file, Position()), _LOOKED_AT):
            with suppress(msgspec.DecodeError, UnicodeDecodeError, RecursionError):
                fields = msgspec.json.decode(line or b"null")
                names |= dict.fromkeys(fields) if isinstance(fields, dict) else {}
    return list(names)


def _row(name: str, index: int, line: bytes | None, columns: Columns) -> Item:
    place = f"{name}: line {index + 1}"
    if line is None:
        return BadRow(index, place, TOO_LONG)
    try:
        fields: Any = msgspec.json.decode(line)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        return BadRow(index, place, f"not JSON: {error}")
    if not isinstance(fields, dict):
        return BadRow(index, place, "not a JSON object")
    if columns.text not in fields:
        return BadRow(index, place, f"no field '{columns.text}'; it has {', '.join(fields) or 'none'}")
    _, id_name, time_name = columns.names
    return make_row(
        index,
        place,
        f"{name}:{index + 1}",
        parse_id(fields.get(id_name)),
        parse_text(fields[columns.text]),
        parse_time(fields.get(time_name)),
    )
