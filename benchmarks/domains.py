"""Made-up domains, unlike news, to measure how well a model can be made one's own: texts with complete labels.

harbor: a harbor's log, mostly of the general notion of entity, in a style that no corpus has.
stock: a hospital's stock list, which contradicts it: materials are entities, people and wards are not.
tickets: a repair shop's tickets; importance is a number from 0 to 300 that a rule decides.
Names of the held-out part are others than those of the training part, and half of its texts are of other templates.
"""

import random
import re

from escore_labels.record import Record, Span

_FIELD = re.compile(r"\{(\w+)\}")
_SHIPS = (
    "Anna K", "Baltic Swan", "Cormoran II", "Dagny Lise", "Eastern Promise", "Fair Isle Trader", "Gudrun", "Havfruen", "Isola Blu",
    "Jutta B", "Kestrel", "Lady Maud", "Marilou", "Nordlys IV", "Olga Petrovna", "Pride of Leith", "Queensferry", "Rosalind",
    "Santa Marta", "Tern", "Ursula S", "Vesterhavet", "Wilhelmina", "Yngling", "Zeeland Star", "Brisk", "Patience", "Endurance Bay",
    "Little Auk", "Morning Glory", "Stormvogel", "Albion Grace",
)  # fmt: skip
_PEOPLE = (
    "Ekholm", "Petersen", "J. Doyle", "Van der Meer", "Okafor", "M. Tanaka", "Lindqvist", "Brannigan", "Costa", "R. Patel", "Haugen",
    "Whitlock", "Ivanova", "de Groot", "S. Murphy", "Aaltonen", "Khan", "Moreau", "Lund", "T. Nakamura", "Ferreira", "Olsen",
    "B. Adeyemi", "Sinclair", "Kowalczyk", "Jansen", "Mbeki", "H. Ross", "Vargas", "Nyström", "O'Hara", "Friis",
)  # fmt: skip
_PORTS = (
    "Leith", "Esbjerg", "Rostock", "Gdynia", "Cuxhaven", "Bergen", "Hull", "Aarhus", "Klaipeda", "Den Helder", "Skagen", "Visby",
    "Kirkwall", "Ystad", "Immingham", "Lerwick", "Thyborøn", "Sassnitz", "Turku", "Zeebrugge", "Grangemouth", "Kalmar",
    "Ventspils", "Harwich",
)  # fmt: skip
_FIRMS = (
    "Norsea Agency", "H. Brandt & Sons", "Tidewater Ltd", "Kaiservice", "Blue Anchor Co", "Fjordline", "Mersk Towing", "Polbunker",
    "Holm Stevedores", "Delta Pilots", "Scanchart", "Orkney Salvage", "Vik Chandlers", "Lotsen GmbH", "Baltika Oil", "Crown Ropes",
)  # fmt: skip
_MATERIALS = (
    "gauze swabs", "nitrile gloves", "saline", "suture thread", "scalpel blades", "plaster cast", "oxygen masks", "catheters",
    "syringes", "iodine solution", "bandage rolls", "pulse oximeter", "surgical drapes", "bone wax", "thermometer covers",
    "feeding tubes", "glucose strips", "splints", "ear drops", "wound gel", "cotton wool", "face shields", "IV bags", "needle bin",
    "tongue depressors", "cannulas", "ultrasound gel", "blood tubes", "hand rub", "heparin", "morphine ampoules", "lancets",
)  # fmt: skip
_WARDS = (
    "Ward 3", "Theatre B", "Maternity", "A&E", "Ward 7 East", "Pharmacy", "Dialysis", "Radiology", "Ward 12", "Day Unit", "ICU",
    "Outpatients", "Ward 5 West", "Recovery", "Theatre D", "Paediatrics",
)  # fmt: skip
_PARTS = (
    "brake cable", "rear light", "gearbox", "chain guard", "hub motor", "control unit", "battery pack", "display", "front fork",
    "torque sensor", "charging port", "derailleur", "spoke nipple", "kickstand", "seat post", "bell", "wiring loom", "handlebar tape",
)  # fmt: skip
_MODELS = (
    "Velora X2", "Pedalux 300", "CityGlide", "Trekker Pro", "Montara E", "Swiftline 7", "UrbanFox", "Rivero Cargo", "Alto S",
    "Brisa 9", "Kolibri", "Tundra XL",
)  # fmt: skip
_FAULTS = ("cracked", "rattles", "dead", "loose", "overheats", "scratched", "leaks", "jams", "smokes", "squeaks")
_DANGEROUS = ("overheats", "smokes", "cracked", "leaks")

