"""Names that corpora have few of, put together from parts: particles, accents, suffixes, firms, titles of works."""

import random
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass

_PARTICLES = (
    "de", "de la", "de los", "del", "van", "van der", "van den", "von", "von der", "da", "dos", "di", "le", "el",
    "ter", "bin", "bint", "ibn",
)  # fmt: skip
_PREFIXES = ("al-", "Al-", "el-", "O'", "Mc", "D'", "St. ")
_FAMILY_FIRST = (
    "Kim", "Lee", "Park", "Choi", "Jung", "Xi", "Li", "Wang", "Zhang", "Chen", "Liu", "Ng", "Wu", "Nguyen", "Tran",
    "Pham", "Ho",
)  # fmt: skip
_GIVEN = (
    "Jong", "Un", "Il", "Jae", "In", "Min", "Soo", "Hyun", "Woo", "Jin", "Ping", "Wei", "Jun", "Xiao", "Ming",
    "Keqiang", "Jinping", "Yang", "Hui", "Van", "Thi", "Minh", "Anh", "Duc", "Eng", "Hock", "Yoon", "Seok", "Chi",
    "Quan", "Ling",
)  # fmt: skip
_INDIAN = (
    "Modi",
    "Singh",
    "Patel",
    "Kumar",
    "Gandhi",
    "Sharma",
    "Rao",
    "Iyer",
    "Khan",
    "Reddy",
    "Das",
    "Bose",
    "Naidu",
)
_TITLES = (
    "President",
    "Prime Minister",
    "Chancellor",
    "Senator",
    "King",
    "Queen",
    "Judge",
    "Captain",
    "Dr.",
    "Sir",
    "Pope",
    "Governor",
)
_SUFFIXES = (
    ", Inc.",
    ", Ltd.",
    ", LLC",
    ", Inc",
    " Inc.",
    " Ltd",
    " Corp.",
    " LLC",
    ", L.P.",
    " GmbH",
    " & Co.",
    " plc",
    ", S.A.",
    ", N.A.",
)
_ACCENTS = "\u0301\u0300\u0308\u0302\u0303\u030c"  # acute, grave, diaeresis, circumflex, tilde, caron
_CARRIERS = {"\u0303": "ano", "\u030c": "cszre"}  # the letters that take an accent, where these are not all vowels
_ACCENT_RATE = 0.2  # the share of names that get an accent


@dataclass(frozen=True, slots=True)
class NameParts:
    """What names are put together from: first and last names, names of organizations, and common nouns."""

    first: Sequence[str]
    last: Sequence[str]
    organizations: Sequence[str]
    nouns: Sequence[str]


def person(parts: NameParts, rng: random.Random) -> str:
    """A person's name, mostly a first and a last one."""
    first, last = first_name(parts, rng), last_name(parts, rng)
    shape = rng.random()
    if shape < 0.55:
        return f"{first} {last}"
    if shape < 0.65:
        return f"{first[0]}. {last}"
    if shape < 0.73:
        return f"{first} {rng.choice(parts.first)[0]}. {last}"
    if shape < 0.83:
        return f"{first} {rng.choice(_PARTICLES)} {last}"
    if shape < 0.93:
        return " ".join((rng.choice(_FAMILY_FIRST), *rng.choices(_GIVEN, k=rng.choice((1, 2, 2)))))
    return f"{first}-{rng.choice(parts.first)} {last}"


def first_name(parts: NameParts, rng: random.Random) -> str:
    """A first name, sometimes with an accent."""
    return _with_accent(rng.choice(parts.first), rng)


def last_name(parts: NameParts, rng: random.Random) -> str:
    """A last name, sometimes with a prefix or an accent."""
    shape = rng.random()
    if shape < 0.06:
        return rng.choice(_INDIAN)
    name = _with_accent(rng.choice(parts.last), rng)
    return rng.choice(_PREFIXES) + name if shape < 0.14 else name


def titled(parts: NameParts, rng: random.Random) -> str:
    """A person's name with a title, which is part of it."""
    return f"{rng.choice(_TITLES)} {person(parts, rng)}"


def suffixed(parts: NameParts, rng: random.Random) -> str:
    """A company with its legal form, with a comma before it or without."""
    company = (
        rng.choice(parts.organizations)
        if rng.random() < 0.5
        else f"{rng.choice(parts.last)} {_title(rng.choice(parts.nouns))}s"
    )
    return company + rng.choice(_SUFFIXES)


def junior(parts: NameParts, rng: random.Random) -> str:
    """A person who is a junior, or the like, with a comma before it or without."""
    return person(parts, rng) + rng.choice((", Jr.", ", Jr.", " Jr.", ", Sr.", " III", " Jr"))


def firm(parts: NameParts, rng: random.Random) -> str:
    """A firm named for its partners."""
    one, other = rng.choice(parts.last), rng.choice(parts.last)
    return rng.choice(
        (
            f"{one} & {other}",
            f"{one} & {one}",
            f"{one}, {other} & {one}",
            f"{one} and Sons",
            f"{one} & Sons",
            f"{one} Brothers",
        )
    )


def work(parts: NameParts, rng: random.Random) -> str:
    """The title of a book, a film or a game."""
    one, two = (_title(rng.choice(parts.nouns)) for _ in range(2))
    plural = f"{two}s"
    return rng.choice((
        f"{one} of {plural}", f"The {one} of the {two}", f"{one} and {two}", f"The Last {one}", f"A {one} for {two}",
        f"The {one}", f"One Hundred Years of {one}", f"{one} {two}", f"Call of {one}", f"The {one} in the {two}",
        f"{one} Wars", f"Lord of the {plural}",
    ))  # fmt: skip


def band(parts: NameParts, rng: random.Random) -> str:
    """A band or a club."""
    one, two, three = (_title(rng.choice(parts.nouns)) for _ in range(3))
    return rng.choice(
        (
            f"The {one}s",
            f"Two {one} {two} Club",
            f"{one} {two} {three}",
            f"{one} & the {two}s",
            f"The {one} {two}",
            f"{one} {two} Band",
        )
    )


def _title(word: str) -> str:
    return word[:1].upper() + word[1:]


def _with_accent(name: str, rng: random.Random) -> str:
    """The name, sometimes with an accent on one of its letters."""
    if rng.random() >= _ACCENT_RATE:
        return name
    accent = rng.choice(_ACCENTS)
    places = [i for i, letter in enumerate(name) if letter.lower() in _CARRIERS.get(accent, "aeiou")]
    if not places:
        return name
    at = rng.choice(places)
    return name[:at] + unicodedata.normalize("NFC", name[at] + accent) + name[at + 1 :]
