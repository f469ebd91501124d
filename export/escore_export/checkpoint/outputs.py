"""What the outputs of a token classifier mean, and how they become what a bundle gives: scores, and perhaps heads."""

from dataclasses import dataclass
from typing import Protocol

import torch
from torch import Tensor

from escore.bundle.session import JOINS, KINDS, OUTPUT
from escore.scale import MAX_SCORE


class Outputs(Protocol):
    """How logits become a bundle's outputs."""

    @property
    def heads(self) -> tuple[str, ...]:
        """Those of session.HEADS that come out beside the score, in their order."""
        ...

    def __call__(self, logits: Tensor) -> dict[str, Tensor]:
        """The outputs of tokens, from their logits (float32, [batch, sequence, outputs]).

        scores: float32, [batch, sequence], 0..300.
        joins: float32, [batch, sequence], 0..1.
        kinds: float32, [batch, sequence, 4], 0..1.
        """
        ...


@dataclass(frozen=True, slots=True)
class Logits:
    """Of escore's own kind: a score is 300 * sigmoid(the first logit).

    joins is the sigmoid of the second, and kinds the softmax of the others, where the model has these heads.
    """

    heads: tuple[str, ...] = ()

    def __call__(self, logits: Tensor) -> dict[str, Tensor]:
        """See Outputs."""
        outputs = {OUTPUT: MAX_SCORE * torch.sigmoid(logits[..., 0])}
        if JOINS in self.heads:
            outputs[JOINS] = torch.sigmoid(logits[..., 1])
        if KINDS in self.heads:
            outputs[KINDS] = torch.softmax(logits[..., 2:], -1)
        return outputs


@dataclass(frozen=True, slots=True)
class RawNumbers:
    """Of a regression on numbers from `low` to `high`, which become 0 and 300; what lies beyond them is cut off."""

    low: float
    high: float

    @property
    def heads(self) -> tuple[str, ...]:
        """None."""
        return ()

    def __call__(self, logits: Tensor) -> dict[str, Tensor]:
        """See Outputs."""
        scores = (logits[..., 0] - self.low) * (MAX_SCORE / (self.high - self.low))
        return {OUTPUT: torch.clamp(scores, 0.0, MAX_SCORE)}


@dataclass(frozen=True, slots=True)
class EntityLabels:
    """Of a classifier of entity labels (O, B-PER, I-PER, ...), whose probabilities p are the softmax of its logits.

    With E the sum of p over all labels of entities, I that over those of words inside an entity or at its end, O that
    over the labels of words outside, and t the probabilities of types, if the token is part of an entity:

        score = 300 * E, which is 300 * (1 - p(O)) where one label is outside
        join  = I / max(E, O) * same
        same  = (max(t * t of the token before) / (max(t) * max(t of the token before)))²
        kind  = (the sum of p over the labels of its types) / E

    So a join is the probability of going on, if the word is part of an entity, where an entity is likelier than none,
    and near 0 elsewhere, as escore's own head is trained (a word that is in no entity does not go on with one). The
    probabilities are those of transformers' TokenClassificationPipeline, which takes the softmax of the logits; that I-
    goes on with an entity and B- begins one is the scheme of Ramshaw and Marcus (1995). As in that pipeline, another
    type than that of the token before begins another entity: `same` is how likely the best type for both tokens is
    beside the best type of each, 1 where that is one type; squared, it is below the rule's `split` from 3.2 to 1 on.

    outside, entity, inside: the numbers of these labels; an inside one is also one of an entity.
    kinds: for each of KINDS the numbers of its labels; () where labels tell no kinds.
    types: for each type the numbers of its labels.
    """

    outside: tuple[int, ...]
    entity: tuple[int, ...]
    inside: tuple[int, ...]
    kinds: tuple[tuple[int, ...], ...]
    types: tuple[tuple[int, ...], ...] = ()

    @property
    def heads(self) -> tuple[str, ...]:
        """Kinds only where the labels tell them."""
        return (JOINS, KINDS) if self.kinds else (JOINS,)

    def __call__(self, logits: Tensor) -> dict[str, Tensor]:
        """See Outputs; kinds are the softmax of the entities' logits, so that nothing small is divided by another."""
        probabilities = torch.softmax(logits, -1)
        entity = _total(probabilities, self.entity)
        among = torch.softmax(_select(logits, self.entity), -1)
        joins = _total(probabilities, self.inside) / torch.maximum(entity, _total(probabilities, self.outside))
        if len(self.types) > 1:
            joins = joins * _same(self._totals(among, self.types))
        outputs = {OUTPUT: MAX_SCORE * torch.clamp(entity, 0.0, 1.0), JOINS: torch.clamp(joins, 0.0, 1.0)}
        if self.kinds:
            outputs[KINDS] = torch.clamp(self._totals(among, self.kinds), 0.0, 1.0)
        return outputs

    def _totals(self, among: Tensor, groups: tuple[tuple[int, ...], ...]) -> Tensor:
        """The sums over groups of labels ([..., groups]) of what is given for each label of an entity."""
        places = {label: place for place, label in enumerate(self.entity)}
        totals = [_total(among, tuple(places[label] for label in labels)) for labels in groups]
        return torch.stack(totals, -1)


def _same(types: Tensor) -> Tensor:
    """How sure it is that a token is of the type of the one before it ([..., sequence, types] to [..., sequence])."""
    before = torch.cat([types[..., :1, :], types[..., :-1, :]], -2)
    best = types.amax(-1) * before.amax(-1)
    return torch.square((types * before).amax(-1) / best)


def _select(values: Tensor, columns: tuple[int, ...]) -> Tensor:
    return torch.index_select(values, -1, torch.tensor(columns, dtype=torch.int64))


def _total(values: Tensor, columns: tuple[int, ...]) -> Tensor:
    """The sum over some columns ([..., columns] to [...])."""
    return _select(values, columns).sum(-1) if columns else torch.zeros_like(values[..., 0])
