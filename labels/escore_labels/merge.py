"""Records of one text as one record."""

from collections.abc import Iterable

from msgspec.structs import replace

from escore_labels.notes import SHARED_ID, Note, Report, ignore
from escore_labels.readers.source import Placed
from escore_labels.record import Record


def merge_records(placed: Iterable[Placed], report: Report = ignore) -> list[Record]:
    """Unite the spans of records whose texts are equal, in the order in which the texts come.

    A text is reviewed, or held out, if one of its records says so; its id, time and source are the first record's that
    has them. What a model or a list of terms says elsewhere is left out of a text that somebody has reviewed without
    it. Ids that texts lose or share are reported.
    """
    merged: dict[str, Record] = {}
    texts: dict[str, str] = {}
    for place, record in placed:
        if texts.setdefault(record.id, record.text) != record.text and record.id:
            report(Note(place, "lost", SHARED_ID))
        before = merged.get(record.text)
        if before is not None and record.id and before.id and record.id != before.id:
            report(Note(place, "lost", "the same text occurs twice; the first id is kept"))
        merged[record.text] = record if before is None else _unite(before, record, place, report)
    return list(merged.values())


def _unite(first: Record, second: Record, place: str, report: Report) -> Record:
    spans = [*first.spans, *second.spans]
    if first.reviewed != second.reviewed:
        open_record = second if first.reviewed else first
        suggested = {span for span in open_record.spans if not span.by_person}
        reviewed_spans = {(span.start, span.end) for span in (first if first.reviewed else second).spans}
        left_out = {span for span in suggested if (span.start, span.end) not in reviewed_spans}
        for _ in left_out:
            report(Note(place, "lost", "what a model or a list says is left out where a person reviewed without it"))
        spans = [span for span in spans if span not in left_out]
    return replace(
        first,
        id=first.id or second.id,
        time=first.time or second.time,
        source=first.source or second.source,
        reviewed=first.reviewed or second.reviewed,
        held_out=first.held_out or second.held_out,
        spans=tuple(dict.fromkeys(spans)),
    )
