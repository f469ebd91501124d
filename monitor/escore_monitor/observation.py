"""What one document adds to a store: counts, and never its text."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from escore import Document
from escore.bundle.tokenizer import WordTokenizer
from escore.pipeline.encode import encode_text
from escore.scale import ENTITY_MINIMUM, WORD_MINIMUM
from escore.text_hash import content_hash, hash_parts
from escore_monitor.days import day_of
from escore_monitor.signals import ENTITIES, LENGTH, PIECES, SCORE

_STANDARD_INPUT = "-"


@dataclass(frozen=True, slots=True)
class Mention:
    """An entity in a document: its text as written, its score (0..300), its kind where the model says one."""

    text: str
    score: float
    kind: str | None = None


@dataclass(frozen=True, slots=True)
class Observation:
    """What is counted of one document.

    key: which document it is: 63 bits of a hash of its model and its id or, without an id, its content.
    content: 32 bits of a hash of its text, by which another text of the same id is noticed.
    day: of its time, UTC, from 1970-01-01.
    pieces: sub-word pieces of all its words.
    bins: how many values fall into each bin of each signal, by the signal's name and the bin.
    """

    key: int
    content: int
    day: int
    source: str
    model: str
    words: int
    pieces: int
    mentions: tuple[Mention, ...]
    bins: Mapping[tuple[str, int], int]


def observe(
    document: Document,
    model: str,
    tokenizer: WordTokenizer,
    *,
    id: str = "",
    time: datetime | None = None,
    source: str = "",
) -> Observation:
    """What a scored document adds.

    model: name and version of what scored it.
    tokenizer: the bundle's (`scorer.bundle.tokenizer`).
    id: a document of this id and model is counted once; without, one of this text, source and time.
    time: None is now, which does not tell two documents apart.
    """
    pieces = sum(int(chunk.counts.sum()) for chunk in encode_text(tokenizer, document.text))
    scores = document.scores[document.scores >= WORD_MINIMUM].tolist()
    mentions = [
        Mention(entity.text, entity.score, getattr(entity, "kind", None))
        for entity in document.entities(ENTITY_MINIMUM)
    ]
    return Observation(
        key=document_key(model, id, document.text, source, "" if time is None else time.isoformat()),
        content=content_hash(document.text),
        day=day_of((time or datetime.now(UTC)).astimezone(UTC)),
        source=source,
        model=model,
        words=len(document.scores),
        pieces=pieces,
        mentions=tuple(mentions),
        bins=count_bins(len(document.scores), pieces, len(mentions), scores),
    )


def count_bins(words: int, pieces: int, mentions: int, scores: Sequence[float] | None) -> dict[tuple[str, int], int]:
    """Into which bins a document's figures fall.

    words: how many it has; 0 where nobody knows, which leaves out all that is counted in words.
    scores: of its words from 80 on; None where they are not all known.
    """
    bins: dict[tuple[str, int], int] = {}
    if words:
        for signal, value in ((LENGTH, words), (PIECES, pieces / words), (ENTITIES, 100 * mentions / words)):
            bins[signal.name, signal.bin_of(value)] = 1
    for place in map(SCORE.bin_of, scores or ()):
        bins[SCORE.name, place] = bins.get((SCORE.name, place), 0) + 1
    return bins


def document_key(model: str, id: str, text: str, source: str, time: str, *, by_content: bool = False) -> int:
    """63 bits that tell documents apart: by model and id; without an id by source, time and text.

    Places in standard input (`-`, `-:7`) come again with every run, so they count together with the text.
    by_content: so does every id.
    """
    if not id:
        return hash_parts(8, model, "", source, time, text) >> 1
    is_place = id == _STANDARD_INPUT or (id.startswith("-:") and id[2:].isdecimal())
    return hash_parts(8, model, id, text if is_place or by_content else "") >> 1
