"""The review: what people ask of the queue, and what they decide."""

import hashlib
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from tempfile import TemporaryDirectory
from time import monotonic

import msgspec
from msgspec import UNSET, UnsetType
from msgspec.structs import replace

from escore.segmentation import word_offsets
from escore_labels.adjudicate import adjudicate
from escore_labels.formats import write_labels
from escore_labels.notes import Note, Notes
from escore_labels.record import MODEL, Record, Span
from escore_labels.texts import covered
from escore_service.errors import RefusedError
from escore_service.person import check_name
from escore_service.review import schemas
from escore_service.review.decisions import Decision, Decisions
from escore_service.review.places import same_places
from escore_service.review.queue import QueueText, ReviewQueue, shown_spans

# Texts to learn from, from which on a training pays: in four measured domains 50 gained .12 to .28 of average precision
# or .58 of rank correlation, and 50 more gained .01 to .11 (docs/make-it-yours.md, "How many texts").
ENOUGH = 50
COUNT_SECONDS = 0.05  # that a decision may take to count where else it may hold


class Review:
    """A queue and the decisions about it. Methods raise RefusedError and FeedbackFileError.

    count: is called with the label of each decision, or "target".
    """

    def __init__(self, queue: ReviewQueue, decisions: Decisions, count: Callable[[str], None]) -> None:
        self.queue, self._decisions, self._count = queue, decisions, count

    def text(self, number: int, by: str) -> schemas.ReviewText:
        """A text with what is said of it, as `by` sees it."""
        return self._answer(self._get(number), by, with_words=True)

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
            needed=max(0, ENOUGH - total("learnable")),
        )

    def decide(self, number: int, new: schemas.NewDecision) -> schemas.ReviewText:
        """Store a decision, widened to whole words. Where somebody has settled a conflict, it settles it anew."""
        check_name(new.by)
        text = self._get(number)
        span = _new_span(text.record, new)
        overlapped = [
            other for other in text.record.spans if other.settles and other.start < span.end and span.start < other.end
        ]
        replaces = {(other.start, other.end) for other in overlapped if other.by == new.by}
        if new.replaces is not UNSET:
            replaces.add(_checked_span(text.record, *new.replaces, "replaces"))
        span = replace(span, settles=span.settles or bool(overlapped))
        if not replaces - {(span.start, span.end)} and any(_is_same(span, other) for other in text.record.spans):
            return self._answer(text, new.by, self._count_elsewhere(span, text.record.text, new.by))
        self._decisions.decide(new.by, text.base, [(text.base, [Decision(span, frozenset(replaces))])])
        self._count(span.label or "target")
        self.queue.update(text.sha256)
        return self._answer(self.queue[number], new.by, self._count_elsewhere(span, text.record.text, new.by))

    def accept(self, number: int, new: schemas.Reviewed) -> schemas.ReviewText:
        """Store that somebody has read the whole text, or has not after all."""
        check_name(new.by)
        text = self._get(number)
        if new.reviewed and new.version not in (UNSET, self._answer(text, new.by).version):
            raise RefusedError(409, "the text has changed since it was shown", "look at it again")
        self._decisions.accept(new.by, text.base, new.reviewed)
        self.queue.update(text.sha256)
        return self._answer(self.queue[number], new.by)

    def everywhere(self, new: schemas.Everywhere) -> schemas.Changed:
        """Have a person's decision hold at all places of the same string where nobody decided otherwise."""
        check_name(new.by)
        record = self._get(new.number).record
        own = [span for span in record.spans if span.by == new.by and (span.start, span.end) == (new.start, new.end)]
        if not own:
            raise RefusedError(422, f"{new.by} has decided nothing at {new.start} to {new.end}", field="start")
        span = max(own, key=lambda span: span.time or "")
        elsewhere = [(text, places) for text, places in self._elsewhere(span, record.text, new.by) if places]
        if elsewhere:
            decisions = [(text.base, places) for text, places in elsewhere]
            self._decisions.decide(new.by, self._get(new.number).base, decisions)
        for text, _ in elsewhere:
            self.queue.update(text.sha256)
        count = sum(len(places) for _, places in elsewhere)
        for _ in range(count):
            self._count(span.label or "target")
        return schemas.Changed(count, len(elsewhere), self.text(new.number, new.by))

    def undo(self, by: str) -> schemas.Undone:
        """Undo the last action of a person."""
        check_name(by)
        if (last := self._decisions.last_text(by)) is None:
            raise RefusedError(404, f"{by} has nothing to undo")
        if (number := self.queue.number(last)) is None:
            raise RefusedError(409, "what you did last is in a text that is not here", "review the file that has it")
        texts = self._decisions.undo(by, self._find)
        for sha256 in texts:
            self.queue.update(sha256)
        return schemas.Undone(len(texts), self.text(number, by))

    def export(self, format: str) -> schemas.Records:
        """The texts that are reviewed, or of which a person said something, as a file of labels."""
        notes = Notes()
        records: Iterable[Record] = self.queue.labeled()
        if format == "conll":  # which cannot say that words are open
            records = (record for record in records if _is_closed(record, notes))
        with TemporaryDirectory() as folder:
            path = Path(folder, "labels")
            write_labels(path, records, format, report=notes.add)
            return schemas.Records(path.read_text("utf-8"), notes.lines())

    def _answer(
        self, text: QueueText, by: str, others: schemas.Others | UnsetType = UNSET, with_words: bool = False
    ) -> schemas.ReviewText:
        record = text.record
        labels, runs = shown_spans(record, by)
        offsets = labels.offsets
        spans = [replace(span, start=offsets[first][0], end=offsets[last][1]) for span, first, last in runs]
        several = len({span.by for span in record.spans if span.by_person}) > 1
        conflicts = adjudicate(record).conflicts if several else []
        words = schemas.Words([start for start, _ in offsets], [end for _, end in offsets])
        return schemas.ReviewText(
            number=text.number,
            id=record.id,
            source=record.source,
            held_out=record.held_out,
            reviewed=record.reviewed,
            reviewed_by=list(text.reviewed_by),
            version=hashlib.sha256(msgspec.json.encode(spans)).hexdigest()[:16],
            spans=spans,
            conflicts=[schemas.Conflict(one.first, one.second) for one in conflicts],
            progress=self.progress(),
            text=record.text if with_words else UNSET,
            words=words if with_words else UNSET,
            others=others,
        )

    def _count_elsewhere(self, span: Span, text: str, by: str) -> schemas.Others:
        """At how many places a decision may hold too; of a string that is everywhere, as many as are soon found."""
        end = monotonic() + COUNT_SECONDS
        count = 0
        for _, places in self._elsewhere(span, text, by):
            count += len(places)
            if monotonic() > end:
                return schemas.Others(count, all=False)
        return schemas.Others(count, all=True)

    def _elsewhere(self, span: Span, text: str, by: str) -> Iterator[tuple[QueueText, list[Decision]]]:
        """Each text with the string of a span, and the decisions that may be made there.

        Left out are texts that are held out or that only others have reviewed, and places that a person decided.
        """
        part = text[span.start : span.end]
        for other in self.queue.texts_with(part):
            record = other.record
            if record.held_out or (record.reviewed and by not in other.reviewed_by):
                continue
            yield (
                other,
                [
                    Decision(_placed(span, spans, start, end))
                    for spans, start, end in same_places(record, part, by)
                    if not any(there.by_person for there in spans)
                ],
            )

    def _find(self, sha256: str) -> Record | None:
        number = self.queue.number(sha256)
        return None if number is None else self.queue[number].base

    def _get(self, number: int) -> QueueText:
        if number >= len(self.queue):
            raise RefusedError(404, f"no text {number}; the queue has {len(self.queue)}, from 0")
        return self.queue[number]


