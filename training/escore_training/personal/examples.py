"""Records as training examples: a person's labels where there are any, the starting model's own scores elsewhere."""

import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from torch.nn import functional
from torch.nn.utils.rnn import pad_sequence
from transformers import RobertaForTokenClassification

from escore.bundle.tokenizer import WordTokenizer
from escore.scale import EDGES
from escore_labels.texts import LabeledText
from escore_labels.tokens import ENTITY, Token
from escore_training.model.student import edge_logits

# What a word of each class should score (0..3), as the shipped model does: none, common noun, proper noun, entity.
CLASS_SCORES = (0.03, 1.0, 1.97, 2.95)
_CERTAIN = 0.03  # a target number stays so far from both ends of 0..3, where the sigmoid would never arrive
_BATCH_TOKENS = 4096  # of inference


@dataclass(frozen=True, slots=True, eq=False)
class Example:
    """One text: the ids of its pieces, without <s> and </s>, and what each should come to.

    ids: int64, [pieces].
    score: 0..3 (float32, [pieces]).
    beyond: the probability of scoring beyond each edge between two classes (float32, [pieces, 3]).
    corrections: how many words' labels differ from what the starting model says.
    """

    ids: Tensor
    score: Tensor
    beyond: Tensor
    corrections: int


def make_examples(
    texts: Sequence[LabeledText], model: RobertaForTokenClassification, tokenizer: WordTokenizer, max_tokens: int
) -> list[Example]:
    """An example for each text (those without words left out); of a long text, its first window."""
    encodings = [tokenizer.encode(text.text) for text in texts]
    ids = [torch.from_numpy(pieces[: max_tokens - 2]) for pieces, *_ in encodings]
    examples = []
    for text, (_, counts, starts, _), pieces, logits in zip(
        texts, encodings, ids, predict_logits(model, ids), strict=True
    ):
        if len(pieces):
            examples.append(_make_example(text, np.repeat(starts, counts)[: len(pieces)], pieces, logits))
    return examples


def _make_example(text: LabeledText, starts: NDArray[np.int32], ids: Tensor, logits: Tensor) -> Example:
    """`starts` says where the word of each piece starts in the text ([pieces])."""
    score, beyond = 3 * torch.sigmoid(logits), torch.sigmoid(edge_logits(logits))
    word_of = np.searchsorted([start for start, _ in text.spans], starts, side="right") - 1
    corrections = 0
    for word in np.unique(word_of[word_of >= 0]).tolist():
        pieces = np.flatnonzero(word_of == word)
        predicted = float(score[pieces].mean())
        target = _target(text.tokens[word], predicted, beyond[pieces].mean(0))
        if target is not None:
            corrections += _class_of(predicted) != _class_of(target[0])
            score[pieces], beyond[pieces] = target
    return Example(ids, score, beyond, corrections)


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


def loss_of(model: RobertaForTokenClassification, batch: Sequence[Example], ordinal_weight: float) -> Tensor:
    """The mean over all pieces of the score's squared error and the ordinal loss (see student.score_loss)."""
    ids, mask = pad(model, [example.ids for example in batch])
    logits = model(ids, attention_mask=mask).logits[..., 0]
    pieces = [logits[row, 1 : 1 + len(example.ids)] for row, example in enumerate(batch)]
    predicted, score = torch.cat(pieces), torch.cat([example.score for example in batch])
    beyond = torch.cat([example.beyond for example in batch])
    error = (3 * torch.sigmoid(predicted) - score).square().mean()
    return error + ordinal_weight * functional.binary_cross_entropy_with_logits(edge_logits(predicted), beyond)


def pad(model: RobertaForTokenClassification, ids: Sequence[Tensor]) -> tuple[Tensor, Tensor]:
    """Ids between <s> and </s>, padded, and the mask (int64, [texts, length] each)."""
    config = model.config
    begin, end = torch.tensor([config.bos_token_id]), torch.tensor([config.eos_token_id])
    rows = [torch.cat([begin, pieces, end]) for pieces in ids]
    padded = pad_sequence(rows, batch_first=True, padding_value=model.roberta.embeddings.padding_idx)
    mask = pad_sequence([torch.ones_like(row) for row in rows], batch_first=True)
    return padded, mask


def predict_logits(model: RobertaForTokenClassification, ids: Sequence[Tensor]) -> list[Tensor]:
    """The logit of each piece ([pieces]) of each text, texts of like length side by side."""
    logits: list[Tensor] = [torch.empty(0)] * len(ids)
    order = sorted((i for i in range(len(ids)) if len(ids[i])), key=lambda i: len(ids[i]))
    model.train(False)
    with torch.no_grad():
        while order:
            count = max(1, _BATCH_TOKENS // (len(ids[order[-1]]) + 2))
            batch, order = order[-count:], order[:-count]
            padded, mask = pad(model, [ids[i] for i in batch])
            output = model(padded, attention_mask=mask).logits[..., 0]
            for row, i in enumerate(batch):
                logits[i] = output[row, 1 : 1 + len(ids[i])].clone()
    return logits


def mixed_batches(
    own: Sequence[Example], general: Sequence[Example], tokens: int, general_share: float, seed: int
) -> Iterator[list[Example]]:
    """Batches without end, of about `tokens` pieces, `general_share` (0..1) of them general; the same for one seed."""
    rng = random.Random(seed)
    streams = [(_shuffled(own, rng), tokens * (1 - general_share)), (_shuffled(general, rng), tokens * general_share)]
    while True:
        batch: list[Example] = []
        for stream, budget in streams:
            pieces = 0
            while pieces < budget:
                batch.append(next(stream))
                pieces += len(batch[-1].ids) + 2
        yield batch


def _shuffled(examples: Sequence[Example], rng: random.Random) -> Iterator[Example]:
    while True:
        yield from rng.sample(examples, len(examples))
