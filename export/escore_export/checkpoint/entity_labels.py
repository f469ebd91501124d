"""The labels of a classifier of entities, by their names: BIO, IOB1, BIOES, BILOU, BMES or bare types."""

import re
from collections.abc import Sequence

from escore.kinds import KINDS
from escore_export.checkpoint.config import WITHOUT_MEANING
from escore_export.checkpoint.outputs import EntityLabels
from escore_labels.tag_map import USUAL_TAGS, kind_of_type

_OUTSIDE = ("o", "out", "outside", "none")
_NO_WORD = (
    *("pad", "<pad>", "[pad]", "cls", "[cls]", "sep", "[sep]", "<s>", "</s>", "<unk>", "[unk]", "bos", "eos"),
    *("<bos>", "<eos>", "<start>", "<stop>"),
)
_PREFIXED = re.compile(r"([BIESLUM])[-_](.+)", re.IGNORECASE)
_SUFFIXED = re.compile(r"(.+)[-_]([BIESLUM])", re.IGNORECASE)
_BARE = re.compile(r"[BIESLUM]", re.IGNORECASE)
_INSIDE = "IELM"  # the marks of words that go on with an entity; B, S and U begin one
_SHOWN = 6  # labels in a message


def read_entity_labels(labels: Sequence[str]) -> EntityLabels:
    """What outputs of these names say of entities. Raises ValueError where that cannot be known.

    Marks stand before a type (B-PER) or behind it (PER-B), in either case; types without marks (IO) all go on. Types
    become kinds by the table of labeled text's tags; what it lists as no name (dates, numbers) is other here, since
    it is not outside. Labels that stand for no word, such as [PAD], are outside.
    """
    if all(map(WITHOUT_MEANING.fullmatch, labels)):
        raise ValueError(f"names its outputs {list_labels(labels)}, which says nothing")
    names = [label.strip() for label in labels]
    outside = [number for number, name in enumerate(names) if name.lower() in (*_OUTSIDE, *_NO_WORD)]
    if not any(names[number].lower() in _OUTSIDE for number in outside):
        raise ValueError(f"has no label O for words outside entities, but {list_labels(labels)}")
    entity = [number for number in range(len(names)) if number not in outside]
    if not entity:
        raise ValueError(f"has no label of entities, but {list_labels(labels)}")
    if any(names[number].upper() == "X" for number in entity):
        raise ValueError("has a label X, for parts of words, whose scores would say nothing")
    parts = _parts([names[number] for number in entity])
    inside = [number for number, (mark, _) in zip(entity, parts, strict=True) if mark in _INSIDE]
    kinds = {number: kind_of_type(name) or "other" for number, (_, name) in zip(entity, parts, strict=True)}
    says_kinds = any(name and USUAL_TAGS.tags.get(name.lower()) != "entity" for _, name in parts)
    numbers = tuple(tuple(number for number in entity if kinds[number] == kind) for kind in KINDS)
    types: dict[str, list[int]] = {}
    for number, (_, name) in zip(entity, parts, strict=True):
        types.setdefault(name.lower(), []).append(number)
    of_types = tuple(map(tuple, types.values()))
    return EntityLabels(tuple(outside), tuple(entity), tuple(inside), numbers if says_kinds else (), of_types)


def _parts(names: Sequence[str]) -> list[tuple[str, str]]:
    """The mark, in upper case, and the type of each label of an entity."""
    if all(map(_BARE.fullmatch, names)):
        return [(name.upper(), "") for name in names]
    before, behind = [[pattern.fullmatch(name) for name in names] for pattern in (_PREFIXED, _SUFFIXED)]
    if all(before):
        return [(match[1].upper(), match[2]) for match in before if match]
    if all(behind):
        return [(match[2].upper(), match[1]) for match in behind if match]
    if any(before):
        other = next(name for name, match in zip(names, before, strict=True) if not match)
        raise ValueError(f"has labels with B- or I- and others without, such as {other}")
    return [("I", name) for name in names]


def list_labels(labels: Sequence[str]) -> str:
    """Labels for a message, the first of them if there are many."""
    shown = ", ".join(label[:30] for label in labels[:_SHOWN])
    return shown if len(labels) <= _SHOWN else f"{shown}, … ({len(labels)} in all)"
