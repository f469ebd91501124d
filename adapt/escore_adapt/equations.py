"""What a person's labels ask of each token: that its score changes so much, or that it stays."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from escore_adapt.basis import Floats, logit
from escore_adapt.projections import Directions
from escore_adapt.states import TextStates
from escore_labels.adjudicate import adjudicate, to_labeled_text
from escore_labels.record import MODEL, Record
from escore_labels.targets import beyond_edges, class_of, word_target
from escore_labels.tokens import ENTITY, NONE, Token


@dataclass(frozen=True, slots=True, eq=False)
class Equations:
    """What should come of the tokens that labels say something about.

    directions: of these tokens, and of all windows of the texts.
    base: their logits without a head ([tokens]).
    change: what should be added to them ([tokens]).
    corrected: whether a person corrected the word ([tokens]).
    texts: the number of each token's text ([tokens]).
    """

    directions: Directions
    base: Floats
    change: Floats
    corrected: NDArray[np.bool_]
    texts: NDArray[np.int64]


def word_changes(
    record: Record, states: TextStates, prefer: str | None, known_models: Collection[str]
) -> tuple[Floats, NDArray[np.bool_], int]:
    """How each token's logit should change (nan: nobody knows), whether its word was corrected, and corrected words.

    A word that a person left as it is, in a text that they corrected or reviewed, is right as the bundle scores it; not
    where they corrected what another model said (`known_models` are this bundle's names).
    """
    labels, tokens = adjudicate(record, prefer), to_labeled_text(record, prefer).tokens
    persons_models = {span.model for span in record.spans if span.by != MODEL} - {None}
    others_are_right = record.reviewed or persons_models <= set(known_models)
    base, said = logit(states.base), logit(states.scores)
    change = np.full(len(base), np.nan)
    corrected = np.zeros(len(base), np.bool_)
    token_words = np.repeat(_label_of(labels.offsets, states.starts), states.counts)
    count = 0
    for word in np.unique(token_words[token_words >= 0]).tolist():
        places = np.flatnonzero(token_words == word)
        span = labels.spans[word]
        if _in_conflict(tokens[word]) and span is not None and span.by != MODEL:
            continue
        predicted = float(states.scores[places].mean()) / 100
        target = word_target(tokens[word], predicted, beyond_edges(np.array(min(max(predicted, 0.003), 2.997))))
        if target is not None and (tokens[word].target is not None or class_of(predicted) != class_of(target[0])):
            change[places] = logit(np.array(100 * target[0])) - base[places]
            corrected[places] = class_of(predicted) != class_of(target[0])
            count += bool(corrected[places[0]])
        elif target is not None or others_are_right:
            change[places] = said[places] - base[places]
    return change, corrected, count


def _label_of(offsets: Sequence[tuple[int, int]], starts: NDArray[np.int32]) -> NDArray[np.int64]:
    """The labeled word that each word of the model starts in (int, [words]); -1 before the first."""
    return np.searchsorted([start for start, _ in offsets], starts, side="right") - 1


def _in_conflict(token: Token) -> bool:
    """Whether a word that somebody labeled was left open, since two people differ."""
    return token.low == NONE and token.high == ENTITY and token.target is None
