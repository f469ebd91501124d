"""From the spans of a record to one label a word: who beats whom, and where two people disagree.

A person's span beats a term list's, which beats a model's; among spans of one rank the later one wins, word by word.
What a person says of a part of a list's or a model's entity withdraws that entity, so that what is left of it is no
entity, unless they say that the part is none: that only takes the part away. An entity that a person marks later, by
its time, withdraws an earlier one of theirs of other bounds. Two people who say different things of one word are in
conflict, unless somebody settles it; whoever does so last is right.
"""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass

from escore import WordLengthError
from escore.segmentation import word_offsets
from escore_labels.record import LIST, MODEL, Record, RecordError, Span
from escore_labels.texts import LabeledText, covered
from escore_labels.tokens import COMMON, ENTITY, NONE, PROPER, Token

CLASSES = {"none": NONE, "noun": COMMON, "proper": PROPER, "entity": ENTITY}


@dataclass(frozen=True, slots=True)
class Conflict:
    """Two people's spans that share a word and disagree about it."""

    first: Span
    second: Span


@dataclass(frozen=True, slots=True)
class WordLabels:
    """The words of a record's text (code point offsets) and the span that decides each; None where none does."""

    offsets: list[tuple[int, int]]
    spans: list[Span | None]
    conflicts: list[Conflict]


def adjudicate(record: Record, prefer: str | None = None) -> WordLabels:
    """Which span decides each word. With `prefer` that person's spans beat other people's, and are in no conflict.

    Raises RecordError for a text with a word that is too long.
    """
    try:
        offsets = word_offsets(record.text)
    except WordLengthError as error:
        raise RecordError(f"{record.id or record.text[:40]}: {error.problem}", error.advice) from error
    deciding: list[Span | None] = [None] * len(offsets)
    conflicts: dict[tuple[int, int], Conflict] = {}
    contested = defaultdict[int, list[tuple[int, int]]](list)  # conflicts of each word
    order = sorted(
        range(len(record.spans)), key=lambda i: (_rank(record.spans[i], prefer), record.spans[i].time or "", i)
    )
    withdrawn = _withdrawn(record.spans, offsets, prefer)
    for place in order:
        span = record.spans[place]
        if place in withdrawn:
            continue
        for i in covered(offsets, span.start, span.end):
            before = deciding[i]
            if before is not None and _disagree(before, span, prefer):
                conflicts.setdefault((id(before), id(span)), Conflict(before, span))
                contested[i].append((id(before), id(span)))
            elif span.settles:
                contested.pop(i, None)
            deciding[i] = span
    is_left = {key for keys in contested.values() for key in keys}
    return WordLabels(offsets, deciding, [conflict for key, conflict in conflicts.items() if key in is_left])


def to_labeled_text(record: Record, prefer: str | None = None) -> LabeledText:
    """The record's words as tokens that know their class interval or target, for training and measuring.

    Open words may be anything; in a reviewed text they are in no entity. Spans that only a model suggested leave their
    words open, unless the text is reviewed. Words in a conflict are left open too.
    """
    labels = adjudicate(record, prefer)
    contested = {id(span) for conflict in labels.conflicts for span in (conflict.first, conflict.second)}
    tokens = []
    before: Span | None = None
    for (start, end), span in zip(labels.offsets, labels.spans, strict=True):
        in_conflict = span is not None and id(span) in contested
        suggested = span is not None and span.by == MODEL and not record.reviewed
        low, high, target = NONE, PROPER if record.reviewed and not in_conflict else ENTITY, None
        if span is not None and not in_conflict and not suggested:
            if span.label is not None:
                low = high = CLASSES[span.label]
            else:
                high, target = ENTITY, span.target
        starts = low == ENTITY and span is not before
        kind = span.kind if span is not None and low == ENTITY else None
        tokens.append(Token(record.text[start:end], low, high, starts_entity=starts, target=target, kind=kind))
        before = span
    return LabeledText(record.text, tokens, labels.offsets)


def _withdrawn(spans: Sequence[Span], offsets: Sequence[tuple[int, int]], prefer: str | None) -> set[int]:
    """The indices of the entities of which other spans leave nothing: first those of people, then all others."""
    people = [place for place, span in enumerate(spans) if span.by_person]
    withdrawn = _overruled(people, people, spans, offsets, prefer)
    others = [place for place, span in enumerate(spans) if not span.by_person]
    left = [place for place in people if place not in withdrawn]
    return withdrawn | _overruled(others, left, spans, offsets, prefer)


def _overruled(
    places: Sequence[int],
    rulers: Sequence[int],
    spans: Sequence[Span],
    offsets: Sequence[tuple[int, int]],
    prefer: str | None,
) -> set[int]:
    """Those of `places` whose span is an entity that shares a word with a span of `rulers` that withdraws it."""
    by_word = defaultdict[int, list[Span]](list)
    for place in rulers:
        for i in covered(offsets, spans[place].start, spans[place].end):
            by_word[i].append(spans[place])
    return {
        place
        for place in places
        if spans[place].label == "entity"
        and any(
            _withdraws(ruler, spans[place], prefer)
            for i in covered(offsets, spans[place].start, spans[place].end)
            for ruler in by_word.get(i, ())
        )
    }


def _withdraws(ruler: Span, span: Span, prefer: str | None) -> bool:
    """Whether a person's span, which shares a word with an entity, leaves nothing of it."""
    if (ruler.start, ruler.end) == (span.start, span.end):
        return False
    if not span.by_person:
        return ruler.settles or ruler.label != "none"
    is_later = (ruler.time or "") > (span.time or "")
    if ruler.settles or span.settles:
        return ruler.settles and (is_later or not span.settles)
    if ruler.by == span.by:
        return ruler.label == "entity" and is_later
    return ruler.label == "entity" and prefer is not None and ruler.by == prefer


def _rank(span: Span, prefer: str | None) -> int:
    if span.by == MODEL:
        return 0
    if span.by == LIST:
        return 1
    if span.settles:
        return 4
    return 3 if prefer is not None and span.by == prefer else 2


def _disagree(before: Span, after: Span, prefer: str | None) -> bool:
    if not (before.by_person and after.by_person) or before.by == after.by or before.settles or after.settles:
        return False
    if None in (before.by, after.by) or prefer in (before.by, after.by):  # who is not named may be the other one
        return False
    same = (before.start, before.end) == (after.start, after.end) or before.label != "entity" != after.label
    return (before.label, before.target) != (after.label, after.target) or not same
