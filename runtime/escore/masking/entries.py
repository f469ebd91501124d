"""What placeholders stand for, and whether entries agree."""

import re
from collections.abc import Sequence
from dataclasses import dataclass

PLACEHOLDER = re.compile(r"\[[A-Z]{1,20}_[0-9a-f]{1,16}(?:\.[0-9]{1,9})?\]")

LABEL, HASH, PSEUDONYM = "label", "hash", "pseudonym"
_HASHED = re.compile(r"\[[A-Z]{1,20}_[0-9a-f]{16}(?:\.[0-9]{1,9})?\]")


@dataclass(frozen=True, slots=True)
class MaskEntry:
    """What a placeholder stands for: the text as it was written, and its label (PERSON, ENTITY, EMAIL, ...)."""

    placeholder: str
    text: str
    label: str


@dataclass(frozen=True, slots=True)
class Conflict:
    """Two entries, by their places from 0, that cannot both hold, and why."""

    first: int
    second: int
    problem: str


def conflict(entries: Sequence[MaskEntry]) -> Conflict | None:
    """The first two entries that contradict each other, if any.

    A placeholder has one entry. A text has one, too, but for a placeholder in brackets beside its pseudonym, and for
    itself where it looks like a placeholder.
    """
    by_placeholder: dict[str, int] = {}
    by_text: dict[tuple[str, bool], int] = {}
    for place, entry in enumerate(entries):
        other = by_placeholder.setdefault(entry.placeholder, place)
        if other != place:
            return Conflict(other, place, f"two entries for the placeholder {entry.placeholder}")
        if entry.placeholder == entry.text:
            continue
        other = by_text.setdefault((entry.text, PLACEHOLDER.fullmatch(entry.placeholder) is None), place)
        if other != place:
            return Conflict(other, place, f"two placeholders for one text, {entries[other].placeholder} and "
                                          f"{entry.placeholder}")  # fmt: skip
    return None


def style(entry: MaskEntry) -> str | None:
    """How a name was masked: "label", "hash" or "pseudonym"; None for what stands for itself."""
    if entry.placeholder == entry.text:
        return None
    if _HASHED.fullmatch(entry.placeholder):
        return HASH
    return LABEL if PLACEHOLDER.fullmatch(entry.placeholder) else PSEUDONYM
