"""Objects of JSON Lines or of a JSON array, and which tool's they are."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any, TypeVar

import msgspec

from escore_labels.json_errors import decoding_problem, validation_problem
from escore_labels.readers.files import read_bytes
from escore_labels.record import CHOICES, LABELS, Record, RecordError, Span, json_lines

T = TypeVar("T")
_PRODIGY_KEYS = {"_input_hash", "_task_hash", "_view_id", "_session_id", "_annotator_id", "answer", "tokens", "meta"}


def json_items(path: Path) -> Iterator[tuple[str, bytes]]:
    """The values of a JSON Lines file, or of a JSON array, as they are written, each with its place.

    Raises RecordError for an array that is no JSON.
    """
    first = next(json_lines(path), None)
    if first is not None and first[1].startswith(b"["):
        values = _decode(read_bytes(path).removeprefix(b"\xef\xbb\xbf"), str(path), list[msgspec.Raw])
        yield from ((f"{path}: item {number}", bytes(value)) for number, value in enumerate(values, 1))
    else:
        yield from json_lines(path)


def decode_json(item: bytes, place: str) -> Any:
    """A JSON value. Raises RecordError."""
    return _decode(item, place, object)


def convert(value: object, to: type[T], place: str) -> T:
    """A JSON value as a struct, keys that it does not name left out. Raises RecordError."""
    try:
        return msgspec.convert(value, to)
    except msgspec.ValidationError as error:
        problem, advice = validation_problem(error, CHOICES)
        raise RecordError(f"{place}: {problem}", advice) from error


def object_format(value: dict[str, Any]) -> str | None:
    """The format that an object shows by its keys; None where it may be of several."""
    keys = value.keys()
    if "words" in keys:
        return "run"
    if ("data" in keys and isinstance(value["data"], dict)) or any(map(is_region_list, value.values())):
        return "label-studio"
    if keys & {"label", "labels", "entities", "annotations", "annotation_approver", "Comments"}:
        return "doccano"
    if keys & _PRODIGY_KEYS:
        return "prodigy"
    spans = value.get("spans")
    if keys - set(Record.__struct_fields__) or not isinstance(spans, list):
        return None
    for span in spans:
        if isinstance(span, dict):
            known = span.keys() <= set(Span.__struct_fields__)
            of_record = known and (span.get("label") in (None, *LABELS) or len(span) > 3)
            return "records" if of_record else "prodigy"
    return None


def is_region_list(content: object) -> bool:
    """Whether a field of JSON-MIN holds labeled spans."""
    return (
        isinstance(content, list)
        and bool(content)
        and all(isinstance(item, dict) and {"start", "end", "labels"} <= item.keys() for item in content)
    )


def _decode(data: bytes, place: str, to: type[T]) -> T:
    try:
        return msgspec.json.decode(data, type=to)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        problem, advice = decoding_problem(error, data)
        raise RecordError(f"{place}: {problem}", advice) from error
