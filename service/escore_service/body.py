"""The body of a request, read and judged by the same rules on every route."""

import json
import re
from collections import Counter
from typing import Any, NoReturn

from flask import Request
from werkzeug.exceptions import RequestEntityTooLarge

from escore_service.errors import RefusedError

JSON, TEXT = "application/json", "text/plain"
UTF8 = ("utf-8", "utf8")

_TOKEN = r"[!#$%&'*+\-.^_`|~0-9A-Za-z]+"
_PARAMETER = rf';[ \t]*+(?:({_TOKEN})=({_TOKEN}|"(?:[^"\\]|\\.)*"))?[ \t]*+'
_PARAMETERS = re.compile(_PARAMETER)
_CONTENT_TYPE = re.compile(rf"({_TOKEN}/{_TOKEN})[ \t]*+(?:{_PARAMETER})*+")


def read(request: Request, *media_types: str) -> bytes:
    """The whole body, of one of these media types, in UTF-8 and not compressed.

    Media types, charsets and codings are compared without case (RFC 9110, sections 8.3 and 8.4); a charset may be
    quoted (5.6.6), and is judged in JSON too, which is UTF-8 (RFC 8259, section 8.1). Identity is no coding.
    Raises RefusedError (411, 415), and RequestEntityTooLarge.
    """
    media_type, charsets = _content_type(request.headers.get("Content-Type", ""))
    if media_type not in media_types:
        problem = f"Content-Type must be {' or '.join(media_types)}"
        raise RefusedError(415, problem, headers={"Accept": ", ".join(media_types)})
    if others := [charset for charset in charsets if charset.lower() not in UTF8]:
        raise RefusedError(415, f"charset {others[0][:40]!a} is not known", "send UTF-8")
    if (coding := request.headers.get("Content-Encoding", "identity")).strip().lower() not in ("identity", ""):
        advice, headers = "send the body as it is", {"Accept-Encoding": "identity"}
        raise RefusedError(415, f"Content-Encoding {coding[:40]!a} is not known", advice, headers=headers)
    _require_end(request)
    limit = request.max_content_length
    if limit is not None:
        request.max_content_length = limit + 1  # Werkzeug cuts a body of unknown length here, and says nothing
    content = request.get_data(cache=False)
    if limit is not None and len(content) > limit:
        raise RequestEntityTooLarge
    return content


def length(request: Request, limit: int) -> int | None:
    """Bytes of the body; None if only its end will tell. Raises RequestEntityTooLarge if they are more than `limit`."""
    if (length := request.content_length) is not None and length > limit:
        raise RequestEntityTooLarge
    return length


def read_json(request: Request) -> dict[str, Any]:
    """The JSON object that is the body. Raises what `read` raises, and RefusedError (400, 422)."""
    return json_object(read(request, JSON))


def json_object(body: bytes) -> dict[str, Any]:
    """The object in a JSON body, which gives each name once (RFC 7493, section 2.3). Raises RefusedError (400, 422)."""
    text = utf8(body)
    try:
        content = json_value(text)
    except RefusedError:  # a name that is given twice
        raise
    except json.JSONDecodeError as error:
        place = f"line {error.lineno} column {error.colno}"
        raise RefusedError(400, f"the body is not JSON: {error.msg.lower()} at {place}") from error
    except (ValueError, RecursionError) as error:
        raise RefusedError(400, "the body is not JSON: NaN, Infinity, or too many digits or levels") from error
    if not isinstance(content, dict):
        raise RefusedError(422, "the body must be a JSON object")
    return content


def utf8(body: bytes) -> str:
    """The text in a body. Raises RefusedError (400)."""
    try:
        return body.decode()
    except UnicodeDecodeError as error:
        raise RefusedError(400, f"the body is not UTF-8 at byte {error.start}") from error


def _content_type(header: str) -> tuple[str, list[str]]:
    """Media type in lower case, and the charsets named; "" if the header is none (RFC 9110, section 8.3.1)."""
    if (match := _CONTENT_TYPE.fullmatch(header)) is None:
        return "", []
    parameters = _PARAMETERS.findall(header, match.end(1))
    charsets = [value for name, value in parameters if name.lower() == "charset"]
    return match[1].lower(), [re.sub(r"\\(.)", r"\1", charset.strip('"')) for charset in charsets]


def _require_end(request: Request) -> None:
    """Raise RefusedError (411, RFC 9110, section 15.5.12) if nothing tells where the body ends.

    Werkzeug would take such a body, one sent in chunks for instance, for an empty one.
    """
    if "asgi.scope" in request.environ:  # a2wsgi, whose stream ends with the body, though it does not say so
        request.environ["wsgi.input_terminated"] = True
    if request.content_length is None and not request.environ.get("wsgi.input_terminated"):
        raise RefusedError(411, "this server does not tell where the body ends", "send it with a Content-Length")


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    content = dict(pairs)
    if len(content) < len(pairs):
        ((name, count),) = Counter(name for name, _ in pairs).most_common(1)
        raise RefusedError(422, f"{name[:40]!a} is given {count} times", "give it once", name[:40])
    return content


def _not_json(constant: str) -> NoReturn:
    raise ValueError(constant)  # NaN and Infinity, which Python would accept


# Not msgspec's decoder, which refuses "\ud800", half of a surrogate pair.
json_value = json.JSONDecoder(parse_constant=_not_json, object_pairs_hook=_object).decode
