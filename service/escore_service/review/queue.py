"""The texts to review, in order, and how far their review is."""

from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import asdict, dataclass
from threading import Lock
from typing import Literal

from msgspec.structs import replace

from escore_labels.adjudicate import WordLabels, adjudicate
from escore_labels.record import MODEL, Record, Span, without_surrogates
from escore_labels.suggest import suggest
from escore_labels.unlabeled import Text
from escore_service.current_model import CurrentModel
from escore_service.feedback import StoredText, text_sha256
from escore_service.review.decisions import Decisions
from escore_service.serialize import model_name

Show = Literal["all", "unreviewed", "changed", "conflict"]


@dataclass(frozen=True, slots=True)
class Status:
    """How far the review of a text is.

    labeled: see Record.is_labeled.
    changed: somebody said something of a span.
    conflict: two people differ, and nobody has settled it.
    suggested, right, missed: entities of the model; those of them that the reviewed text has too; and those that only
        the reviewed text has. 0 while it is not reviewed.
    """

    labeled: bool
    reviewed: bool
    changed: bool
    conflict: bool
    suggested: int = 0
    right: int = 0
    missed: int = 0


class ReviewQueue:
    """Records to review, each text once, and what people decide. Methods raise FeedbackFileError."""

    def __init__(self, records: Iterable[Record], decisions: Decisions, model: CurrentModel) -> None:
        self._records = [without_surrogates(record) for record in records if record.text.strip()]
        self._decisions = decisions
        self._model, self._first_scorer = model, model.scorer
        self.hashes = [text_sha256(record.text) for record in self._records]
        self._numbers = {sha256: number for number, sha256 in enumerate(self.hashes)}
        stored = decisions.texts()
        self._stored = {i for i, sha256 in enumerate(self.hashes) if sha256 in stored}  # decided here, now or before
        self._statuses = [
            _status(_with_decisions(record, stored.get(sha256)))
            for record, sha256 in zip(self._records, self.hashes, strict=True)
        ]
        self._totals = Counter[str]()  # of all statuses, so that an answer need not go through them
        for status in self._statuses:
            self._totals.update(asdict(status))
        self._lock = Lock()  # of statuses and totals

    def __len__(self) -> int:
        return len(self._records)

    def number(self, sha256: str) -> int | None:
        """The number of a text in the queue, from 0."""
        return self._numbers.get(sha256)

    def known(self, number: int) -> Record:
        """What is known of a text, without what people decided here: of a reviewed text, what was there then.

        While another model is in use than at first, its suggestions take the place of those of the record.
        """
        return self._known(number, self._decisions.text(self.hashes[number]))

    def record(self, number: int) -> Record:
        """A text with all that is said of it now."""
        stored = self._decisions.text(self.hashes[number])
        known = self._known(number, stored)
        return known if stored is None else stored.to_record(known)

    def labeled(self) -> Iterator[Record]:
        """The texts that are reviewed, or of which a person said something, with all that is said of them now."""
        return (self.record(number) for number, status in enumerate(self._statuses) if status.labeled)

    def update(self, number: int) -> None:
        """Somebody decided something of a text: its status follows."""
        self._stored.add(number)
        with self._lock:  # while it is read too, so that the last to read it is the last to write
            status = _status(self.record(number))
            self._totals.subtract(asdict(self._statuses[number]))
            self._totals.update(asdict(status))
            self._statuses[number] = status

    def total(self, name: str) -> int:
        """The sum of a field of Status over all texts."""
        return self._totals[name]

    def numbers(self, show: Show, search: str) -> list[int]:
        """The numbers of the texts to show, in order; `search` is in their text or id, whatever its case."""
        wanted = search.casefold()
        return [
            number
            for number, status in enumerate(self._statuses)
            if _is_shown(status, show)
            and (not wanted or wanted in f"{self._records[number].id}\n{self._records[number].text}".casefold())
        ]

    def first(self, by: str) -> int:
        """Where a person goes on: the text where they did something last, or the next one if that is reviewed."""
        last = self._decisions.last_text(by)
        start = (self.number(last) if last else None) or 0
        order = [*range(start, len(self)), *range(start)]
        return next((number for number in order if not self._statuses[number].reviewed), start)

    def _known(self, number: int, stored: StoredText | None) -> Record:
        record = _known(self._records[number], stored)
        scorer = self._model.scorer
        if scorer is self._first_scorer or record.held_out or record.reviewed or (stored and stored.reviewed_by):
            return record
        text = Text(record.text, record.id, record.source or "", record.time)
        suggested = suggest(scorer(record.text), text, model_name(scorer.bundle.manifest))
        return replace(record, spans=(*suggested.spans, *(span for span in record.spans if span.by != MODEL)))

    def texts_with(self, part: str) -> Iterator[tuple[int, Record, Record]]:
        """The texts that have a part: number, what is known of it, and that with all that is said of it now."""
        for number, record in enumerate(self._records):
            if part not in record.text:
                continue
            stored = self._decisions.text(self.hashes[number]) if number in self._stored else None
            known = self._known(number, stored)
            yield number, known, known if stored is None else stored.to_record(known)


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


def _known(record: Record, stored: StoredText | None) -> Record:
    if stored is None or stored.record is None or not stored.reviewed_by:
        return record
    spans = stored.record.spans
    later = [span for span in record.spans if span.by_person and span not in spans]
    return replace(stored.record, spans=(*spans, *later))


def _with_decisions(record: Record, stored: StoredText | None) -> Record:
    return record if stored is None else stored.to_record(_known(record, stored))


def _status(record: Record) -> Status:
    people = {span.by for span in record.spans if span.by_person}
    conflict = len(people) > 1 and bool(adjudicate(record).conflicts)
    if not record.reviewed:
        return Status(record.is_labeled, False, bool(people), conflict)
    suggested = {(span.start, span.end) for span in record.spans if span.by == MODEL and span.label == "entity"}
    _, runs = shown_spans(record, "")
    entities = {(span.start, span.end) for span, _, _ in runs if span.label == "entity"}
    right = len(suggested & entities)
    return Status(record.is_labeled, True, bool(people), conflict, len(suggested), right, len(entities) - right)


def _is_shown(status: Status, show: Show) -> bool:
    return {
        "all": True,
        "unreviewed": not status.reviewed,
        "changed": status.changed,
        "conflict": status.conflict,
    }[show]
