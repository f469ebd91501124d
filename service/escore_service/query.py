"""Reads and checks the JSON, the plain text and the URL arguments of requests. A refusal names the field at fault."""

import json
import re
from collections.abc import Iterable
from typing import Any, NoReturn, TypeVar

import msgspec
from msgspec.structs import fields

from escore_service.errors import RefusedError
from escore_service.schemas import Message, Options, Query

Arguments = Iterable[tuple[str, list[str]]]  # names of a URL's arguments and their values
M = TypeVar("M", bound=Message)


def read_json(body: bytes, arguments: Arguments, max_texts: int) -> Query:
    """The query in a JSON body; options that it leaves out come from the URL. Raises RefusedError."""
    options = _options(arguments)
    content = parse(body)
    query = check(options | content, Query)
    if ("text" in content) == ("texts" in content):
        raise RefusedError(422, "give either text, a string, or texts, a list of strings", field="text")
    if (count := len(query.all_texts)) > max_texts:
        raise RefusedError(422, f"texts holds {count}", f"at most {max_texts} are scored at once", field="texts")
    return query


def read_text(body: bytes, arguments: Arguments) -> Query:
    """The query of a body that is the text itself, with options from the URL. Raises RefusedError."""
    return check(_options(arguments) | {"text": _utf8(body)}, Query)


def parse(body: bytes) -> dict[str, Any]:
    """The JSON object in a body. Raises RefusedError."""
    text = _utf8(body)
    try:
        content = _decode(text)
    except json.JSONDecodeError as error:
        place = f"line {error.lineno} column {error.colno}"
        raise RefusedError(400, f"the body is not JSON: {error.msg.lower()} at {place}") from error
    except (ValueError, RecursionError) as error:
        raise RefusedError(400, "the body is not JSON: NaN, Infinity, or too many digits or levels") from error
    if not isinstance(content, dict):
        raise RefusedError(422, "the body must be a JSON object")
    return content


def check(content: dict[str, Any], kind: type[M]) -> M:
    """The message with these fields. Raises RefusedError (422) if one is unknown, missing or wrong."""
    try:
        return msgspec.convert(content, kind)
    except (msgspec.ValidationError, UnicodeEncodeError) as error:
        raise _refusal(content, kind) from error


def _refusal(content: dict[str, Any], kind: type[Message]) -> RefusedError:
    """Which field is wrong: msgspec tells it only within its own message."""
    expected = {field.name: field for field in fields(kind)}
    for name in content:
        if name not in expected:
            return RefusedError(422, f"unknown field {name[:40]!a}", f"known are {', '.join(expected)}", name[:40])
    for name, field in expected.items():
        if name not in content:
            if field.required:
                return RefusedError(422, f"{name} is missing", field=name)
            continue
        try:
            msgspec.convert(content[name], field.type)
        except (msgspec.ValidationError, UnicodeEncodeError) as error:
            item = re.search(r"\[\d+\]", str(error))
            must = next(meta.extra["must"] for meta in field.type.__metadata__ if meta.extra)
            return RefusedError(422, f"{name} must {must}", field=name + (item[0] if item else ""))
    raise AssertionError(f"{kind.__name__} is refused, and none of its fields")


def _utf8(body: bytes) -> str:
    try:
        return body.decode()
    except UnicodeDecodeError as error:
        raise RefusedError(400, f"the body is not UTF-8 at byte {error.start}") from error


def _not_json(constant: str) -> NoReturn:
    raise ValueError(constant)  # NaN and Infinity, which Python would accept


# Not msgspec's decoder, which refuses "\ud800", half of a surrogate pair.
_decode = json.JSONDecoder(parse_constant=_not_json).decode


def _options(arguments: Arguments) -> dict[str, Any]:
    """A URL's arguments, checked even if the body overrides them."""
    values = dict(arguments)
    options = {name: _value(first) for name, (first, *_) in values.items()}
    check(options, Options)
    for name, repeated in values.items():
        if len(repeated) > 1:
            raise RefusedError(422, f"{name} is given {len(repeated)} times", "give it once", name)
    return options


def _value(argument: str) -> object:
    """A number, true or false as in JSON; anything else stays a string, which no option is."""
    try:
        return _decode(argument)
    except (ValueError, RecursionError):
        return argument
