"""The texts to review, in order, and how far their review is."""

import dataclasses
import unicodedata
import weakref
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import asdict, dataclass
from threading import Lock
from typing import Literal

from msgspec.structs import replace

from escore import Scorer
from escore_labels.adjudicate import WordLabels, adjudicate
from escore_labels.record import MODEL, Record, Span, without_surrogates
from escore_labels.split import is_held_out
from escore_labels.suggest import suggest
from escore_labels.unlabeled import text_of
from escore_service.current_model import CurrentModel
from escore_service.feedback import StoredText, text_sha256
from escore_service.review.decisions import Decisions

Show = Literal["all", "unreviewed", "unread", "changed", "conflict"]


@dataclass(frozen=True, slots=True)
class QueueText:
    """A text of the queue.

    base: what is known of it without the decisions made here: of a reviewed text, what was there then. While another
        model is in use than at first, its suggestions take the place of those of the file.
    record: that with all that is said of it now.
    reviewed_by: who has read all of it, here.
    """

    number: int
    sha256: str
    base: Record
    record: Record
    reviewed_by: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Status:
    """How far the review of a text is.

    labeled: see Record.is_labeled.
    changed: somebody said something of a span.
    conflict: two people differ, and nobody has settled it.
    learnable: it is reviewed, and training does not hold it out.
    suggested, right, missed: entities of the model; those of them that the reviewed text has too; and those that only
        the reviewed text has. 0 while it is not reviewed, and where the model suggested nothing.
    """

    labeled: bool
    reviewed: bool
    changed: bool
    conflict: bool
    learnable: bool
    suggested: int = 0
    right: int = 0
    missed: int = 0


class ReviewQueue:
    """Records to review, each text once, and what people decide. Methods raise FeedbackFileError."""

    def __init__(self, records: Iterable[Record], decisions: Decisions, model: CurrentModel) -> None:
        self._records = [_blind(without_surrogates(record)) for record in records if record.text.strip()]
        self._hashes = [text_sha256(record.text) for record in self._records]
        self._numbers = {sha256: number for number, sha256 in enumerate(self._hashes)}
        self._decisions = decisions
        self._suggestions = _Suggestions(model)
        stored = decisions.texts()
        self._stored = {i for i, sha256 in enumerate(self._hashes) if sha256 in stored}  # decided here, now or before
        self._statuses = [
            _status(_with_decisions(record, stored.get(sha256)))
            for record, sha256 in zip(self._records, self._hashes, strict=True)
        ]
        self._totals = Counter[str]()  # of all statuses, so that an answer need not go through them
        for status in self._statuses:
            self._totals.update(asdict(status))
        self._reviewed_by = {sha256: text.reviewed_by for sha256, text in stored.items()}
        self._lock = Lock()  # of statuses, totals and who has reviewed

    def __len__(self) -> int:
        return len(self._records)

    def __getitem__(self, number: int) -> QueueText:
        """A text as it is now. Raises IndexError."""
        return self._text(number, self._decisions.text(self._hashes[number]))

    def number(self, sha256: str) -> int | None:
        """The number of a text in the queue, from 0."""
        return self._numbers.get(sha256)

    def labeled(self) -> Iterator[Record]:
        """The texts that are reviewed, or of which a person said something, with all that is said of them now.

        At the end come those that the file of decisions has and the queue has not.
        """
        yield from (self[number].record for number, status in enumerate(self._statuses) if status.labeled)
        for sha256, stored in self._decisions.texts().items():
            if sha256 not in self._numbers and stored.is_labeled:
                yield stored.own_record()

    def texts_with(self, part: str) -> Iterator[QueueText]:
        """The texts that have a part."""
        for number, record in enumerate(self._records):
            if part in record.text:
                yield self[number] if number in self._stored else self._text(number, None)

    def update(self, sha256: str) -> None:
        """Somebody said something of a text: its status follows, if the queue has it."""
        if (number := self.number(sha256)) is None:
            return
        self._stored.add(number)
        with self._lock:  # while it is read too, so that the last to read it is the last to write
            text = self[number]
            status = _status(text.record)
            self._reviewed_by[sha256] = text.reviewed_by
            self._totals.subtract(asdict(self._statuses[number]))
            self._totals.update(asdict(status))
            self._statuses[number] = status

    def total(self, name: str) -> int:
        """The sum of a field of Status over all texts."""
        return int(self._totals[name])

    def filter(self, show: Show, search: str, by: str) -> list[int]:
        """The numbers of the texts to show, in order.

        show: unreviewed are those that nobody has reviewed, unread those that `by` has not.
        search: is in their text or id, whatever its case and the form of its accents.
        """
        wanted = _plain(search)
        return [
            number
            for number, status in enumerate(self._statuses)
            if self._is_shown(number, status, show, by)
            and (not wanted or wanted in _plain(f"{self._records[number].id}\n{self._records[number].text}"))
        ]

    def first(self, by: str) -> int:
        """Where a person goes on: the text where they did something last, or the next one if that is reviewed."""
        last = self._decisions.last_text(by)
        start = (self.number(last) if last else None) or 0
        order = [*range(start, len(self)), *range(start)]
        return next((number for number in order if not self._statuses[number].reviewed), start)

    def _is_shown(self, number: int, status: Status, show: Show, by: str) -> bool:
        return {
            "all": True,
            "unreviewed": not status.reviewed,
            "unread": by not in self._reviewed_by.get(self._hashes[number], ()),
            "changed": status.changed,
            "conflict": status.conflict,
        }[show]

    def _text(self, number: int, stored: StoredText | None) -> QueueText:
        base = _base(self._records[number], stored)
        if not (base.held_out or base.reviewed or (stored and stored.reviewed_by)):
            base = self._suggestions.renew(number, base)
        if stored is None:
            return QueueText(number, self._hashes[number], base, base)
        return QueueText(number, self._hashes[number], base, stored.to_record(base), stored.reviewed_by)


