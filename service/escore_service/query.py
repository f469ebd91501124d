"""What a request to score asks for, read from JSON or from plain text. Every mistake names its field."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NoReturn

from escore_service.errors import RefusedError

ENTITIES = 220.0  # where "entities" is just true
OPTIONS = ("min", "entities", "columns")
FIELDS = ("text", "texts", *OPTIONS)

Arguments = Mapping[str, Sequence[str]]  # of the URL: each may come several times


@dataclass(frozen=True, slots=True)
class Query:
    """Texts, the least score of a word (0..300), that of an entity's words (None: none wanted), and columns or rows."""

    texts: list[str]
    minimum: float = 0.0
    entities: float | None = None
    columns: bool = False


def from_json(body: bytes, arguments: Arguments, most: int) -> Query:
    """The query in a JSON body with at most `most` texts; what it leaves open is in the URL. Raises RefusedError."""
    options = _options(arguments)
    content = parse(body)
    for name in content:
        if name not in FIELDS:
            raise RefusedError(422, f"unknown field {name[:40]!a}; known are {', '.join(FIELDS)}", name[:40])
    if ("text" in content) == ("texts" in content):
        raise RefusedError(422, "give either text, a string, or texts, a list of strings", "text")
    texts = [_text(content["text"], "text")] if "text" in content else _texts(content["texts"], most)
    return _query(texts, options | content if options else content)


def from_text(body: bytes, arguments: Arguments) -> Query:
    """The query of a body that is the text itself; the rest is in the URL. Raises RefusedError."""
    return _query([_utf8(body)], _options(arguments))


def parse(body: bytes) -> dict[str, Any]:
    """The JSON object in a body. Raises RefusedError."""
    text = _utf8(body)
    try:
        content = _decode(text)
    except json.JSONDecodeError as error:
        place = f"line {error.lineno} column {error.colno}"
        raise RefusedError(400, f"the body is not JSON: {error.msg.lower()} at {place}") from error
    except (ValueError, RecursionError) as error:
        raise RefusedError(400, "the body is no JSON that can be read: a number or a nesting beyond measure") from error
    if not isinstance(content, dict):
        raise RefusedError(422, "the body must be a JSON object")
    return content


def _utf8(body: bytes) -> str:
    try:
        return body.decode()
    except UnicodeDecodeError as error:
        raise RefusedError(400, f"the body is not UTF-8 at byte {error.start}") from error


def _not_json(constant: str) -> NoReturn:
    raise ValueError(constant)  # NaN and Infinity, which Python would take


def _options(arguments: Arguments) -> dict[str, Any]:
    """The options among a URL's arguments, checked even where the body has its own."""
    if not arguments:
        return {}
    content: dict[str, Any] = {}
    for name, values in arguments.items():
        if name not in OPTIONS:
            raise RefusedError(422, f"unknown argument {name[:40]!a}; known are {', '.join(OPTIONS)}", name[:40])
        if len(values) > 1:
            raise RefusedError(422, f"{name} is given {len(values)} times; give it once", name)
        content[name] = _value(values[0])
    _query([], content)
    return content


_decode = json.JSONDecoder(parse_constant=_not_json).decode


def _query(texts: list[str], content: Mapping[str, Any]) -> Query:
    minimum = _score(content["min"], "min") if "min" in content else 0.0
    entities = content.get("entities", False)
    columns = content.get("columns", False)
    if not isinstance(columns, bool):
        raise RefusedError(422, "columns must be true or false", "columns")
    if isinstance(entities, bool):
        return Query(texts, minimum, ENTITIES if entities else None, columns)
    return Query(texts, minimum, _score(entities, "entities"), columns)


def _text(value: object, field: str) -> str:
    if not isinstance(value, str):
        raise RefusedError(422, f"{field} must be a string", field)
    return value


def _texts(value: object, most: int) -> list[str]:
    if not isinstance(value, list):
        raise RefusedError(422, "texts must be a list of strings", "texts")
    if len(value) > most:
        raise RefusedError(422, f"texts holds {len(value)}; at most {most} are scored at once", "texts")
    return [_text(item, f"texts[{place}]") for place, item in enumerate(value)]


def _score(value: object, field: str) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float) or not 0 <= value <= 300:
        raise RefusedError(422, f"{field} must be a number from 0 to 300", field)
    return float(value)


def _value(argument: str) -> object:
    """A number, true or false, as they are written in JSON; all else stays a string, which no option is."""
    try:
        return _decode(argument)
    except (ValueError, RecursionError):
        return argument
