"""Domains unlike news, to measure how well a model can be made one's own: texts with complete labels.

Three are made up, and read from a template file:

harbor: a harbor's log, mostly of the general notion of entity, in a style that no corpus has.
stock: a hospital's stock list, which contradicts it: materials are entities, people and wards are not.
tickets: a repair shop's tickets; importance is a number from 0 to 300 that a rule decides.
Names of the held-out part are others than those of the training part, and half of its texts are of other templates.

The others are public corpora: Wikipedia on artificial intelligence (CrossNER), novels (LitBank), loan agreements (SEC).
Their held-out part is the last quarter, other documents where there are several.
"""

import random
import re
import tomllib
from pathlib import Path

from msgspec.structs import replace

from escore_labels.formats import read_labels
from escore_labels.record import Record, Span

_FIELD = re.compile(r"\{(\w+)\}")
_DATA = tomllib.loads(Path(__file__).with_suffix(".toml").read_text("utf-8"))
_ENTITIES = {
    "harbor": ("ship", "person", "port", "firm"),
    "stock": ("material",),
    "tickets": ("model", "part", "fault", "person"),
}
_DANGEROUS = ("overheats", "smokes", "cracked", "leaks")
MADE_UP = tuple(_ENTITIES)
_CORPORA = {"crossner-ai": "crossner/ai/dev.txt", "litbank": "litbank/*.conll", "sec": "sec/*.conll"}
DOMAINS = (*MADE_UP, *_CORPORA)
_TEXTS, _HELD_OUT = 600, 300  # of a domain, at most


def _importance(field: str, value: str) -> float:
    """The tickets' rule: dangerous faults 300, models 250, parts 150 (battery and brakes 200), other faults 100."""
    if field == "fault":
        return 300 if value in _DANGEROUS else 100
    if field == "part":
        return 200 if value in ("battery pack", "brake cable", "charging port") else 150
    return {"model": 250, "person": 50}[field]


def load_domain(name: str, corpora: Path) -> tuple[list[Record], list[Record]]:
    """Reviewed texts of a domain, in random order: those to learn from, and those to measure on. Raises RecordError."""
    if name in MADE_UP:
        return make_domain(name, _TEXTS, 200, seed=1)
    records = [record for path in sorted(corpora.glob(_CORPORA[name])) for record in read_labels(path)]
    parts = records[: len(records) * 3 // 4], records[len(records) * 3 // 4 :]
    rng = random.Random(name)
    learned, held_out = (
        [replace(record, reviewed=True) for record in rng.sample(part, min(size, len(part)))]
        for part, size in zip(parts, (_TEXTS, _HELD_OUT), strict=True)
    )
    return learned, held_out


def make_domain(name: str, train: int, held_out: int, seed: int) -> tuple[list[Record], list[Record]]:
    """Texts of one domain with complete labels: `train` of them to learn from, and `held_out` to measure on."""
    templates, entities = _DATA[name]["templates"], _ENTITIES[name]
    rng = random.Random(f"{name}/{seed}")
    half = len(templates) // 2
    records = [_fill(rng, rng.choice(templates[:half]), entities, name, held_out=False) for _ in range(train)]
    others = [
        _fill(rng, rng.choice(templates[:half] if i % 2 else templates[half:]), entities, name, held_out=True)
        for i in range(held_out)
    ]
    return [_with_id(record, f"{name}/{i}") for i, record in enumerate(records)], [
        _with_id(record, f"{name}/held-out/{i}") for i, record in enumerate(others)
    ]


def _fill(rng: random.Random, template: str, entities: tuple[str, ...], name: str, held_out: bool) -> Record:
    text, position = "", 0
    spans: list[Span] = []
    for match in _FIELD.finditer(template):
        text += template[position : match.start()]
        position = match.end()
        field = match.group(1).rstrip("2")
        value = _value(rng, field, held_out, text)
        if field in entities:
            meaning = {"target": _importance(field, value)} if name == "tickets" else {"label": "entity"}
            spans.append(Span(start=len(text), end=len(text) + len(value), by="ann", **meaning))  # type: ignore[arg-type]
        text += value
    text += template[position:]
    if name == "harbor":  # typed in haste: no capitals tell a name
        text = text.lower()
    return Record(text=text, reviewed=True, spans=tuple(spans))


def _value(rng: random.Random, field: str, held_out: bool, before: str) -> str:
    if field == "n":
        return str(rng.randrange(1, 400))
    if field == "time":
        return f"{rng.randrange(24):02}:{rng.randrange(60):02}"
    values = _DATA["values"][field]
    if field != "fault":  # faults are few, and no names
        values = values[2 * len(values) // 3 :] if held_out else values[: 2 * len(values) // 3]
    return rng.choice([value for value in values if value not in before])


def _with_id(record: Record, identity: str) -> Record:
    return replace(record, id=identity)