class _Suggestions:
    """The suggestions of another model than the first one, while it is in use; each text is scored once."""

    def __init__(self, model: CurrentModel) -> None:
        self._model = model
        self._first = weakref.ref(model.scorer)  # which is freed once nothing uses it
        self._spans: tuple[Scorer | None, dict[int, tuple[Span, ...]]] = None, {}

    def renew(self, number: int, record: Record) -> Record:
        scorer = self._model.scorer
        if scorer is self._first():
            self._spans = None, {}
            return record
        if self._spans[0] is not scorer:
            self._spans = scorer, {}
        of_number = self._spans[1]
        if number not in of_number:
            model = scorer.bundle.manifest.model_name
            of_number[number] = suggest(scorer(record.text), text_of(record), model).spans
        said = [span for span in record.spans if span.by != MODEL]
        return replace(record, spans=(*of_number[number], *said))


def shown_spans(record: Record, by: str) -> tuple[WordLabels, list[tuple[Span, int, int]]]:
    """The words of a text, and which words each span that counts decides: first and last; `by`'s own count most."""
    labels = adjudicate(record, prefer=by or None)
    runs: list[tuple[Span, int, int]] = []
    for i, span in enumerate(labels.spans):
        if span is None:
            continue
        if runs and runs[-1][0] is span and runs[-1][2] == i - 1:
            runs[-1] = (span, runs[-1][1], i)
        else:
            runs.append((span, i, i))
    return labels, runs


def _base(record: Record, stored: StoredText | None) -> Record:
    if stored is None or stored.record is None or not stored.reviewed_by:
        return record
    spans = stored.record.spans
    later = [span for span in record.spans if span.by_person and span not in spans]
    return replace(
        stored.record, spans=(*spans, *later), held_out=record.held_out or stored.record.held_out, id=record.id
    )


def _with_decisions(record: Record, stored: StoredText | None) -> Record:
    return record if stored is None else stored.to_record(_base(record, stored))


def _status(record: Record) -> Status:
    people = {span.by for span in record.spans if span.by_person}
    conflict = len(people) > 1 and bool(adjudicate(record).conflicts)
    learnable = record.reviewed and not is_held_out(record)
    status = Status(record.is_labeled, record.reviewed, bool(people), conflict, learnable)
    if not record.reviewed or not any(span.by == MODEL for span in record.spans):
        return status
    suggested = {(span.start, span.end) for span in record.spans if span.by == MODEL and span.label == "entity"}
    labels, runs = shown_spans(record, "")
    offsets = labels.offsets
    entities = {(offsets[first][0], offsets[last][1]) for span, first, last in runs if span.label == "entity"}
    right = len(suggested & entities)
    return dataclasses.replace(status, suggested=len(suggested), right=right, missed=len(entities) - right)


def _blind(record: Record) -> Record:
    """The record without suggestions if it is held out and not reviewed: they would sway who labels it."""
    if not record.held_out or record.reviewed:
        return record
    return replace(record, spans=tuple(span for span in record.spans if span.by != MODEL))


def _plain(text: str) -> str:
    return unicodedata.normalize("NFKC", text.casefold())
