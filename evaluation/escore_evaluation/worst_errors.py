"""The words that a bundle gets most wrong, each with the text around it."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby

import numpy as np

from escore import Document
from escore.scale import EDGES, ENTITY_MINIMUM, MAX_SCORE
from escore_evaluation.confusion import class_name
from escore_evaluation.metrics import Floats
from escore_evaluation.scoring import ScoredRow
from escore_labels.texts import LabeledText
from escore_labels.tokens import ENTITY, Token

CONTEXT = 60  # characters at each side, at most


@dataclass(frozen=True, slots=True)
class ScoredWord:
    """A word of a context: its offsets there (code points), and its score."""

    start: int
    end: int
    score: float


@dataclass(frozen=True, slots=True)
class WordError:
    """Neighboring words of one label whose scores lie on the same side of the scores that it allows.

    text, start, end: the words, and where they are in their text (code points).
    label: none, noun, proper, entity or in no entity; with a target, that number.
    score: the mean of the words'.
    distance: how far the scores lie from those that the label allows, in the mean.
    times: how many errors there are with these words and this label; this is the worst of them.
    origin: the file, and the line or the ID.
    context, context_start: the text around, and where in the text it begins.
    words: those of the context.
    """

    text: str
    start: int
    end: int
    label: str | float
    score: float
    distance: float
    times: int
    origin: str
    context: str
    context_start: int
    words: tuple[ScoredWord, ...]


@dataclass(frozen=True, slots=True)
class _Error:
    """How far a run of words is off, the number of its text, and which words of it they are."""

    distance: float
    text: int
    words: range


def worst_errors(row: ScoredRow, count: int) -> list[WordError]:
    """The `count` errors of the largest distance, at most: the same words with the same label once.

    Of equal distances the first in the files.
    """
    distances = score_distances(row)
    groups: dict[tuple[object, ...], list[_Error]] = {}
    first = 0
    for number, text in enumerate(row.texts.texts):
        here = distances[first : first + len(text.tokens)]
        for words in _runs(text.tokens, here):
            tokens = text.tokens[words[0] : words[-1] + 1]
            key = (*(token.text for token in tokens), tokens[0].low, tokens[0].high, tokens[0].target)
            groups.setdefault(key, []).append(_Error(abs(float(here[words].mean())), number, words))
        first += len(text.tokens)
    worst = sorted(
        ((max(errors, key=lambda error: error.distance), len(errors)) for errors in groups.values()),
        key=lambda pair: -pair[0].distance,
    )
    return [_describe(row, error, times) for error, times in worst[:count]]


def score_distances(row: ScoredRow) -> Floats:
    """How far each score lies above (or, negative, below) the scores that the token's label allows ([tokens]).

    These lie between the edges of its class; a minimum of 220 divides entities from all else, as `--entities` does. A
    target allows one score, an open word all.
    """
    tokens = row.tokens
    edges = [0.0, *EDGES[:-1], ENTITY_MINIMUM, MAX_SCORE]
    has_target = ~np.isnan(tokens.targets)
    lowest = np.where(has_target, tokens.targets, np.take(edges, tokens.low))
    highest = np.where(has_target, tokens.targets, np.take(edges, tokens.high + 1))
    above = np.maximum(tokens.scores - highest, 0)
    distances: Floats = above - np.maximum(lowest - tokens.scores, 0)
    return distances


def _runs(tokens: Sequence[Token], distances: Floats) -> Iterator[range]:
    """The runs of neighboring tokens of one label, or of one entity, that are wrong on one side."""
    entity = 0
    keys = []
    for token, distance in zip(tokens, distances.tolist(), strict=True):
        entity += bool(token.starts_entity)
        number = entity if token.low == ENTITY else 0
        keys.append((np.sign(distance), token.low, token.high, token.target, number))
    for key, run in groupby(range(len(tokens)), key=keys.__getitem__):
        if key[0]:
            places = list(run)
            yield range(places[0], places[-1] + 1)


def _describe(row: ScoredRow, error: _Error, times: int) -> WordError:
    text, document, words = row.texts.texts[error.text], row.documents[error.text], error.words
    start, end = text.spans[words[0]][0], text.spans[words[-1]][1]
    token = text.tokens[words[0]]
    context_start, context_end = _context(text, start, end)
    scores = row.tokens.scores[row.tokens.texts == error.text][words]
    return WordError(
        text=text.text[start:end],
        start=start,
        end=end,
        label=class_name(token.low, token.high) if token.target is None else token.target,
        score=float(scores.mean()),
        distance=error.distance,
        times=times,
        origin=row.texts.origins[error.text],
        context=text.text[context_start:context_end],
        context_start=context_start,
        words=tuple(_scored_words(document, context_start, context_end)),
    )


def _context(text: LabeledText, start: int, end: int) -> tuple[int, int]:
    """From the first to the last word that lies within CONTEXT characters of start..end; long words are not cut."""
    starts = [word_start for word_start, _ in text.spans if start - CONTEXT <= word_start <= start]
    ends = [word_end for _, word_end in text.spans if end <= word_end <= end + CONTEXT]
    return starts[0], ends[-1]


def _scored_words(document: Document, start: int, end: int) -> Iterator[ScoredWord]:
    for word in document.words:
        if start <= word.start and word.end <= end:
            yield ScoredWord(word.start - start, word.end - start, word.score)