def _is_closed(record: Record, notes: Notes) -> bool:
    if not record.reviewed:
        notes.add(Note(record.id, "lost", "a text that is not reviewed is left out"))
    return record.reviewed


def _is_same(span: Span, other: Span) -> bool:
    """Whether somebody says again what they have said."""
    names = ("start", "end", "label", "target", "kind", "by", "settles")
    return all(getattr(span, name) == getattr(other, name) for name in names)


def _new_span(record: Record, new: schemas.NewDecision) -> Span:
    """The span of a decision; score and model are of the model's span that it corrects. Raises RefusedError."""
    if (new.label is UNSET) == (new.target is UNSET):
        raise RefusedError(422, "give either a label or a target", field="label")
    start, end = _checked_span(record, new.start, new.end, "end")
    offsets = word_offsets(record.text)
    words = covered(offsets, start, end)
    if not words:
        raise RefusedError(422, "there is no word between start and end", field="start")
    span = Span(
        start=offsets[words[0]][0],
        end=offsets[words[-1]][1],
        label=None if new.label is UNSET else new.label,
        target=None if new.target is UNSET else new.target,
        kind=None if new.kind is UNSET else new.kind,
        by=new.by,
        settles=new.settles,
    )
    return _placed(span, [other for other in record.spans if other.by == MODEL], span.start, span.end)


def _placed(span: Span, others: list[Span], start: int, end: int) -> Span:
    """What a span says, at another place, with model and score of the model's span that is there."""
    there = next((other for other in others if (other.start, other.end, other.by) == (start, end, MODEL)), None)
    model, score = (None, None) if there is None else (there.model, there.score)
    return replace(span, start=start, end=end, model=model, score=score, settles=span.settles and start == span.start)


def _checked_span(record: Record, start: int, end: int, field: str) -> tuple[int, int]:
    size = len(record.text)
    if not start < end <= size:
        problem = f"{field} must be a whole number from {start + 1} to {size}" if start < size else "outside the text"
        raise RefusedError(422, problem, field=field)
    return start, end
