"""Records as training examples: a person's labels where there are any, the starting model's own scores elsewhere."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from escore_labels.targets import class_of, word_target
from escore_labels.texts import LabeledText
from escore_training.model.student import edge_logits
from escore_training.personal.encode import EncodedText

UNLABELED = -1


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
        if (target := word_target(label, predicted, beyond[tokens].double().mean(0).numpy())) is not None:
            corrections += class_of(predicted) != class_of(target[0])
            score[tokens], beyond[tokens] = target[0], torch.from_numpy(target[1]).float()
            if label.target is None and label.low == label.high:
                classes[tokens] = label.low
    return (score, beyond, classes), corrections
