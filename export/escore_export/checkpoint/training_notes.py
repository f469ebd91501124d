"""What a checkpoint says of its own training: training.json of `escore train`, and limits.md beside it."""

from dataclasses import dataclass
from pathlib import Path

import msgspec

from escore.bundle.manifest import Source
from escore.printable import is_printable_line
from escore_export.errors import CheckpointError

UNKNOWN = "not stated"


@dataclass(frozen=True, slots=True)
class TrainingNotes:
    """What is known of a model.

    trained_on: its corpora, and what else it was made from.
    max_tokens: the window it was trained on, None where nobody noted it.
    minutes: of training, None where nobody noted them.
    limits: Markdown for the model card, on what the model is bad at.
    """

    name: str
    version: str
    license: str
    trained_on: tuple[Source, ...]
    max_tokens: int | None
    minutes: int | None
    limits: str


def read_notes(folder: Path) -> TrainingNotes:
    """The notes in `folder`; without training.json the folder's name, version 1, and nothing else known.

    Raises CheckpointError.
    """
    path, limits = folder / "training.json", _read(folder / "limits.md")
    if not path.exists():
        name = folder.resolve().name
        return TrainingNotes(name if is_printable_line(name) else "model", "1", UNKNOWN, (), None, None, limits)
    try:
        content = msgspec.json.decode(_read(path).replace('"licence":', '"license":'))  # the spelling of escore 0.1
        recipe = content["recipe"]
        works = [recipe, *recipe["corpora"], *recipe["attributions"], *content.get("start", {}).get("sources", [])]
        own, *sources = msgspec.convert(works, list[Source])
        version = msgspec.convert(recipe["version"], str)
        max_tokens, minutes = msgspec.convert([recipe["model"]["max_tokens"], content["minutes"]], tuple[int, int])
        for text in (version, *(text for source in (own, *sources) for text in (source.name, source.license))):
            if not is_printable_line(text):
                raise ValueError(f"{text!r} is empty or not one line of text")
    except (KeyError, TypeError, AttributeError, ValueError, msgspec.DecodeError) as error:
        raise CheckpointError(f"{path}: not what 'escore train' writes ({error})") from error
    trained_on = tuple(dict.fromkeys(sources))
    return TrainingNotes(own.name, version, own.license, trained_on, max_tokens or None, minutes, limits)


def _read(path: Path) -> str:
    try:
        return path.read_text("utf-8") if path.exists() else ""
    except (OSError, UnicodeDecodeError) as error:
        raise CheckpointError(f"{path}: not text in UTF-8: {error}") from error
