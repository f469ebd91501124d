"""Scored records as observations: what `escore run` writes as JSON lines, records of labels, and their like."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import msgspec
import numpy as np

from escore import Document, EscoreError, SettingError
from escore.entities import RULE
from escore.scale import ENTITY_MINIMUM, MAX_SCORE, WORD_MINIMUM
from escore.text_hash import LOW, content_hash
from escore_labels.json_errors import decoding_problem, validation_problem
from escore_labels.notes import Note, Report
from escore_labels.record import LIST, MODEL
from escore_monitor.days import day_of, document_time
from escore_monitor.errors import ScoredRecordError
from escore_monitor.observation import Mention, Observation, count_bins, document_key
from escore_monitor.vocabulary import Vocabulary

_FUNCTION_WORDS = RULE.share * ENTITY_MINIMUM  # the least score of a word that joins others into an entity
_UNDATED = "no time of its own, so it counts as of now"
_ADVICE = "name the field of times with --time-field, or give the time with --at"


class _Word(msgspec.Struct):
    start: int
    end: int
    score: float


class _Entity(msgspec.Struct):
    score: float
    text: str = ""
    start: int = 0
    end: int = 0
    kind: str | None = None


class _Span(msgspec.Struct):
    start: int
    end: int
    label: str | None = None
    target: float | None = None
    score: float | None = None
    kind: str | None = None
    by: str | None = None
    model: str | None = None


class _Item(msgspec.Struct):
    text: str | None = None
    id: str | int | None = None
    model: str | None = None
    source: str | None = None
    text_hash: int | None = None  # of 'escore batch', which may leave out the text
    minimum: float | None = None
    words: list[_Word] | None = None
    entities: list[_Entity] | None = None
    spans: list[_Span] | None = None


@dataclass(frozen=True, slots=True)
class Reader:
    """How records are read.

    vocabulary: counts words and pieces; its model is that of records which name none.
    report: is told of what is read otherwise than it is written.
    time_field: holds the time; `at` is that of records without one, None for now.
    source: of records that name none.
    by_content: whether a record with the id of another but another text is another document.
    """

    vocabulary: Vocabulary
    report: Report
    time_field: str = "time"
    at: datetime | None = None
    source: str = ""
    by_content: bool = False

    def read(self, line: bytes | str, place: str) -> Observation:
        """What a line of JSON adds. Raises ScoredRecordError, which names the place."""
        item, time = self._parse(line, place)
        model, scored = self._scored(item, place)
        text = item.text if item.text is not None else "\n".join(mention.text for mention in scored.mentions)
        identity = "" if item.id is None else str(item.id)
        source = item.source or self.source
        if time is None and self.at is None:
            self.report(Note(place, "lost", _UNDATED, _ADVICE))
        return Observation(
            key=document_key(
                model, identity, text, source, "" if time is None else time.isoformat(), by_content=self.by_content
            ),
            content=item.text_hash & LOW if item.text is None and item.text_hash is not None else content_hash(text),
            day=day_of(time or self.at or datetime.now(UTC)),
            source=source,
            model=model,
            words=scored.words,
            pieces=scored.pieces,
            mentions=tuple(scored.mentions),
            bins=count_bins(scored.words, scored.pieces, len(scored.mentions), scored.scores),
        )

    def _parse(self, line: bytes | str, place: str) -> tuple[_Item, datetime | None]:
        try:
            fields = msgspec.json.decode(line)
        except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
            problem, advice = decoding_problem(error, line)
            raise ScoredRecordError(f"{place}: {problem}", advice) from error
        if not isinstance(fields, dict):
            raise ScoredRecordError(f"{place}: not a JSON object", "give what this writes: escore run --format jsonl")
        try:
            item = msgspec.convert(fields, _Item)
        except msgspec.ValidationError as error:
            raise ScoredRecordError(f"{place}: {validation_problem(error, {})[0]}") from error
        return item, self._time(fields, place)

    def _time(self, fields: dict[str, Any], place: str) -> datetime | None:
        value = fields.get(self.time_field)
        if value is None or value == "":
            return None
        try:
            return document_time(value, f"its {self.time_field}")
        except SettingError as error:
            raise ScoredRecordError(f"{place}: {error.problem}", error.advice) from None

    def _scored(self, item: _Item, place: str) -> "tuple[str, _Scored]":
        """The model of a record, and what it gave."""
        if item.spans is not None and item.words is None and item.entities is None:
            models = {span.model: None for span in item.spans if span.model}
            if len(models) > 1:
                self.report(Note(place, "lost", "spans of several models count as the first one's"))
            return next(iter(models), item.model) or self.vocabulary.model, self._labels(item, item.spans, place)
        if item.words is None and item.entities is None:
            raise ScoredRecordError(f"{place}: not scored", "score the texts first, with: escore run --format jsonl")
        return item.model or self.vocabulary.model, self._run(item, item.words or (), place)

    def _run(self, item: _Item, words: Sequence[_Word], place: str) -> "_Scored":
        """What `escore run` found: its entities or, where there are none, those that its words make."""
        self._check(item.text, [*words, *(item.entities or ())], place)
        starts, ends, pieces = self._words(item.text, place)
        if item.entities is not None:
            mentions = [Mention(_text(item, entity, place), entity.score, entity.kind) for entity in item.entities]
        elif item.text is None:
            raise ScoredRecordError(f"{place}: words without their text", "keep the field 'text', or use --entities")
        else:
            if item.minimum is not None and item.minimum > _FUNCTION_WORDS:
                problem = "words that join names are missing, so that these may come apart"
                advice = f"use escore run --entities, or --min {_FUNCTION_WORDS:g} at most"
                self.report(Note(place, "lost", problem, advice))
            by_start = {word.start: word.score for word in words}
            scores = np.array([by_start.get(start, 0) for start in starts.tolist()], np.float32)
            document = Document(item.text, starts, ends, scores, ())
            mentions = [Mention(entity.text, entity.score) for entity in document.entities(ENTITY_MINIMUM)]
        # Without the minimum, a low word shows that words were not cut off at that of entities.
        low = any(word.score < ENTITY_MINIMUM for word in words)
        is_whole = item.minimum <= WORD_MINIMUM if item.minimum is not None else low or item.entities is None
        known = [word.score for word in words if word.score >= WORD_MINIMUM] if is_whole else None
        return _Scored(len(starts), pieces, mentions, known)

    def _labels(self, item: _Item, spans: Sequence[_Span], place: str) -> "_Scored":
        """The entities of a record of labels: people's, and those of models and lists that nobody has corrected."""
        self._check(item.text, spans, place)
        if item.text is None:
            raise ScoredRecordError(f"{place}: has no 'text'")
        by_people = [span for span in spans if span.by not in (MODEL, LIST)]
        starts, _, pieces = self._words(item.text, place)
        mentions = []
        for span in spans:
            value = span.target if span.target is not None else MAX_SCORE if span.label == "entity" else 0
            is_corrected = span.by in (MODEL, LIST) and any(
                person.start < span.end and span.start < person.end for person in by_people
            )
            if value >= ENTITY_MINIMUM and not is_corrected:
                score = value if span.score is None or span.by not in (MODEL, LIST) else span.score
                mentions.append(Mention(item.text[span.start : span.end], score, span.kind))
        return _Scored(len(starts), pieces, mentions, None)

    def _words(self, text: str | None, place: str) -> "tuple[Any, Any, int]":
        if text is None:
            return np.empty(0, np.int32), np.empty(0, np.int32), 0
        try:
            return self.vocabulary.words(text)
        except EscoreError as error:
            raise ScoredRecordError(f"{place}: {error.problem}", error.advice) from error

    @staticmethod
    def _check(text: str | None, spans: Sequence[_Word | _Entity | _Span], place: str) -> None:
        for span in spans:
            if text is not None and not 0 <= span.start <= span.end <= len(text):
                raise ScoredRecordError(f"{place}: a span that lies outside the text")
            if span.score is not None and not 0 <= span.score <= MAX_SCORE:
                raise ScoredRecordError(f"{place}: a score that is no number from 0 to {MAX_SCORE:g}")


@dataclass(frozen=True, slots=True)
class _Scored:
    """Words and pieces of a document (0 where nobody knows), its entities, scores of its words from 80 on (or None)."""

    words: int
    pieces: int
    mentions: list[Mention]
    scores: list[float] | None


def _text(item: _Item, entity: _Entity, place: str) -> str:
    text = entity.text or (item.text or "")[entity.start : entity.end]
    if not text.strip():
        raise ScoredRecordError(f"{place}: an entity without a text")
    return text
