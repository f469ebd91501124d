"""The review: what people ask of the queue, and what they decide."""

from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory
from time import monotonic

import msgspec
from msgspec.structs import replace

from escore_labels.adjudicate import adjudicate
from escore_labels.formats import write_labels
from escore_labels.notes import Notes
from escore_labels.record import LIST, MODEL, Record, Span
from escore_labels.texts import covered
from escore_service.errors import RefusedError
from escore_service.review import schemas
from escore_service.review.decisions import Decision, Decisions
from escore_service.review.places import same_places
from escore_service.review.queue import ReviewQueue, shown_spans

# Reviewed texts from which on a training pays: in four measured domains 50 gained .12 to .28 of average precision or
# .58 of rank correlation, and 50 more gained .01 to .11 (docs/make-it-yours.md, "How many texts").
ENOUGH = 50
COUNT_SECONDS = 0.1  # that a decision may take to count where else it may hold


class Review:
    """A queue and the decisions about it. Methods raise RefusedError and FeedbackFileError."""

    def __init__(self, queue: ReviewQueue, decisions: Decisions) -> None:
        self.queue, self._decisions = queue, decisions

    def text(
        self, number: int, by: str, others: schemas.Others | msgspec.UnsetType = msgspec.UNSET
    ) -> schemas.ReviewText:
        """A text with what is said of it, as `by` sees it."""
        record = self.queue.record(self._checked(number))
        labels, runs = shown_spans(record, by)
        spans = [
            replace(span, start=labels.offsets[first][0], end=labels.offsets[last][1]) for span, first, last in runs
        ]
        conflicts = [schemas.Conflict(one.first, one.second) for one in adjudicate(record).conflicts]
        return schemas.ReviewText(
            number=number,
            id=record.id,
            source=record.source,
            held_out=record.held_out,
            reviewed=record.reviewed,
            reviewed_by=list(self._decisions.reviewed_by(self.queue.hashes[number])),
            text=record.text,
            words=schemas.Words([start for start, _ in labels.offsets], [end for _, end in labels.offsets]),
            spans=spans,
            conflicts=conflicts,
            progress=self.progress(),
            others=others,
        )

    def progress(self) -> schemas.Progress:
        """How far the review is."""
        total = self.queue.total
        return schemas.Progress(
            texts=len(self.queue),
            reviewed=total("reviewed"),
            changed=total("changed"),
            conflicts=total("conflict"),
            suggested=total("suggested"),
            right=total("right"),
            missed=total("missed"),
            needed=max(0, ENOUGH - total("reviewed")),
        )

    def decide(self, number: int, new: schemas.NewDecision) -> schemas.ReviewText:
        """Store a decision, widened to whole words."""
        record = self.queue.record(self._checked(number))
        span = _new_span(record, new)
        replaces = None if new.replaces is msgspec.UNSET else new.replaces
        known = self.queue.known(number)
        self._decisions.decide(_checked_name(new.by), known, [(known, [Decision(span, replaces)])])
        self.queue.update(number)
        return self.text(number, new.by, self._count_elsewhere(span, record, new.by))

    def accept(self, number: int, new: schemas.Reviewed) -> schemas.ReviewText:
        """Store that somebody has read the whole text, or has not after all."""
        self._decisions.accept(_checked_name(new.by), self.queue.known(self._checked(number)), new.reviewed)
        self.queue.update(number)
        return self.text(number, new.by)

    def everywhere(self, new: schemas.Everywhere) -> schemas.Changed:
        """Have a person's decision hold at all places of the same string."""
        record = self.queue.record(self._checked(new.number))
        own = [span for span in record.spans if span.by == new.by and (span.start, span.end) == (new.start, new.end)]
        if not own:
            raise RefusedError(422, f"{new.by} has decided nothing at {new.start} to {new.end}", field="start")
        span = max(own, key=lambda span: span.time or "")
        elsewhere = [one for one in self._elsewhere(span, record, new.by) if one[2]]
        if elsewhere:
            placed = [(known, decisions) for _, known, decisions in elsewhere]
            self._decisions.decide(new.by, self.queue.known(new.number), placed)
        for number, _, _ in elsewhere:
            self.queue.update(number)
        places = sum(len(decisions) for _, _, decisions in elsewhere)
        return schemas.Changed(places, len(elsewhere), self.text(new.number, new.by))

    def undo(self, by: str) -> schemas.Changed:
        """Undo the last action of a person."""
        undone = self._decisions.undo(_checked_name(by), self._find)
        if undone is None:
            raise RefusedError(404, f"{by} has nothing to undo")
        numbers = [number for sha256 in undone.changed if (number := self.queue.number(sha256)) is not None]
        for number in numbers:
            self.queue.update(number)
        shown = self.queue.number(undone.text_sha256)
        return schemas.Changed(undone.changes, len(numbers), self.text(0 if shown is None else shown, by))

    def export(self, format: str) -> schemas.Records:
        """The texts that are reviewed, or of which a person said something, as a file of labels."""
        notes = Notes()
        with TemporaryDirectory() as folder:
            path = Path(folder, "labels")
            write_labels(path, self.queue.labeled(), format, report=notes.add)
            return schemas.Records(path.read_text("utf-8"), notes.lines())

    def _count_elsewhere(self, span: Span, origin: Record, by: str) -> schemas.Others:
        """At how many places a decision may hold too; of a string that is everywhere, as many as are soon found."""
        end = monotonic() + COUNT_SECONDS
        places = 0
        for _, _, decisions in self._elsewhere(span, origin, by):
            places += len(decisions)
            if monotonic() > end:
                return schemas.Others(places, all=False)
        return schemas.Others(places, all=True)

    def _elsewhere(self, span: Span, origin: Record, by: str) -> Iterator[tuple[int, Record, list[Decision]]]:
        """Each text with the string of a span: number, what is known of it, and decisions that are not there yet."""
        part = origin.text[span.start : span.end]
        for number, known, record in self.queue.texts_with(part):
            decisions = []
            for there, start, end in same_places(record, part, by):
                if there is not None and there.by_person and _says(there) == _says(span):
                    continue
                score = there if there is not None and (there.start, there.end) == (start, end) else None
                placed = replace(
                    span,
                    start=start,
                    end=end,
                    settles=False,
                    score=None if score is None else score.score,
                    model=span.model if score is None else score.model,
                )
                decisions.append(Decision(placed))
            yield number, known, decisions

    def _find(self, sha256: str) -> Record | None:
        number = self.queue.number(sha256)
        return None if number is None else self.queue.known(number)

    def _checked(self, number: int) -> int:
        if number >= len(self.queue):
            raise RefusedError(404, f"no text {number}; the queue has {len(self.queue)}, from 0")
        return number


