"""Records as training examples: a person's labels where there are any, the starting model's own scores elsewhere."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from escore_labels.targets import token_targets
from escore_labels.texts import LabeledText
from escore_training.model.student import edge_logits
from escore_training.personal.encode import EncodedText
from escore_training.personal.head_targets import HeadTargets, head_targets

UNLABELED = -1


@dataclass(frozen=True, slots=True, eq=False)
class Example:
    """One window of a text, and what each token should come to.

    ids: int64, [tokens], without <s> and </s>.
    keep: the range of them that have a target: what an overlapping window gives more context has it there.
    score: 0..3 (float32, [kept]).
    beyond: the probability of scoring beyond each edge between two classes (float32, [kept, 3]).
    classes: that a person gave, UNLABELED where none (int64, [kept]).
    heads: what its heads should say; None where the model has none.
    """

    ids: Tensor
    keep: slice
    score: Tensor
    beyond: Tensor
    classes: Tensor
    heads: HeadTargets | None = None


def make_examples(
    texts: Sequence[LabeledText], encodings: Sequence[EncodedText], logits: Sequence[Tensor]
) -> tuple[list[Example], int]:
    """The windows of all texts, and how many words' labels differ from what the starting model says.

    `logits` are the starting model's, of each text: [tokens, outputs], the score's first, or the score's alone.
    """
    examples, corrections = [], 0
    for text, encoding, all_logits in zip(texts, encodings, logits, strict=True):
        text_logits = all_logits if all_logits.ndim == 1 else all_logits[:, 0]
        score, beyond = 3 * torch.sigmoid(text_logits), torch.sigmoid(edge_logits(text_logits))
        targets = token_targets(text, encoding.starts, encoding.counts, score.numpy())
        corrections += targets.corrections
        is_labeled = torch.from_numpy(~np.isnan(targets.score))
        score = torch.where(is_labeled, torch.from_numpy(targets.score).float(), score)
        beyond = torch.where(is_labeled[:, None], torch.from_numpy(targets.beyond).float(), beyond)
        classes = torch.from_numpy(_classes(text)[targets.words])
        heads = head_targets(text, encoding, targets.words, all_logits)
        first = 0
        for window in encoding.windows:
            part = slice(first, first := first + window.keep.stop - window.keep.start)
            ids = torch.from_numpy(window.ids)
            kept = None if heads is None else heads.part(part)
            examples.append(Example(ids, window.keep, score[part], beyond[part], classes[part], kept))
    return examples, corrections


def _classes(text: LabeledText) -> NDArray[np.int64]:
    """The class that a person gave each labeled word, UNLABELED where none; and once more, for words with no label."""
    given = [token.low if token.target is None and token.low == token.high else UNLABELED for token in text.tokens]
    return np.array([*given, UNLABELED])
