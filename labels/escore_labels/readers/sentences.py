"""From the tokens of a corpus to a record: entity spans by the tags, other spans by the parts of speech."""

from collections.abc import Iterator, Sequence
from itertools import groupby
from typing import Any

from escore.segmentation import word_offsets
from escore_labels.readers.source import Placed, Source, TaggedSpan
from escore_labels.tag_map import LABEL_TAGS
from escore_labels.tagsets import entity_starts
from escore_labels.texts import overlaps
from escore_labels.tokens import ENTITY, PROPER, Token

Offsets = list[tuple[int, int]]
OUTSIDE = ("", "O")  # tags of tokens in no entity: where these are not labeled, and where they are
_CLASS_TAGS = list(LABEL_TAGS.values())  # by class


def join_tokens(tokens: Sequence[Token], gaps: Sequence[str], before: str = "") -> tuple[str, Offsets]:
    """The text of a sentence, and where its tokens lie in it; `gaps[i]` is the white space behind `tokens[i]`."""
    text, offsets = before, []
    for token, gap in zip(tokens, gaps, strict=True):
        offsets.append((len(text), len(text) + len(token.text)))
        text += token.text + gap
    return text, offsets


def token_record(
    source: Source,
    place: str,
    text: str,
    offsets: Offsets,
    tokens: Sequence[Token],
    spans: Sequence[TaggedSpan] = (),
    **fields: Any,
) -> Placed:
    """A record of a text whose tokens lie at `offsets`, with the `spans` that are known besides. Raises RecordError.

    It is reviewed if entities are labeled in all of it.
    """
    reviewed = bool(tokens) and all(token.tag for token in tokens)
    said = [*_entities(offsets, tokens), *_parts_of_speech(source, place, text, offsets, tokens, reviewed), *spans]
    return source.record(place, text, said, reviewed=reviewed, **fields)


def _entities(offsets: Offsets, tokens: Sequence[Token]) -> Iterator[TaggedSpan]:
    starts = entity_starts([token.tag or "O" for token in tokens])
    for i, token in enumerate(tokens):
        if starts[i]:
            last = i
            while last + 1 < len(tokens) and tokens[last + 1].tag not in OUTSIDE and not starts[last + 1]:
                last += 1
            yield TaggedSpan(offsets[i][0], offsets[last][1], token.tag[2:])


def _parts_of_speech(
    source: Source, place: str, text: str, offsets: Offsets, tokens: Sequence[Token], reviewed: bool
) -> Iterator[TaggedSpan]:
    """A span for each run of words of one class, outside of entities; what an interval of classes says is lost."""
    classes: list[tuple[int | None, int, int]] = []  # class, start, end of each word
    first = 0
    for start, end in word_offsets(text):
        parts = list(overlaps(offsets, first, start, end))
        first = parts[0][0] if parts else first
        word = [tokens[i] for i, _ in parts]
        bounds = {(token.low, token.high) for token in word}
        decided = None
        if word and all(token.tag in OUTSIDE for token in word):
            if len(bounds) > 1:
                source.lost(place, "a word whose parts are of several parts of speech is left open")
            elif bounds == {(PROPER, ENTITY)}:
                source.lost(place, "a proper noun that may be part of an entity is left open")
            elif word[0].low == word[0].high:
                decided = word[0].low
            elif word[0].tag and not reviewed:
                source.lost(place, "a word in no entity is left open, since others of the text are not labeled")
        classes.append((decided, start, end))
    for decided, run in groupby(classes, key=lambda word: word[0]):
        if decided is not None:
            places = list(run)
            yield TaggedSpan(places[0][1], places[-1][2], _CLASS_TAGS[decided])
