"""Made-up texts of kinds that no corpus has (mail, logs, code, settings, tables, lists), with their labels.

The files of `templates/` hold the texts with fields. What fills a field comes from the corpora, from lists in these
files, or is made up. A field may also be a part: a text with fields of its own; {part*} is several of them in a row.
"""

import random
import re
from collections.abc import Callable
from dataclasses import replace
from functools import lru_cache
from typing import cast

from escore.kinds import KINDS, Kind
from escore.segmentation import word_offsets
from escore_labels.tokens import ENTITY, NONE, PROPER, Sentence, Token
from escore_training.data.fields import NAMES, OPEN, OTHERS
from escore_training.data.material import Material
from escore_training.data.template_files import read_templates

_FIELD = re.compile(r"\{(\w+)(\*?)\}")
Classes = tuple[float, float, float, float]
_OPEN: Classes = (0.0, 0.0, 0.0, 0.0)  # nothing is learned from such a token
_NOTHING: Classes = (1.0, 0.0, 0.0, 0.0)
_NOUN: Classes = (0.0, 1.0, 0.0, 0.0)
_ENTITY: Classes = (0.0, 0.0, 0.0, 1.0)
_LITERAL: Classes = (0.7, 0.3, 0.0, 0.0)  # of a template's own words: nothing, or a common noun
_CAPITALIZED: Classes = (0.3, 0.6, 0.1, 0.0)  # of words that are written with a capital, and name nothing
_TERM: Classes = (0.0, 0.4, 0.6, 0.0)  # of protocols, formats and acronyms, which are nouns and no entities
_OF_TABLE: dict[str, Classes] = {
    "proper": (0.0, 0.0, 1.0, 0.0),
    "term": _TERM,
    "noun": _NOUN,
    "common": _CAPITALIZED,
    "nothing": _NOTHING,
}
_REPEATS = (2, 4)  # how many texts {part*} is


def made_up_text(material: Material, rng: random.Random) -> Sentence:
    """A text of some kind, as one sentence of labeled tokens. All groups are as frequent."""
    templates = read_templates().templates
    return fill(rng.choice(templates[rng.choice(tuple(templates))]), material, rng)


def fill(template: str, material: Material, rng: random.Random) -> Sentence:
    """A template with its fields filled in."""
    sentence: Sentence = []
    position = 0
    for field in _FIELD.finditer(template):
        sentence += _literal(template[position : field.start()])
        for _ in range(rng.randint(*_REPEATS) if field[2] else 1):
            tokens = _filled(field[1], material, rng)
            sentence += [*tokens[:-1], replace(tokens[-1], space_after=True)]
        if not template[field.end() : field.end() + 1].isspace():
            sentence[-1] = replace(sentence[-1], space_after=False)
        position = field.end()
    return sentence + list(_literal(template[position:]))


@lru_cache(maxsize=1 << 13)
def _literal(text: str) -> tuple[Token, ...]:
    """The words of a template itself."""
    return tuple(
        _words(text, lambda word: _CAPITALIZED if word[:1].isupper() else _LITERAL if word.isalpha() else _NOTHING)
    )


def _words(text: str, classes: Callable[[str], Classes | None], low: int = NONE, high: int = PROPER) -> Sentence:
    """The words of a text as tokens; without classes, a token may be anything, and nothing is learned from it."""
    tokens = []
    for start, end in word_offsets(text):
        probabilities = classes(text[start:end])
        bounds = (NONE, ENTITY) if probabilities is None else (low, high)
        space_after = text[end : end + 1].isspace()
        tokens.append(Token(text[start:end], *bounds, space_after, probabilities=probabilities or _OPEN))
    return tokens


def _entity(text: str, kind: Kind) -> Sentence:
    tokens = _words(text, lambda _: _ENTITY, ENTITY, ENTITY)
    return [replace(token, starts_entity=i == 0, kind=kind) for i, token in enumerate(tokens)]


def _class(text: str, classes: Classes) -> Sentence:
    return _words(text, lambda _: classes)


def _filled(field: str, material: Material, rng: random.Random) -> Sentence:
    """The tokens of a field; one whose name is in capitals is, one whose name has a capital begins with one."""
    tokens = _field_tokens(field.lower(), material, rng)
    if field.isupper():
        return [replace(token, text=token.text.upper()) for token in tokens]
    if field[0].isupper():
        return [replace(tokens[0], text=tokens[0].text[:1].upper() + tokens[0].text[1:]), *tokens[1:]]
    return tokens


def _field_tokens(name: str, material: Material, rng: random.Random) -> Sentence:
    files = read_templates()
    if name in files.parts:
        return fill(rng.choice(files.parts[name]), material, rng)
    if name in files.lists:
        table, words = files.lists[name]
        text = rng.choice(words)
        return _class(text, _OF_TABLE[table]) if table in _OF_TABLE else _entity(text, cast(Kind, table))
    if name == "sentence":
        return list(rng.choice(material.sentences))
    if name == "noun":
        return _class(rng.choice(material.nouns), _NOUN)
    if name == "name":
        kind = rng.choice((*KINDS, "place"))
        return _entity(rng.choice(material.names[kind] or material.names["place"]), kind)
    if name in NAMES:
        kind, make = NAMES[name]
        return _entity(make(material, rng), kind)
    if name in OPEN:
        return _words(OPEN[name](material, rng), lambda _: None)
    return _class(OTHERS[name](material, rng), _NOTHING)
