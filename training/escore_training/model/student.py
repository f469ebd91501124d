"""The student: the small RoBERTa that ships, learning scores and classes from labels and teacher together."""

import random
from collections.abc import Iterator
from pathlib import Path

import torch
from tokenizers import Tokenizer
from torch import Tensor, nn
from torch.nn import functional
from transformers import RobertaForTokenClassification

from escore.scale import EDGES
from escore_labels.texts import join_sentences
from escore_labels.tokens import Document, Sentence
from escore_training.data import augment as noise
from escore_training.data import entity_swap as names
from escore_training.data.datasets import Source
from escore_training.data.examples import POST, Example, cut, examples
from escore_training.model import minilm
from escore_training.model import vocabulary as tokenizers_of
from escore_training.model.encoders import autocast
from escore_training.progress import Progress, saved
from escore_training.recipe import Recipe, Training
from escore_training.schedule import adamw, cosine

# Where each class stands on the model's scale of 0..3: the means of the original model's normal draws.
POINTS = (0.0, 1.0, 1.8)
ENTITY_POINT = 2.9
STEEP = 3.0  # of the sigmoid that tells from a logit's distance to an edge on which side of it a word is

# Ids and mask (int64, [batch, sequence]), classes (float32, [batch, sequence, 4]).
Batch = tuple[Tensor, Tensor, Tensor]


def target(classes: Tensor) -> Tensor:
    """The score, 0..3, that a token with these classes ([..., 4]; see Token.probabilities) should have: their mean."""
    entity = classes[..., 3]
    return entity * ENTITY_POINT + (1 - entity) * (classes[..., :3] * torch.tensor(POINTS)).sum(-1)


def learn(
    recipe: Recipe,
    sources: list[Source],
    labelled: list[list[Document]],
    tokenizer: Tokenizer,
    model: RobertaForTokenClassification,
    path: Path,
) -> float:
    """Train `model` on the labelled documents of each source; the seconds that it took over all runs.

    `path` keeps the state that a killed training goes on from.
    """
    settings = recipe.training
    others = names.pool(document for documents in labelled for document in documents)
    embedding = minilm.CaseEmbedding(model.roberta.embeddings.word_embeddings, tokenizer)
    model.roberta.embeddings.word_embeddings = embedding  # type: ignore[assignment]
    side = nn.Linear(model.config.hidden_size, 4)  # the classes; it is left out of what ships
    fast = [*model.classifier.parameters(), *embedding.cases.parameters(), *side.parameters()]
    slow = [p for p in model.parameters() if not any(p is other for other in fast)]
    optimizer = adamw(slow, fast, settings.learning_rate, settings.head_factor, settings.weight_decay)
    # Every epoch holds about as many batches as the first, so the schedule is set by that one.
    batches = _batches(recipe, sources, labelled, others, tokenizer, 0)
    total = len(batches) * settings.epochs
    scheduler = cosine(optimizer, total, settings.warmup)
    parts = {"model": model, "side": side, "optimizer": optimizer, "scheduler": scheduler}
    done, seconds = saved(path, parts)
    progress = Progress("student", total, done, seconds)
    model.train()
    step = 0
    for epoch in range(settings.epochs):
        if epoch:
            batches = _batches(recipe, sources, labelled, others, tokenizer, epoch)
        for batch in batches:
            step += 1
            if step <= done:
                continue
            ids, mask, classes = _tensors(batch)
            with autocast(settings.bfloat16):
                hidden = model.roberta(ids, attention_mask=mask)[0]
            hidden = model.dropout(hidden.float())
            loss = _loss(model.classifier(hidden)[..., 0], side(hidden), classes, mask, settings)
            optimizer.zero_grad()
            loss.backward()
            torch.nn.utils.clip_grad_norm_([*model.parameters(), *side.parameters()], 1.0)
            optimizer.step()
            scheduler.step()
            progress.step(loss.item())
            if step % settings.save_every == 0:
                progress.save(path, parts, step)
    model.roberta.embeddings.word_embeddings = embedding.merged()
    return progress.seconds


