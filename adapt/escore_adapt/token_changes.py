"""What a person's labels ask of each token: that its score changes so much, or that it stays."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from escore.scale import MAX_SCORE
from escore_adapt.basis import Floats
from escore_adapt.projections import Directions
from escore_adapt.states import TextStates
from escore_labels.adjudicate import WordLabels, adjudicate, to_labeled_text
from escore_labels.record import Record
from escore_labels.targets import POINTS, logit, token_targets
from escore_labels.texts import LabeledText
from escore_labels.tokens import ENTITY, NONE


@dataclass(frozen=True, slots=True, eq=False)
class TokenChanges:
    """What should come of the tokens that labels say something about.

    directions: of these tokens, and of all windows of the texts.
    base: their logits without a head ([tokens]).
    change: what should be added to them ([tokens]).
    is_corrected: whether a person corrected the word ([tokens]).
    text_numbers: which text each token is of (int, [tokens]).
    """

    directions: Directions
    base: Floats
    change: Floats
    is_corrected: NDArray[np.bool_]
    text_numbers: NDArray[np.int64]


def word_changes(
    record: Record, states: TextStates, prefer: str | None, names: Sequence[str]
) -> tuple[Floats, NDArray[np.bool_], int]:
    """How each token's logit should change (nan: nobody knows), whether its word was corrected, and corrected words.

    names: name and version of the bundle, and of its base where it has a head.

    A word that a person left as it is, in a text that they corrected or reviewed, is right as the model scores it that
    they saw: the bundle, if a label of the text names it, else its base. Where they corrected another model, nobody
    knows. Term lists say something of their own words only.
    """
    labels, text = adjudicate(record, prefer), to_labeled_text(record, prefer)
    seen = states.scores if names[0] in {span.model for span in record.spans} else states.base
    targets = token_targets(text, states.starts, states.counts, seen / POINTS)
    is_number, is_disputed = (_of_tokens(values, targets.words) for values in _special_words(labels, text))
    base = logit(states.base / MAX_SCORE)
    is_target = ~np.isnan(targets.score)
    change = np.where(
        targets.is_corrected | is_number,
        logit(POINTS * targets.score / MAX_SCORE) - base,
        logit(seen / MAX_SCORE) - base,
    )
    is_known = (targets.words >= 0) & ~is_disputed & (is_target | _others_are_right(record, names))
    return np.where(is_known, change, np.nan), targets.is_corrected, targets.corrections


def _others_are_right(record: Record, names: Sequence[str]) -> bool:
    """Whether a person saw what this bundle, or its base, says of the words that no label is about."""
    models = {span.model for span in record.spans if span.by_person}
    return record.reviewed or (bool(models) and models <= {None, *names})


def _special_words(labels: WordLabels, text: LabeledText) -> tuple[list[bool], list[bool]]:
    """Of each labeled word: whether it should get a number, and whether people differ about it."""
    is_number = [token.target is not None for token in text.tokens]
    is_disputed = [
        span is not None and span.by_person and token.low == NONE and token.high == ENTITY and token.target is None
        for span, token in zip(labels.spans, text.tokens, strict=True)
    ]
    return is_number, is_disputed


def _of_tokens(values: Sequence[bool], words: NDArray[np.int64]) -> NDArray[np.bool_]:
    """What holds for each token's word; nothing does before the first word (-1)."""
    return np.array([*values, False])[words]
