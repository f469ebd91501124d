"""What a checkpoint tells of its own making: the notes of `escore train`, and limits laid beside them."""

from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

from escore.bundle.manifest import Source
from escore.printable import is_printable_line
from escore_export.checkpoint.weights import json_object
from escore_export.errors import CheckpointError

T = TypeVar("T")
UNKNOWN = "not stated"


@dataclass(frozen=True, slots=True)
class Notes:
    """What is known of a model.

    `minutes` of training and `max_tokens` are None where nobody noted them; `limits` is Markdown for the card.
    """

    name: str
    version: str
    license: str
    trained_on: tuple[Source, ...]
    max_tokens: int | None
    minutes: int | None
    limits: str


def read(folder: Path) -> Notes:
    """The notes in `folder`; without training.json the folder's name, version 1, and nothing known.

    limits.md is a text for the model card. Raises CheckpointError.
    """
    path = folder / "training.json"
    limits = _text(folder / "limits.md")
    if not path.exists():
        name = folder.resolve().name
        return Notes(name if is_printable_line(name) else "model", "1", UNKNOWN, (), None, None, limits)
    content = json_object(path)
    try:
        recipe = content["recipe"]
        sources = recipe["corpora"] + recipe["attributions"] + content.get("start", {}).get("sources", [])
        return Notes(
            name=_line(recipe["name"]),
            version=_line(recipe["version"]),
            license=_license(recipe),
            trained_on=tuple(dict.fromkeys(Source(_line(item["name"]), _license(item)) for item in sources)),
            max_tokens=_is(int, recipe["model"]["max_tokens"]) or None,
            minutes=_is(int, content["minutes"]),
            limits=limits,
        )
    except (KeyError, TypeError, AttributeError) as error:
        raise CheckpointError(f"{path}: not what 'escore train' writes ({error})") from error


def _is(kind: type[T], value: object) -> T:
    if type(value) is not kind:
        raise TypeError(f"{value!r} is not {kind.__name__}")
    return value


def _line(value: object) -> str:
    text = _is(str, value)
    if not is_printable_line(text):
        raise TypeError(f"{text!r} is empty or not one line of text")
    return text


def _license(item: dict[str, object]) -> str:
    return _line(item["licence"] if "licence" in item else item["license"])  # the former until escore 0.1


def _text(path: Path) -> str:
    try:
        return path.read_text("utf-8") if path.exists() else ""
    except (OSError, UnicodeDecodeError) as error:
        raise CheckpointError(f"{path}: not text in UTF-8: {error}") from error
