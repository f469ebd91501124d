"""Checks the fields of requests: of JSON, and the arguments of URLs. A refusal names the field at fault."""

import re
from collections.abc import Iterable
from typing import Any, TypeVar

import msgspec
from msgspec.structs import fields

from escore_service.body import json_value
from escore_service.errors import RefusedError
from escore_service.schemas import Message, Options, Query

Arguments = Iterable[tuple[str, list[str]]]  # names of a URL's arguments and their values
M = TypeVar("M", bound=Message)


def json_query(content: dict[str, Any], arguments: Arguments, max_texts: int) -> Query:
    """The query in a JSON object; options that it leaves out come from the URL. Raises RefusedError."""
    options = _options(arguments)
    query = check(options | content, Query)
    if ("text" in content) == ("texts" in content):
        raise RefusedError(422, "give either text, a string, or texts, a list of strings", field="text")
    if (count := len(query.all_texts)) > max_texts:
        raise RefusedError(422, f"texts holds {count}", f"at most {max_texts} are scored at once", field="texts")
    return query


def text_query(text: str, arguments: Arguments) -> Query:
    """The query of a text, with options from the URL. Raises RefusedError."""
    return check(_options(arguments) | {"text": text}, Query)


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
        return json_value(argument)
    except (ValueError, RecursionError):
        return argument
