"""What each tag of a foreign format is worth: a class, a kind of entity, or a number."""

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from escore.kinds import KINDS
from escore.scale import is_score
from escore_labels.record import LABELS, RecordError, Span

# What writers call the spans that are no kind of entity, and those that are; TARGET is for a span with a number.
LABEL_TAGS = {"none": "NONE", "noun": "NOUN", "proper": "PROPER", "entity": "ENTITY"}
KIND_TAGS = {"person": "PER", "organization": "ORG", "place": "LOC", "other": "MISC"}
TARGET = "TARGET"

# Tags of the usual corpora (CoNLL-2003, OntoNotes, WNUT-17, Universal NER, GMB, CrossNER, spaCy's), in lower case.
_USUAL = {
    "person": (
        "per", "person", "people", "name", "politician", "scientist", "researcher", "writer", "musicalartist",
    ),
    "organization": (
        "org", "organization", "organisation", "corporation", "company", "group", "politicalparty", "university",
        "band",
    ),
    "place": ("loc", "location", "gpe", "geo", "fac", "facility", "place", "country", "city"),
    "other": (
        "misc", "oth", "other", "event", "eve", "product", "work_of_art", "art", "creative-work", "law", "language",
        "nat", "veh", "norp",
    ),
    "none": (
        "none", "date", "time", "tim", "money", "percent", "quantity", "ordinal", "cardinal", "number",
    ),
    "entity": ("entity", "ent"),
    "noun": ("noun",),
    "proper": ("proper",),
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class TagMap:
    """Tags in lower case and what each is worth: a label, a kind, or a target (0..300).

    `default` is what a tag that is not listed is worth; such tags are counted by who uses the map.
    """

    tags: Mapping[str, str | float] = field(
        default_factory=lambda: {tag: worth for worth, tags in _USUAL.items() for tag in tags}
    )
    default: str | float = "entity"

    def knows(self, tag: str) -> bool:
        """Whether the tag is listed."""
        return tag.lower() in self.tags

    def fields(self, tag: str) -> dict[str, str | float]:
        """The fields of a span with this tag: {"label"}, {"label", "kind"} or {"target"}."""
        worth = self.tags.get(tag.lower(), self.default)
        if not isinstance(worth, str):
            return {"target": worth}
        return {"label": "entity", "kind": worth} if worth in KINDS else {"label": worth}


USUAL_TAGS = TagMap()


def kind_of_type(entity_type: str) -> str | None:
    """The kind that a corpus's type of entity is usually: "other" for one that is not listed, None for no kind."""
    worth = USUAL_TAGS.tags.get(entity_type.lower(), "other")
    return worth if worth in KINDS else None


def tag_of(span: Span) -> str:
    """What writers call a span: PER, ORG, LOC, MISC, ENTITY, PROPER, NOUN, NONE or TARGET."""
    if span.label == "entity" and span.kind is not None:
        return KIND_TAGS[span.kind]
    return TARGET if span.label is None else LABEL_TAGS[span.label]


def read_tag_map(path: Path) -> TagMap:
    """A TOML file with a table [tags] of TAG = worth, over the usual tags. Raises RecordError.

    A worth is none, noun, proper, entity, person, organization, place, other, or a number from 0 to 300. The key
    `default` outside the table is what tags that are not listed are worth.
    """
    try:
        content = tomllib.loads(path.read_text("utf-8"))
    except OSError as error:
        raise RecordError(f"{path}: {error.strerror}", "give a file that says what tags are worth") from error
    except ValueError as error:
        raise RecordError(f"{path}: not a TOML file: {error}") from error
    tags = content.get("tags", {})
    if unknown := sorted(content.keys() - {"tags", "default"}):
        raise RecordError(f"{path}: unknown key '{unknown[0]}'", "give [tags] and default")
    if not isinstance(tags, dict):
        raise RecordError(f"{path}: tags is no table", 'write [tags], and below it lines such as CARGO = "entity"')
    for tag, worth in (*tags.items(), ("default", content.get("default", "entity"))):
        number = isinstance(worth, int | float) and not isinstance(worth, bool) and is_score(worth)
        if not number and worth not in (*LABELS, *KINDS):
            choices = ", ".join((*LABELS, *KINDS))
            raise RecordError(f"{path}: {tag} = {worth!r}", f"give one of {choices}, or a number from 0 to 300")
    lowered = {tag.lower(): worth for tag, worth in tags.items()}
    return TagMap({**USUAL_TAGS.tags, **lowered}, content.get("default", "entity"))