# Fields in braces are filled; those in _ENTITIES of a domain are its entities. The second half is for held-out texts only.
_HARBOR = (
    "{time} mv {ship} alongside berth {n}, {n2} t cargo out",
    "{time} pilot {person} on board {ship}, wind nw {n}",
    "{ship} eta {port} {time}, agent {firm} informed",
    "{time} lines let go {ship} bound {port}, draft {n} dm",
    "bunkers {n} t to {ship} by {firm}, receipt signed {person}",
    "{time} shift {ship} from quay {n} to quay {n2}, two tugs",
    "crew change {ship}: {person} off, {person2} on, taxi {firm}",
    "{time} {ship} anchored off {port}, waiting berth, vhf {n}",
    "crane {n} down, {ship} discharge stopped {time}, {firm} called",
    "waste received from {ship}, {n} m3 sludge, {firm}",
    "fender damage quay {n} after {ship} berthing, photo taken by {person}",
    "{time} customs cleared {ship} last port {port}",
    "night watch {person}: all quiet, {ship} and {ship2} in port",
    "{time} vts {port} reports {ship} drifting, engine trouble",
    "shore power to {ship} on from {time}, meter {n}",
    "{firm} gang {n} men ordered {time} for {ship}",
    "fresh water {n} t {ship}, hose returned {person}",
    "{time} {ship} sailed for {port} without pilot, noted by {person}",
    "gangway net missing on {ship}, told master {person}",
    "invoice {n} to {firm} for {ship}, two tugs and mooring",
    "{time} medical case on {ship}, {person} taken ashore at {port}",
    "berth {n} booked {time} by {firm} for {ship}, loa {n2} m",
    "fog, {ship} and {ship2} hold outside {port} until {time}",
    "lost container reported by {ship} near {port}, {firm} searching",
)
_STOCK = (
    "{n} boxes {material} to {ward}, signed {person}",
    "{ward} low on {material}, reorder {n} pcs by {time}",
    "{material} expired {time}, {n} removed from {ward}",
    "delivery short: {material} {n} of {n2}, nurse {person} told",
    "moved {material} and {material2} from {ward} to {ward2}",
    "{person} asks for {material} for {ward} before {time}",
    "count {ward}: {material} {n}, {material2} {n2}",
    "{material} lot {n} recalled, ring {person} at {ward}",
    "no {material} left in {ward}, borrow from {ward2}",
    "shelf {n}: {material} next to {material2}, label missing",
    "{time} {ward} returned {n} {material}",
    "{person} counted {n} {material} twice, ok",
    "urgent {material} for {ward}, {person} waits",
    "fridge {n} in {ward} broken, {material} spoilt",
    "{material} price up {n} percent, tell {person}",
    "please send {n} {material} with {material2} to {ward}",
    "{ward} opened last pack of {material} at {time}",
    "wrong size {material}, {person} will change {n}",
    "{n2} {material} found behind {material2} in {ward}",
    "{time} {person} took {material} for {ward} without a form",
    "{material} now on shelf {n}, was with {material2}",
    "theft? {n} {material} missing since {time}, {person} looks",
    "order {n}: {material}, {material2}, for {ward} and {ward2}",
    "{person} says {ward} has too many {material}",
)
_TICKETS = (
    "{model} {part} {fault}, customer waits",
    "{fault} {part} on {model}, seen by {person}",
    "{person} brought {model}: {part} {fault} since {time}",
    "replaced {part} of {model}, {n} euro",
    "{model} back again, {part} still {fault}",
    "call {person}, {part} for {model} in stock",
    "{model} test ride ok, {part} no longer {fault}",
    "no {part} for {model} until {time}",
    "{part} {fault} and {part2} {fault2}, {model}, {person}",
    "{model}: {person} reports {part} {fault} uphill",
    "warranty for {part} of {model} refused, {n} days late",
    "{time} {model} picked up by {person}",
    "{model} left outside, {part} {fault}",
    "{person} wants {part} for {model} cheaper",
    "checked {part} and {part2} on {model}, fine",
    "{fault} {part} again, {model} no {n}",
    "{model} from {person}, {part} {fault}, do first",
    "ordered {part} for {model}, due {time}",
    "{part} of {model} {fault} after {n} km",
    "{person} paid {n} for {part}, {model}",
    "found {part} {fault} while fixing {part2}, {model}",
    "{model} {part} swapped with {part2}, {person} agrees",
    "{time} {part} {fault} on {model}, told {person}",
    "lend {person} a {model} till {part} comes",
)
_VALUES = {
    "ship": _SHIPS, "person": _PEOPLE, "port": _PORTS, "firm": _FIRMS, "material": _MATERIALS, "ward": _WARDS, "part": _PARTS,
    "model": _MODELS, "fault": _FAULTS,
}  # fmt: skip


def _importance(field: str, value: str) -> float:
    """The tickets' rule: dangerous faults 300, models 250, parts 150 (battery and brakes 200), other faults 100."""
    if field == "fault":
        return 300 if value in _DANGEROUS else 100
    if field == "part":
        return 200 if value in ("battery pack", "brake cable", "charging port") else 150
    return {"model": 250, "person": 50}[field]


DOMAINS: dict[str, tuple[tuple[str, ...], tuple[str, ...]]] = {
    "harbor": (_HARBOR, ("ship", "person", "port", "firm")),
    "stock": (_STOCK, ("material",)),
    "tickets": (_TICKETS, ("model", "part", "fault", "person")),
}


def make_domain(name: str, train: int, held_out: int, seed: int) -> tuple[list[Record], list[Record]]:
    """Texts of one domain with complete labels: `train` of them to learn from, and `held_out` to measure on."""
    templates, entities = DOMAINS[name]
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
    text, spans, position = "", [], 0
    for match in _FIELD.finditer(template):
        text += template[position : match.start()]
        position = match.end()
        field = match.group(1).rstrip("2")
        value = _value(rng, field, held_out, text)
        if field in entities:
            meaning = {"target": _importance(field, value)} if name == "tickets" else {"label": "entity"}
            spans.append(Span(start=len(text), end=len(text) + len(value), by="ann", **meaning))  # type: ignore[arg-type]
        text += value
    return Record(text=text + template[position:], reviewed=True, spans=tuple(spans))


def _value(rng: random.Random, field: str, held_out: bool, before: str) -> str:
    if field == "n":
        return str(rng.randrange(1, 400))
    if field == "time":
        return f"{rng.randrange(24):02}:{rng.randrange(60):02}"
    values = _VALUES[field]
    if field != "fault":  # faults are few, and no names
        values = values[2 * len(values) // 3 :] if held_out else values[: 2 * len(values) // 3]
    return rng.choice([value for value in values if value not in before])


def _with_id(record: Record, identity: str) -> Record:
    return Record(text=record.text, id=identity, reviewed=True, spans=record.spans)


