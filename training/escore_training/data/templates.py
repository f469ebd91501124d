"""Made-up texts of kinds that no corpus has (mail headers, logs, code, tables, lists), with their labels.

templates.toml holds the texts with fields; names, nouns and sentences that fill them come from the corpora.
"""

import random
import re
import tomllib
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path
from typing import Any

from escore.kinds import KINDS, Kind
from escore.segmentation import word_offsets
from escore_labels.tokens import COMMON, ENTITY, NONE, PROPER, Sentence, Token
from escore_training.data import made_up_names as made_up

_FILE = Path(__file__).with_name("templates.toml")
_FIELD = re.compile(r"\{(\w+)\}")
Classes = tuple[float, float, float, float]
_OPEN: Classes = (0.0, 0.0, 0.0, 0.0)  # nothing is learned from such a token
_NOTHING: Classes = (1.0, 0.0, 0.0, 0.0)
_NOUN: Classes = (0.0, 1.0, 0.0, 0.0)
_ENTITY: Classes = (0.0, 0.0, 0.0, 1.0)
_LITERAL: Classes = (0.7, 0.3, 0.0, 0.0)  # of a template's own words: nothing, or a common noun
_CAPITALIZED: Classes = (0.3, 0.6, 0.1, 0.0)  # of words that are written with a capital, and name nothing
_OF_GROUP: dict[str, Classes] = {"proper": (0.0, 0.0, 1.0, 0.0), "common": _CAPITALIZED, "nothing": _NOTHING}
_SCRIPTS = (  # first and last letters of other alphabets
    ("\u0430", "\u044f"), ("\u0410", "\u042f"), ("\u4e00", "\u9fa5"), ("\u3041", "\u3093"), ("\u30a1", "\u30f3"),
    ("\uac00", "\ud7a3"), ("\u0627", "\u064a"), ("\u05d0", "\u05ea"), ("\u03b1", "\u03c9"),
    ("\u0905", "\u0939"), ("\u0e01", "\u0e2e"),
)  # fmt: skip
_MAX_SENTENCE = 20  # tokens of a sentence that fills a field
_MAX_ENTITY = 5  # tokens of a name that fills a field


@dataclass(frozen=True, slots=True)
class Material:
    """What fills the fields: names by kind, common nouns in lower case, and sentences, all from the corpora."""

    names: Mapping[Kind, Sequence[str]]
    parts: made_up.NameParts
    nouns: Sequence[str]
    sentences: Sequence[Sentence]

    @property
    def is_enough(self) -> bool:
        """Whether every field can be filled."""
        parts = self.parts
        names = (self.names["person"], self.names["organization"], self.names["place"])
        return all((*names, parts.first, parts.last, self.nouns, self.sentences))


def collect_material(sentences: Iterable[Sentence]) -> Material:
    """Names, nouns and sentences of labeled sentences whose tokens have `probabilities`."""
    names: dict[Kind, list[str]] = {"person": [], "organization": [], "place": [], "other": []}
    nouns: dict[str, None] = {}
    short: list[Sentence] = []
    for sentence in sentences:
        if 4 <= len(sentence) <= _MAX_SENTENCE:
            short.append(sentence)
        for i, token in enumerate(sentence):
            if token.starts_entity and token.kind in names and (name := _name(sentence, i)):
                names[token.kind].append(name)
            elif token.low == token.high == COMMON and re.fullmatch("[a-z]{3,12}", token.text):
                nouns[token.text] = None
    people = [words for name in names["person"] if len(words := name.split()) == 2 and all(map(str.isalpha, words))]
    parts = made_up.NameParts(
        [first for first, _ in people], [last for _, last in people], names["organization"], list(nouns)
    )
    return Material(names, parts, list(nouns), short)


def _name(sentence: Sentence, start: int) -> str:
    """The name that begins at a token; "" where it is long, or not written as names are."""
    end = start + 1
    while end < len(sentence) and sentence[end].low == ENTITY and not sentence[end].starts_entity:
        end += 1
    tokens = sentence[start:end]
    text = "".join(token.text + " " * token.space_after for token in tokens).strip()
    is_plain = re.fullmatch(r"[^\W\d_][\w .&'’-]*", text) is not None and not text.isupper()
    return text if len(tokens) <= _MAX_ENTITY and text[:1].isupper() and is_plain else ""


def made_up_text(material: Material, rng: random.Random) -> Sentence:
    """A text of some kind, as one sentence of labeled tokens."""
    content = _content()
    template = rng.choice(content["templates"][rng.choice(list(content["templates"]))])
    return fill(template, material, rng)


def fill(template: str, material: Material, rng: random.Random) -> Sentence:
    """A template with its fields filled in."""
    sentence: Sentence = []
    position = 0
    for field in _FIELD.finditer(template):
        sentence += _literal(template[position : field.start()])
        tokens = _filled(field[1], material, rng)
        space_after = template[field.end() : field.end() + 1].isspace()
        sentence += [*tokens[:-1], replace(tokens[-1], space_after=space_after)]
        position = field.end()
    return sentence + _literal(template[position:])


