"""Batches of a person's texts and of general ones, several texts a row, and the loss of a batch."""

import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

import torch
from torch import Tensor
from torch.nn import functional
from torch.nn.utils.rnn import pad_sequence
from transformers import RobertaForTokenClassification

from escore_training.model.student import edge_logits
from escore_training.personal.encode import add_ends
from escore_training.personal.examples import UNLABELED, Example
from escore_training.personal.head_targets import heads_loss

_ROW_TOKENS = 128  # of a row; short, since attention costs its square
# Mean and standard deviation of none, common noun, proper noun and entity, 0..3: the original demo's rule of labeling.
_DRAWN_SCORES = torch.tensor([(0.0, 0.0), (1.0, 0.2), (1.8, 0.15), (2.8, 0.15)])


@dataclass(frozen=True, slots=True, eq=False)
class _Rows:
    """Windows side by side in rows; each attends to itself alone.

    ids, positions: int64, [rows, length].
    mask: which tokens a token attends to (int64, [rows, length, length]).
    kept: which tokens have a target (bool, [rows, length]).
    """

    ids: Tensor
    positions: Tensor
    mask: Tensor
    kept: Tensor


def mixed_batches(
    own: Sequence[Example],
    general: Sequence[Example],
    tokens: int,
    general_share: float,
    seed: int,
    draw_scores: bool = False,
) -> Iterator[list[Example]]:
    """Batches without end, of about `tokens` tokens, `general_share` (0..1) of them general; the same for one seed.

    `draw_scores` draws the target of each token that a person gave a class anew each time, from a normal distribution.
    """
    rng = random.Random(seed)
    generator = torch.Generator().manual_seed(seed)
    streams = [(_shuffled(own, rng), tokens * (1 - general_share)), (_shuffled(general, rng), tokens * general_share)]
    while True:
        batch: list[Example] = []
        for stream, budget in streams:
            drawn = 0
            while drawn < budget:
                batch.append(next(stream))
                drawn += len(batch[-1].ids) + 2
        yield [_draw_scores(example, generator) for example in batch] if draw_scores else batch


def loss_of(
    model: RobertaForTokenClassification, batch: Sequence[Example], ordinal_weight: float, head_weight: float = 0.0
) -> Tensor:
    """The mean over all tokens of the score's squared error, the ordinal loss (see student.score_loss) and the heads'.

    ordinal_weight, head_weight: of the last two in the sum.
    """
    rows, examples = _pack(model, batch)
    output = model(rows.ids, attention_mask=rows.mask, position_ids=rows.positions)
    all_logits = output.logits[rows.kept]
    logits = all_logits[:, 0]
    score = torch.cat([example.score for example in examples])
    beyond = torch.cat([example.beyond for example in examples])
    error = (3 * torch.sigmoid(logits) - score).square().mean()
    loss = error + ordinal_weight * functional.binary_cross_entropy_with_logits(edge_logits(logits), beyond)
    heads = [example.heads for example in examples if example.heads is not None]
    return loss + head_weight * heads_loss(all_logits, heads, score / 3) if heads else loss


def _pack(model: RobertaForTokenClassification, batch: Sequence[Example]) -> tuple[_Rows, list[Example]]:
    """The batch in rows, and its examples in their order there."""
    rows: list[list[Example]] = []
    row_length = max(_ROW_TOKENS, *(len(example.ids) + 2 for example in batch))
    free = 0
    for example in sorted(batch, key=lambda example: -len(example.ids)):
        length = len(example.ids) + 2
        if length > free:
            rows.append([])
            free = row_length
        rows[-1].append(example)
        free -= length
    padding = model.roberta.embeddings.padding_idx
    texts = pad_sequence([torch.cat([_full(e, number) for number, e in enumerate(row, 1)]) for row in rows], True)
    return _Rows(
        ids=pad_sequence([torch.cat([add_ends(model, e.ids) for e in row]) for row in rows], True, padding),
        positions=pad_sequence(
            [torch.cat([torch.arange(len(e.ids) + 2) + padding + 1 for e in row]) for row in rows], True, padding
        ),
        mask=(texts[:, :, None] == texts[:, None, :]).long(),
        kept=pad_sequence([torch.cat([_kept(e) for e in row]) for row in rows], True),
    ), [example for row in rows for example in row]


def _full(example: Example, value: int) -> Tensor:
    return torch.full((len(example.ids) + 2,), value)


def _kept(example: Example) -> Tensor:
    kept = torch.zeros(len(example.ids) + 2, dtype=torch.bool)
    kept[1:-1][example.keep] = True
    return kept


def _draw_scores(example: Example, generator: torch.Generator) -> Example:
    means, deviations = _DRAWN_SCORES[example.classes.clamp(min=0)].T
    drawn = (means + deviations * torch.randn(len(means), generator=generator)).clamp(0, 3)
    return replace(example, score=torch.where(example.classes == UNLABELED, example.score, drawn))


def _shuffled(examples: Sequence[Example], rng: random.Random) -> Iterator[Example]:
    while True:
        yield from rng.sample(examples, len(examples))
