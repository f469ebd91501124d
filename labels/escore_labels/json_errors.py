"""What is wrong with JSON, in words for a person: msgspec's messages are for programmers."""

import re
from collections.abc import Mapping, Sequence

import msgspec

_TYPES = {
    "str": "text",
    "int": "a whole number",
    "float": "a number",
    "bool": "true or false",
    "array": "a list",
    "object": "an object",
    "null": "null",
}
_UNKNOWN_FIELD = "object contains unknown field "
_LINES = "write one JSON object on each line"


def validation_problem(error: msgspec.ValidationError, choices: Mapping[str, Sequence[str]]) -> tuple[str, str]:
    """What is wrong with a value, its field in front, and what to do: "spans[0].end: must be text, but is null".

    choices: the values that fields of these names may have.
    """
    problem, _, place = str(error).partition(" - at `$")
    field = place.rstrip("`").lstrip(".")
    problem = problem[:1].lower() + problem[1:].replace("`", "'")
    advice = ""
    if types := re.fullmatch("expected '(.+)', got '(.+)'", problem):
        wanted = " or ".join(_TYPES.get(name, name) for name in types[1].split(" | "))
        problem = f"must be {wanted}, but is {_TYPES.get(types[2], types[2])}"
    elif missing := re.fullmatch("object missing required field '(.+)'", problem):
        problem = f"has no '{missing[1]}'"
    elif problem.startswith("invalid enum value ") and (values := choices.get(field.rpartition(".")[2])):
        problem, advice = problem.replace("invalid enum value", "cannot be"), f"give one of {', '.join(values)}"
    elif problem.startswith(_UNKNOWN_FIELD):
        problem = f"a record has no field {problem.removeprefix(_UNKNOWN_FIELD)}"
        advice = "correct it, or name the format with --from if these are no records"
    return (f"{field}: {problem}" if field else problem), advice


def decoding_problem(error: Exception, data: bytes | str) -> tuple[str, str]:
    """Why `data` is no JSON, and what to do."""
    if isinstance(data, bytes) and (b"\0" in data or data.startswith((b"\xff\xfe", b"\xfe\xff"))):
        return "not UTF-8, but maybe UTF-16", "convert the file to UTF-8"
    try:
        data.decode() if isinstance(data, bytes) else data.encode()
    except UnicodeError as problem:
        return f"not UTF-8 (byte {getattr(problem, 'start', 0)})", "convert the file to UTF-8"
    if isinstance(error, RecursionError):
        return "not JSON that can be read: too many levels", _LINES
    if "surrogate" in str(error):
        return r"not JSON: half a character (an escape from \ud800 to \udfff)", "write the whole character"
    return f"not JSON: {re.sub('^JSON is malformed: ', '', str(error))}", _LINES
