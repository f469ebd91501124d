"""What the heads of a model should say: what a person's labels say, and elsewhere what they said before.

So a training that moves the encoder does not lose what the heads know, and learns where a person's entities begin.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from torch.nn import functional

from escore.kinds import KINDS
from escore_labels.texts import LabeledText
from escore_labels.tokens import ENTITY, Token
from escore_training.personal.encode import EncodedText

JOIN = 1  # the output that says whether a token goes on with an entity; those of the kinds are behind it
_OPEN = -1


@dataclass(frozen=True, slots=True, eq=False)
class HeadTargets:
    """Probabilities that the heads of a model should give.

    joins: float32, [tokens].
    kinds: float32, [tokens, 4]; [tokens, 0] where the model says no kinds.
    """

    joins: Tensor
    kinds: Tensor

    def part(self, tokens: slice) -> "HeadTargets":
        """Those of a range of the tokens."""
        return HeadTargets(self.joins[tokens], self.kinds[tokens])


def head_targets(
    text: LabeledText, encoding: EncodedText, words: NDArray[np.int64], logits: Tensor
) -> HeadTargets | None:
    """The targets of a text's tokens; None where the model has no heads.

    words: the labeled word of each token, -1 before the first (see TokenTargets).
    logits: of the model at the start ([tokens, outputs]).
    """
    if logits.ndim == 1 or logits.shape[1] <= JOIN:
        return None
    joins, kinds = torch.sigmoid(logits[:, JOIN]), torch.softmax(logits[:, JOIN + 1 :], -1)
    # What a word says is said at its first token.
    firsts = (np.cumsum(encoding.counts) - encoding.counts)[encoding.counts > 0]
    labeled = np.array([*map(_join, text.tokens), _OPEN])[words[firsts]]
    repeated = np.append(False, words[firsts][1:] == words[firsts][:-1]) & (labeled == 0)
    labeled[repeated] = [text.tokens[word].low == ENTITY for word in words[firsts][repeated].tolist()]
    said = labeled != _OPEN
    joins[torch.from_numpy(firsts[said])] = torch.from_numpy(labeled[said]).float()
    if kinds.shape[1]:
        numbers = np.array(
            [*(_OPEN if token.kind is None else KINDS.index(token.kind) for token in text.tokens), _OPEN]
        )
        token_kinds = torch.from_numpy(numbers[words])
        known = token_kinds != _OPEN
        kinds[known] = functional.one_hot(token_kinds[known], len(KINDS)).float()
    return HeadTargets(joins, kinds)


def _join(token: Token) -> int:
    """Whether a labeled word goes on with the entity of the word before it: 1, 0, or _OPEN."""
    if token.low == ENTITY:
        return int(not token.starts_entity)
    return 0 if token.high < ENTITY else _OPEN


def heads_loss(logits: Tensor, targets: Sequence[HeadTargets], weights: Tensor) -> Tensor:
    """The mean over all tokens of the cross entropy of joins and, as far as a token is an entity, of kinds.

    logits: [tokens, outputs], of the tokens of all `targets` in their order.
    weights: how far each token is an entity (0..1, [tokens]).
    """
    joins = torch.cat([target.joins for target in targets])
    loss = functional.binary_cross_entropy_with_logits(logits[:, JOIN], joins)
    kinds = torch.cat([target.kinds for target in targets])
    if kinds.shape[1]:
        loss = loss + (weights * functional.cross_entropy(logits[:, JOIN + 1 :], kinds, reduction="none")).mean()
    return loss
