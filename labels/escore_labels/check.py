"""What is wrong with labels, before anything is trained on them or measured by them."""

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence

from msgspec.structs import replace

from escore_labels.adjudicate import Conflict, WordLabels, adjudicate
from escore_labels.notes import SHARED_ID, Note, count
from escore_labels.readers.source import Placed
from escore_labels.record import Record, Span
from escore_labels.texts import covered, plain_spacing

Claim = str | float | None  # what is said of a word: a label, a target, "no entity", or nothing


def check_labels(placed: Sequence[Placed], held_out: Iterable[Placed] = ()) -> Iterator[Note]:
    """What is wrong with records, or with two of them beside each other; `held_out` is for measuring only."""
    marked = ((place, record) for place, record in placed if record.held_out)
    held_out_places = {plain_spacing(record.text): place for place, record in (*marked, *held_out)}
    first: dict[str, Placed] = {}
    texts: dict[str, str] = {}
    claims: set[Claim] = set()
    for place, record in placed:
        labels = adjudicate(record)
        claims.update(_claims(record, labels), (span.label or span.target for span in record.spans))
        for span in record.spans:
            touched = [labels.offsets[i] for i in covered(labels.offsets, span.start, span.end)]
            if not touched or (touched[0][0], touched[-1][1]) != (span.start, span.end):
                yield Note(place, "moved", f"span {_show(record, span)} crosses a word's edge", "label whole words")
        yield from (_conflict(place, record, conflict) for conflict in labels.conflicts)
        if _overlap(record.spans):
            yield Note(place, "overlap", "spans of one person overlap: the later one counts")
        other = held_out_places.get(plain_spacing(record.text))
        if other is not None and not record.held_out:
            yield Note(place, "held out", f"the text is held out in {other}", "take it out of one of the two")
        if record.id and texts.setdefault(record.id, record.text) != record.text:
            yield Note(place, "lost", SHARED_ID)
        other, before = first.setdefault(record.text, (place, record))
        if before is not record:
            yield from _repeated(place, record, other, before)
    claims.discard(None)
    if placed and len(claims) < 2:
        problem = f"every word that is labeled is {claims.pop()}" if claims else "no word is labeled"
        yield Note("all texts", "one class", problem, "nothing can be learned from that")


def summarize(records: Iterable[Record]) -> str:
    """How many texts and spans there are, in one line."""
    records = list(records)
    spans = [span for record in records for span in record.spans]
    labels = Counter(span.label or "target" for span in spans)
    people = Counter(span.by or "nobody named" for span in spans)
    said = [f"{number} {label}" for label, number in sorted(labels.items())]
    said += [f"{number} by {name}" for name, number in sorted(people.items())]
    reviewed, held_out = sum(record.reviewed for record in records), sum(record.held_out for record in records)
    texts = f"{count(len(records), 'text')} ({reviewed} reviewed, {held_out} held out)"
    return f"{texts}, {count(len(spans), 'span')}" + (f" ({', '.join(said)})" if said else "")


def _overlap(spans: Sequence[Span]) -> bool:
    """Whether two different spans of one person overlap."""
    ends: dict[str | None, int] = {}
    for span in sorted({span for span in spans if span.by_person}, key=lambda span: span.start):
        if span.start < ends.get(span.by, 0):
            return True
        ends[span.by] = max(span.end, ends.get(span.by, 0))
    return False


def _repeated(place: str, record: Record, other: str, before: Record) -> Iterator[Note]:
    """What is wrong with a text that is there twice."""
    own = {(conflict.first, conflict.second) for part in (record, before) for conflict in adjudicate(part).conflicts}
    both = replace(before, spans=(*before.spans, *record.spans))
    conflicts = [conflict for conflict in adjudicate(both).conflicts if (conflict.first, conflict.second) not in own]
    if conflicts:
        yield from (_conflict(f"{place} and {other}", record, conflict) for conflict in conflicts)
    elif any(map(_contradict, _claims(before, adjudicate(before)), _claims(record, adjudicate(record)))):
        yield Note(place, "duplicate", f"the text is in {other} too, with other labels", "leave one of the two out")


def _claims(record: Record, labels: WordLabels) -> list[Claim]:
    """What is said of each word."""
    open_word = "no entity" if record.reviewed else None
    return [open_word if span is None else span.label or span.target for span in labels.spans]


def _contradict(one: Claim, other: Claim) -> bool:
    if None in (one, other) or ("no entity" in (one, other) and "entity" not in (one, other)):
        return False
    return one != other


def _conflict(place: str, record: Record, conflict: Conflict) -> Note:
    said = [
        f"{_show(record, span)} is {span.label or span.target} to {span.by or 'somebody'}"
        for span in (conflict.first, conflict.second)
    ]
    return Note(place, "conflict", " and ".join(said), "agree on one, or prefer a person")


def _show(record: Record, span: Span) -> str:
    return f"'{record.text[span.start : span.end]}'"