def scaled(model: RobertaForTokenClassification, settings: Training) -> None:
    """Move doubtful words off the edges: the logits times `steepness`, and `shift` higher."""
    with torch.no_grad():
        model.classifier.weight.mul_(settings.steepness)
        model.classifier.bias.mul_(settings.steepness).add_(settings.shift)


def _loss(logits: Tensor, side: Tensor, classes: Tensor, mask: Tensor, settings: Training) -> Tensor:
    """The mean over tokens that are no padding of what a token's score and classes cost.

    The score costs its squared error, and, at each edge between two classes, the cross-entropy of lying on its side of
    it (ordinal regression; McCullagh 1980): the first asks for the right place, the second for the right class and
    order.
    """
    words = mask.bool()
    words[:, 0] = False  # <s>; what it and </s> score is left open
    words &= classes.sum(-1) > 0
    logits, side, classes = logits[words], side[words], classes[words]
    error = (3 * torch.sigmoid(logits) - target(classes)).square().mean()
    entity = classes[:, 3]
    beyond = torch.stack([1 - (1 - entity) * classes[:, 0], entity + (1 - entity) * classes[:, 2], entity], -1)
    distances = STEEP * (logits[:, None] - torch.logit(torch.tensor(EDGES) / 300))
    order = functional.binary_cross_entropy_with_logits(distances, beyond)
    speech = functional.cross_entropy(side[:, :3], classes[:, :3], reduction="none")
    named = functional.binary_cross_entropy_with_logits(side[:, 3], entity)
    return error + settings.edge_loss * order + settings.side_loss * (((1 - entity) * speech).mean() + named)


def _batches(
    recipe: Recipe,
    sources: list[Source],
    labelled: list[list[Document]],
    others: list[Sentence],
    tokenizer: Tokenizer,
    epoch: int,
) -> list[list[Example]]:
    """An epoch's batches of like length, in random order; the same for the same seed and epoch."""
    rng = random.Random(f"{recipe.seed}/{epoch}")
    found = [
        example
        for run in _runs(recipe, sources, labelled, rng)
        for copy in noise.copies(run, recipe.texts, others, rng)
        for example in examples(join_sentences(copy), tokenizer, recipe.model.max_tokens)
    ]
    found.sort(key=lambda example: len(example.ids) * rng.uniform(0.9, 1.1))
    batches: list[list[Example]] = [[]]
    for example in found:
        longest = max((len(e.ids) for e in batches[-1]), default=0)
        if (len(batches[-1]) + 1) * (max(longest, len(example.ids)) + 2) > recipe.training.batch_tokens and batches[-1]:
            batches.append([])
        batches[-1].append(example)
    rng.shuffle(batches)
    return batches


def _runs(
    recipe: Recipe, sources: list[Source], labelled: list[list[Document]], rng: random.Random
) -> Iterator[list[Sentence]]:
    for source, documents in zip(sources, labelled, strict=True):
        lengths = POST if source.corpus.posts else recipe.texts.sentences
        for document in documents:
            whole, part = divmod(source.corpus.repeat, 1)
            for _ in range(int(whole)):
                yield from cut(document, lengths, rng)
            yield from (run for run in cut(document, lengths, rng) if rng.random() < part)


def _tensors(batch: list[Example]) -> Batch:
    width = max(len(example.ids) for example in batch) + 2
    first, pad, last = (tokenizers_of.SPECIAL.index(name) for name in ("<s>", "<pad>", "</s>"))
    ids = torch.full((len(batch), width), pad)
    classes = torch.zeros(len(batch), width, 4)  # all zeros: nothing to learn there
    for row, example in enumerate(batch):
        n = len(example.ids)
        ids[row, : n + 2] = torch.tensor([first, *example.ids, last])
        classes[row, 1 : n + 1] = torch.from_numpy(example.probabilities)
    return ids, (ids != pad).long(), classes
