"""Records as training examples: a person's labels where there are any, the starting model's own scores elsewhere."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from escore.scale import EDGES
from escore_labels.texts import LabeledText
from escore_labels.tokens import ENTITY, Token
from escore_training.model.student import edge_logits
from escore_training.personal.encode import EncodedText

# What a word of each class should score (0..3), as the shipped model does: none, common noun, proper noun, entity.
CLASS_SCORES = (0.03, 1.0, 1.97, 2.95)
UNLABELED = -1
_CERTAIN = 0.03  # a target number stays so far from both ends of 0..3, where the sigmoid would never arrive


@dataclass(frozen=True, slots=True, eq=False)
class Example:
    """One window of a text, and what each token should come to.

    ids: int64, [tokens], without <s> and </s>.
    keep: the range of them that have a target: what an overlapping window gives more context has it there.
    score: 0..3 (float32, [kept]).
    beyond: the probability of scoring beyond each edge between two classes (float32, [kept, 3]).
    classes: that a person gave, UNLABELED where none (int64, [kept]).
    """

    ids: Tensor
    keep: slice
    score: Tensor
    beyond: Tensor
    classes: Tensor


def make_examples(
    texts: Sequence[LabeledText], encodings: Sequence[EncodedText], logits: Sequence[Tensor]
) -> tuple[list[Example], int]:
    """The windows of all texts, and how many words' labels differ from what the starting model says.

    `logits` are the starting model's, [tokens] of each text.
    """
    examples, corrections = [], 0
    for text, encoding, text_logits in zip(texts, encodings, logits, strict=True):
        targets, corrected = _targets(text, encoding, text_logits)
        corrections += corrected
        first = 0
        for window in encoding.windows:
            end = first + window.keep.stop - window.keep.start
            parts = (column[first:end] for column in targets)
            examples.append(Example(torch.from_numpy(window.ids), window.keep, *parts))
            first = end
    return examples, corrections


def _targets(text: LabeledText, encoding: EncodedText, logits: Tensor) -> tuple[tuple[Tensor, Tensor, Tensor], int]:
    """Score, beyond and classes of all tokens of a text (see Example), and how many words differ from their label."""
    score, beyond = 3 * torch.sigmoid(logits), torch.sigmoid(edge_logits(logits))
    classes = torch.full((len(logits),), UNLABELED)
    starts = np.repeat(encoding.starts, encoding.counts)
    word_of = np.searchsorted([start for start, _ in text.spans], starts, side="right") - 1
    corrections = 0
    for word in np.unique(word_of[word_of >= 0]).tolist():
        tokens = np.flatnonzero(word_of == word)
        predicted = float(score[tokens].mean())
        label = text.tokens[word]
        if (target := _target(label, predicted, beyond[tokens].mean(0))) is not None:
            corrections += _class_of(predicted) != _class_of(target[0])
            score[tokens], beyond[tokens] = target
            if label.target is None and label.low == label.high:
                classes[tokens] = label.low
    return (score, beyond, classes), corrections


def _target(token: Token, predicted: float, beyond: Tensor) -> tuple[float, Tensor] | None:
    """What a word should come to; None where its label leaves it to the model, or agrees with it."""
    if token.target is not None:
        score = min(max(token.target / 100, _CERTAIN), 3 - _CERTAIN)
        return score, torch.sigmoid(edge_logits(torch.logit(torch.tensor(score / 3))))
    if token.low == token.high:
        return CLASS_SCORES[token.low], (torch.arange(3) < token.low).float()
    if token.high < ENTITY and _class_of(predicted) > token.high:
        return _outside_of_entities(beyond)
    return None


def _outside_of_entities(beyond: Tensor) -> tuple[float, Tensor]:
    """What the model would say of a word if it knew that it is in no entity, by its own odds of the other classes."""
    none, noun, proper = 1 - beyond[0], beyond[0] - beyond[1], beyond[1] - beyond[2]
    odds = torch.stack([none, noun, proper]).clamp(min=1e-6)
    odds = odds / odds.sum()
    score = float((odds * torch.tensor(CLASS_SCORES[:3])).sum())
    return score, torch.stack([odds[1] + odds[2], odds[2], torch.tensor(0.0)])


def _class_of(score: float) -> int:
    return int(np.searchsorted(EDGES, 100 * score, side="right"))
