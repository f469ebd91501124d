"""The files of `templates/`: texts with fields, parts of them, and lists of words that fill fields."""

import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path

_FOLDER = Path(__file__).with_name("templates")


@dataclass(frozen=True, slots=True)
class TemplateFiles:
    """What all files hold together.

    lists: the words of each list, and the table that it is in, which says how they are labeled.
    parts: texts with fields that fill fields themselves, by the name of such a field.
    templates: whole texts with fields, by group.
    """

    lists: Mapping[str, tuple[str, Sequence[str]]]
    parts: Mapping[str, Sequence[str]]
    templates: Mapping[str, Sequence[str]]


@cache
def read_templates() -> TemplateFiles:
    """Read the files, once."""
    lists: dict[str, tuple[str, Sequence[str]]] = {}
    parts: dict[str, Sequence[str]] = {}
    templates: dict[str, Sequence[str]] = {}
    for path in sorted(_FOLDER.glob("*.toml")):
        content = tomllib.loads(path.read_text("utf-8"))
        for table, words_of in content.get("lists", {}).items():
            lists |= {name: (table, tuple(words)) for name, words in words_of.items()}
        parts |= content.get("parts", {})
        templates |= content.get("templates", {})
    return TemplateFiles(lists, parts, templates)
