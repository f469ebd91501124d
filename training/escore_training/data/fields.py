"""What the fields of made-up texts are filled with, by their names: names with their kinds, and other words."""

import random
from collections.abc import Callable
from functools import partial

from escore.kinds import Kind
from escore_training.data import made_up_names as made_up
from escore_training.data import symbols
from escore_training.data.material import Material
from escore_training.data.template_files import read_templates

_SCRIPTS = (  # first and last letters of other alphabets
    ("\u0430", "\u044f"), ("\u0410", "\u042f"), ("\u4e00", "\u9fa5"), ("\u3041", "\u3093"), ("\u30a1", "\u30f3"),
    ("\uac00", "\ud7a3"), ("\u0627", "\u064a"), ("\u05d0", "\u05ea"), ("\u03b1", "\u03c9"),
    ("\u0905", "\u0939"), ("\u0e01", "\u0e2e"),
)  # fmt: skip


def _gadget(material: Material, rng: random.Random) -> str:
    """A device by its number."""
    model = rng.choice(("", "", "A", "S", "X", "M", "G")) + str(
        rng.choice((rng.randrange(1, 60), rng.randrange(100, 900)))
    )
    suffix = rng.choice(("", "", " Pro", " Max", " Pro Max", " Ultra", " Plus", " Mini"))
    return f"{rng.choice(read_templates().lists['device'][1])} {model}{suffix}"


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


def _url(material: Material, rng: random.Random) -> str:
    return (
        f"{rng.choice(('http', 'https', 'https', 'ftp', 'git'))}://{_host(material, rng)}/{rng.choice(material.nouns)}"
    )


def _team(material: Material, rng: random.Random) -> str:
    """A group of people who care for a package, as its metadata call them."""
    program = rng.choice(("Debian", rng.choice(read_templates().lists["program"][1])))
    topic = rng.choice(("", f" {rng.choice(material.nouns).capitalize()}"))
    return (
        f"{program}{topic} {rng.choice(('Team', 'Maintainers', 'Group', 'Developers', 'Packaging Team', 'Task Force'))}"
    )


def _authors(material: Material, rng: random.Random) -> str:
    """The authors of a program together, as holders of its copyright."""
    program = rng.choice(read_templates().lists["program"][1])
    whole = ("Authors", "Project", "Project Authors", "Development Team", "Global Development Group")
    return f"{program} {rng.choice(whole)}"


def _university(material: Material, rng: random.Random) -> str:
    place = rng.choice(material.names["place"])
    return rng.choice((f"University of {place}", f"{place} University", f"{place} University of Technology"))


def _street(material: Material, rng: random.Random) -> str:
    return (
        f"{rng.choice(material.parts.last)} {rng.choice(('Street', 'St', 'St.', 'Avenue', 'Parkway', 'Road', 'Drive'))}"
    )


def _library(material: Material, rng: random.Random) -> str:
    """What a library is called; whether that is a name, nobody can say."""
    word = rng.choice(material.nouns)
    return rng.choice(
        (f"lib{word}", f"{word.capitalize()}lib", f"X{word}", f"{word}.js", f"{word}fs", f"Open{word.capitalize()}")
    )


def _department(material: Material, rng: random.Random) -> str:
    office = rng.choice(("Department", "Ministry", "Bureau", "Office", "Institute", "Board"))
    return f"{office} of {rng.choice(material.nouns).capitalize()}"


def _person(material: Material, rng: random.Random) -> str:
    return rng.choice(material.names["person"]) if rng.random() < 0.5 else made_up.person(material.parts, rng)


def _of_nouns(make: symbols.Make, material: Material, rng: random.Random) -> str:
    nouns = material.nouns if rng.random() < 0.5 else read_templates().lists["thing"][1]
    return make(nouns, rng)


Make = Callable[[Material, random.Random], str]
# Names, with what kind of entity they are.
NAMES: dict[str, tuple[Kind, Make]] = {
    "person": ("person", _person),
    "first": ("person", lambda material, rng: made_up.first_name(material.parts, rng)),
    "last": ("person", lambda material, rng: made_up.last_name(material.parts, rng)),
    "president": ("person", lambda material, rng: made_up.titled(material.parts, rng)),
    "junior": ("person", lambda material, rng: made_up.junior(material.parts, rng)),
    "escaped": ("person", _escaped),
    "organization": ("organization", lambda material, rng: rng.choice(material.names["organization"])),
    "suffixed": ("organization", lambda material, rng: made_up.suffixed(material.parts, rng)),
    "firm": ("organization", lambda material, rng: made_up.firm(material.parts, rng)),
    "band": ("organization", lambda material, rng: made_up.band(material.parts, rng)),
    "department": ("organization", _department),
    "team": ("organization", _team),
    "authors": ("organization", _authors),
    "university": ("organization", _university),
    "place": ("place", lambda material, rng: rng.choice(material.names["place"])),
    "street": ("place", _street),
    "zone_place": ("place", lambda material, rng: rng.choice(material.names["place"]).replace(" ", "_")),
    "work": ("other", lambda material, rng: made_up.work(material.parts, rng)),
    "gadget": ("other", _gadget),
}
# What may be a name or not: nothing is learned from it.
OPEN: dict[str, Make] = {
    "any": lambda material, rng: rng.choice(
        (*rng.choices(material.nouns, k=2), rng.choice(material.parts.first).lower())
    ),
    "library": _library,
}
# What is no name, and mostly no word.
OTHERS: dict[str, Make] = {
    "email": lambda material, rng: f"{rng.choice(material.nouns)}@{_host(material, rng)}",
    "host": _host,
    "url": _url,
    "foreign": _foreign,
    "letter": lambda _, rng: rng.choice("ABCDEFGHIKLMNOPRSTUVXYZabcdefghiklmnoprstuvxyz"),
    "size": lambda _, rng: f"{rng.randrange(1, 999)}{rng.choice(('K', 'M', 'G', ' kB', ' MB', '.0K', '.2G'))}",
    "number": lambda _, rng: str(rng.randrange(10 ** rng.randrange(1, 6))),
    "hour": lambda _, rng: str(rng.randrange(1, 13)),
    "day": lambda _, rng: str(rng.randrange(1, 32)),
    "year": lambda _, rng: str(rng.randrange(1900, 2030)),
    "date": lambda _, rng: f"{rng.randrange(1990, 2030)}-{rng.randrange(1, 13):02}-{rng.randrange(1, 32):02}",
    "time": lambda _, rng: (
        f"{rng.randrange(24):02}:{rng.randrange(60):02}{rng.choice(('', f':{rng.randrange(60):02}'))}"
    ),
    "clock": lambda _, rng: f"{rng.randrange(24):02}:{rng.randrange(60):02}:{rng.randrange(60):02}",
    "ip": lambda _, rng: ".".join(str(rng.randrange(256)) for _ in range(4)),
    "hex": lambda _, rng: f"{rng.randrange(16**10):010x}",
    "hash": lambda _, rng: f"{rng.getrandbits(160):040x}"[: rng.choice((7, 10, 32, 40))],
    "hexdigits": lambda _, rng: f"{rng.randrange(0x20, 0x3000):04X}",
    "hexnumber": lambda _, rng: f"0x{rng.randrange(16 ** rng.choice((2, 4, 8, 12))):x}",
    "action": lambda _, rng: rng.choice(("fix", "remove", "check", "handle", "add", "test", "rename")),
}
OTHERS |= {make.__name__: partial(_of_nouns, make) for make in symbols.ALL}