def _new_span(record: Record, new: schemas.NewDecision) -> Span:
    """The span of a decision; score and model are of the model's span that it corrects. Raises RefusedError."""
    if (new.label is msgspec.UNSET) == (new.target is msgspec.UNSET):
        raise RefusedError(422, "give either a label or a target", field="label")
    size = len(record.text)
    if not new.start < new.end <= size:
        raise RefusedError(422, f"end must be a whole number from {new.start + 1} to {size}", field="end")
    offsets = adjudicate(record).offsets
    words = covered(offsets, new.start, new.end)
    if not words:
        raise RefusedError(422, "there is no word between start and end", field="start")
    start, end = offsets[words[0]][0], offsets[words[-1]][1]
    corrected = next(
        (span for span in record.spans if span.by == MODEL and (span.start, span.end) == (start, end)), None
    )
    return Span(
        start=start,
        end=end,
        label=None if new.label is msgspec.UNSET else new.label,
        target=None if new.target is msgspec.UNSET else new.target,
        kind=None if new.kind is msgspec.UNSET else new.kind,
        by=new.by,
        model=None if corrected is None else corrected.model,
        score=None if corrected is None else corrected.score,
        settles=new.settles,
    )


def _says(span: Span) -> tuple[object, ...]:
    return span.label, span.target, span.kind


def _checked_name(by: str) -> str:
    if by in (MODEL, LIST):
        raise RefusedError(422, f"'{by}' is no person's name in records", "take another name", field="by")
    if not by.isprintable() or by != by.strip():
        raise RefusedError(422, "by must be one line of text, without blanks around it", field="by")
    return by