def _literal(text: str) -> Sentence:
    """The words of a template itself."""
    return _words(text, lambda word: _CAPITALIZED if word[:1].isupper() else _LITERAL if word.isalpha() else _NOTHING)


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
    if name in (lists := _lists()):
        group, words = lists[name]
        text = rng.choice(words)
        return _entity(text, group) if group in KINDS else _class(text, _OF_GROUP[group])
    if name == "sentence":
        return list(rng.choice(material.sentences))
    if name in _NAMES:
        kind, make = _NAMES[name]
        return _entity(make(material, rng), kind)
    if name == "name":
        kind = rng.choice(("person", "organization", "place", "place", "other"))
        return _entity(rng.choice(material.names[kind] or material.names["place"]), kind)
    if name == "any":  # a user or a word: whether it is a name, nobody can say
        text = rng.choice((*rng.choices(material.nouns, k=2), rng.choice(material.parts.first).lower()))
        return _words(text, lambda _: None)
    return _class(_OTHERS[name](material, rng), _NOUN if name == "noun" else _NOTHING)


def _gadget(material: Material, rng: random.Random) -> str:
    """A device by its number."""
    model = rng.choice(("", "", "A", "S", "X", "M", "G")) + str(
        rng.choice((rng.randrange(1, 60), rng.randrange(100, 900)))
    )
    suffix = rng.choice(("", "", " Pro", " Max", " Pro Max", " Ultra", " Plus", " Mini"))
    return f"{rng.choice(_lists()['device'][1])} {model}{suffix}"


def _escaped(material: Material, rng: random.Random) -> str:
    """A name with its apostrophe, or its space, as HTML escapes it."""
    apostrophe = rng.choice(("&#39;", "&#x27;", "&apos;", "&rsquo;", "&#8217;"))
    last = rng.choice("ODM") + apostrophe + rng.choice(material.parts.last)
    return last if rng.random() < 0.5 else rng.choice(material.parts.first) + rng.choice((" ", "&nbsp;")) + last


def _foreign(material: Material, rng: random.Random) -> str:
    """Words of another alphabet."""
    first, last = map(ord, rng.choice(_SCRIPTS))
    words = [
        "".join(chr(rng.randint(first, last)) for _ in range(rng.randrange(1, 9))) for _ in range(rng.randrange(1, 8))
    ]
    return " ".join(words) + rng.choice((".", "", "。"))


def _host(material: Material, rng: random.Random) -> str:
    one, two = rng.choice(material.nouns), rng.choice(material.nouns)
    return f"{one}{rng.choice(('', rng.randrange(9)))}.{two}.{rng.choice(('com', 'org', 'net', 'co.uk', 'local'))}"


def _department(material: Material, rng: random.Random) -> str:
    office = rng.choice(("Department", "Ministry", "Bureau", "Office", "Institute", "Board"))
    return f"{office} of {rng.choice(material.nouns).capitalize()}"


def _person(material: Material, rng: random.Random) -> str:
    return rng.choice(material.names["person"]) if rng.random() < 0.5 else made_up.person(material.parts, rng)


_Make = Callable[[Material, random.Random], str]
_NAMES: dict[str, tuple[Kind, _Make]] = {
    "person": ("person", _person),
    "first": ("person", lambda material, rng: made_up.first_name(material.parts, rng)),
    "last": ("person", lambda material, rng: made_up.last_name(material.parts, rng)),
    "president": ("person", lambda material, rng: made_up.titled(material.parts, rng)),
    "organization": ("organization", lambda material, rng: rng.choice(material.names["organization"])),
    "suffixed": ("organization", lambda material, rng: made_up.suffixed(material.parts, rng)),
    "junior": ("person", lambda material, rng: made_up.junior(material.parts, rng)),
    "firm": ("organization", lambda material, rng: made_up.firm(material.parts, rng)),
    "band": ("organization", lambda material, rng: made_up.band(material.parts, rng)),
    "department": ("organization", _department),
    "place": ("place", lambda material, rng: rng.choice(material.names["place"])),
    "work": ("other", lambda material, rng: made_up.work(material.parts, rng)),
    "gadget": ("other", _gadget),
    "escaped": ("person", _escaped),
}
_OTHERS: dict[str, _Make] = {
    "noun": lambda material, rng: rng.choice(material.nouns),
    "email": lambda material, rng: f"{rng.choice(material.nouns)}@{_host(material, rng)}",
    "host": _host,
    "foreign": _foreign,
    "number": lambda _, rng: str(rng.randrange(10 ** rng.randrange(1, 6))),
    "hour": lambda _, rng: str(rng.randrange(1, 13)),
    "day": lambda _, rng: str(rng.randrange(1, 32)),
    "year": lambda _, rng: str(rng.randrange(1900, 2030)),
    "time": lambda _, rng: (
        f"{rng.randrange(24):02}:{rng.randrange(60):02}{rng.choice(('', f':{rng.randrange(60):02}'))}"
    ),
    "ip": lambda _, rng: ".".join(str(rng.randrange(256)) for _ in range(4)),
    "hex": lambda _, rng: f"{rng.randrange(16**10):010x}",
    "action": lambda _, rng: rng.choice(("fix", "remove", "check", "handle", "add", "test", "rename")),
}


@cache
def _content() -> dict[str, Any]:
    return tomllib.loads(_FILE.read_text("utf-8"))


@cache
def _lists() -> dict[str, tuple[Any, tuple[str, ...]]]:
    """The words of each list, and the group of lists that it is in."""
    lists = _content()["lists"]
    return {name: (group, tuple(words)) for group in lists for name, words in lists[group].items()}
