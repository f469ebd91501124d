"""The student: the small RoBERTa that ships, which learns scores and classes from labeled sources."""

import random
from collections.abc import Callable, Iterator
from functools import partial
from itertools import chain
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from tokenizers import Tokenizer
from torch import Tensor, nn
from torch.nn import functional
from torch.nn.utils.rnn import pad_sequence
from transformers import RobertaForTokenClassification

from escore.bundle.session import HEADS
from escore.scale import EDGES, MAX_SCORE
from escore_export.checkpoint.config import LABELS_OF_HEADS
from escore_labels.targets import EDGE_SLOPE
from escore_labels.texts import join_sentences
from escore_labels.tokens import Sentence
from escore_training.data.augment import augment
from escore_training.data.boundaries import UNKNOWN
from escore_training.data.datasets import Source
from escore_training.data.entity_swap import entity_pool
from escore_training.data.examples import POST_LENGTHS, Example, encode_text, split_document
from escore_training.data.material import Material, collect_material
from escore_training.data.packing import make_batches
from escore_training.data.templates import made_up_text
from escore_training.fit import FitSettings, autocast, fit
from escore_training.model.averaging import average_weights, copy_weights
from escore_training.model.minilm import CaseEmbedding
from escore_training.model.vocabulary import SPECIAL
from escore_training.recipe import Recipe, Training

# Where each class is on the model's scale of 0..3: the means of the original model's normal draws.
CLASS_MEANS = (0.0, 1.0, 1.8)
ENTITY_MEAN = 2.9
JOIN = 1  # the number of the output that tells where entities go on; those of the kinds are behind it


def train_student(
    recipe: Recipe, sources: list[Source], tokenizer: Tokenizer, model: RobertaForTokenClassification, work: Path
) -> float:
    """Train `model` on labeled sources; the seconds that it took, also before a kill.

    With a second run, the model gets the mean of the weights after each (stochastic weight averaging; Izmailov et al.
    2018). The folder `work` keeps what a killed training continues from.
    """
    settings = recipe.training
    pool = entity_pool(sentence for source in sources for sentence in source.sentences())
    material = collect_material(sentence for source in sources for sentence in source.sentences())
    batches = partial(_batches, recipe, sources, pool, material, tokenizer)
    last = settings.epochs + settings.restart_epochs
    seconds = _run(settings, batches, tokenizer, model, range(settings.epochs), work / "student.pt")
    if settings.restart_epochs:
        before = copy_weights(model)
        seconds += _run(settings, batches, tokenizer, model, range(settings.epochs, last), work / "restart.pt")
        average_weights(model, before, 0.5)
    return seconds


def _run(
    settings: Training,
    batches: Callable[[int], list[list[Example]]],
    tokenizer: Tokenizer,
    model: RobertaForTokenClassification,
    epochs: range,
    state: Path,
) -> float:
    """Train for these epochs, in which the learning rate rises once and falls; the seconds that it took.

    batches: those of an epoch, by its number.
    """
    embedding = CaseEmbedding(model.roberta.embeddings.word_embeddings, tokenizer)
    model.roberta.embeddings.word_embeddings = embedding  # type: ignore[assignment]
    class_head = nn.Linear(model.config.hidden_size, 4)  # only helps to learn; it is not written

    def loss_of(batch: list[Example]) -> Tensor:
        ids, mask, classes, joins, kinds = _tensors(batch)
        with autocast(settings.bfloat16):
            hidden = model.roberta(ids, attention_mask=mask)[0]
        hidden = model.dropout(hidden.float())
        logits = model.classifier(hidden)
        loss = score_loss(logits[..., 0], class_head(hidden), classes, mask, settings)
        return loss + heads_loss(logits, joins, kinds, settings)

    first = batches(epochs[0])
    network = nn.ModuleDict({"model": model, "class_head": class_head})
    head = [*model.classifier.parameters(), *embedding.cases.parameters(), *class_head.parameters()]
    seconds = fit(
        "student" if not epochs[0] else "student, second run",
        network,
        head,
        chain(first, chain.from_iterable(map(batches, epochs[1:]))),
        loss_of,
        total=len(first) * len(epochs),  # every epoch has about as many batches as the first
        settings=FitSettings(
            settings.learning_rate,
            settings.head_lr_factor,
            settings.weight_decay,
            "cosine",
            settings.warmup_ratio,
            settings.save_steps,
        ),
        state=state,
    )
    model.roberta.embeddings.word_embeddings = embedding.merged()
    return seconds


def outputs(settings: Training) -> tuple[str, ...]:
    """The names of a model's outputs, as config.json has them."""
    return LABELS_OF_HEADS[HEADS[: bool(settings.joins_loss_weight) + bool(settings.kinds_loss_weight)]]


def rescale_logits(model: RobertaForTokenClassification, settings: Training) -> None:
    """Move doubtful words off the edges: the logits times `logit_scale`, and `logit_shift` higher."""
    with torch.no_grad():
        model.classifier.weight[0].mul_(settings.logit_scale)
        model.classifier.bias[0].mul_(settings.logit_scale).add_(settings.logit_shift)


def score_loss(logits: Tensor, class_logits: Tensor, classes: Tensor, mask: Tensor, settings: Training) -> Tensor:
    """The mean loss of the tokens that are not padding and have classes.

    logits: [batch, length]; class_logits, classes: [batch, length, 4]; mask: int64, [batch, length].
    The score has its squared error, and, at each edge between two classes, the cross-entropy of being on the right side
    of it (ordinal regression; McCullagh 1980): the first asks for the right place, the second for the right class and
    order.
    """
    has_classes = mask.bool() & (classes.sum(-1) > 0)
    has_classes[:, 0] = False  # what <s> and </s> score is left open
    logits, class_logits, classes = logits[has_classes], class_logits[has_classes], classes[has_classes]
    error = (3 * torch.sigmoid(logits) - target_score(classes)).square().mean()
    entity = classes[:, 3]
    beyond = torch.stack([1 - (1 - entity) * classes[:, 0], entity + (1 - entity) * classes[:, 2], entity], -1)
    ordinal = functional.binary_cross_entropy_with_logits(edge_logits(logits), beyond)
    part_of_speech = functional.cross_entropy(class_logits[:, :3], classes[:, :3], reduction="none")
    in_entity = functional.binary_cross_entropy_with_logits(class_logits[:, 3], entity)
    class_loss = ((1 - entity) * part_of_speech).mean() + in_entity
    return error + settings.ordinal_loss_weight * ordinal + settings.class_loss_weight * class_loss


def heads_loss(logits: Tensor, joins: Tensor, kinds: Tensor, settings: Training) -> Tensor:
    """The loss of the outputs beside the score, where there are any ([batch, length, outputs]).

    joins, kinds: int64, [batch, length], as in Example.
    """
    loss = torch.zeros(())
    if settings.joins_loss_weight and bool((known := joins != UNKNOWN).any()):
        error = functional.binary_cross_entropy_with_logits(logits[..., JOIN][known], joins[known].float())
        loss = loss + settings.joins_loss_weight * error
    if settings.kinds_loss_weight and bool((known := kinds != UNKNOWN).any()):
        error = functional.cross_entropy(logits[..., JOIN + 1 :][known], kinds[known])
        loss = loss + settings.kinds_loss_weight * error
    return loss


def target_score(classes: Tensor) -> Tensor:
    """The score, 0..3, that a token with these classes ([..., 4]; see Token.probabilities) should have: their mean."""
    entity = classes[..., 3]
    return entity * ENTITY_MEAN + (1 - entity) * (classes[..., :3] * torch.tensor(CLASS_MEANS)).sum(-1)


def edge_logits(logits: Tensor) -> Tensor:
    """The logits of a score's being beyond each edge between two classes: [...] to [..., 3]."""
    return EDGE_SLOPE * (logits[..., None] - torch.logit(torch.tensor(EDGES) / MAX_SCORE))


def _batches(
    recipe: Recipe, sources: list[Source], pool: list[Sentence], material: Material, tokenizer: Tokenizer, epoch: int
) -> list[list[Example]]:
    """An epoch's batches of like length, in random order; the same for the same seed and epoch."""
    rng = random.Random(f"{recipe.seed}/{epoch}")
    examples = [
        example
        for sentences in _texts(recipe, sources, rng)
        for copy in _copies(sentences, recipe, pool, material, rng)
        for example in encode_text(join_sentences(copy), tokenizer, recipe.model.max_tokens)
    ]
    examples.sort(key=lambda example: len(example.ids) * rng.uniform(0.9, 1.1))
    lengths = np.array([len(example.ids) + 2 for example in examples])
    batches = make_batches(np.arange(len(examples)), lengths, recipe.training.batch_tokens)
    rng.shuffle(batches)
    return [[examples[i] for i in batch] for batch in batches]


def _copies(
    sentences: list[Sentence], recipe: Recipe, pool: list[Sentence], material: Material, rng: random.Random
) -> Iterator[list[Sentence]]:
    """The text, changed copies of it, and sometimes a made-up text."""
    yield from augment(sentences, recipe.texts, pool, rng)
    if material.is_enough and rng.randrange(recipe.texts.template_every) == 0:
        yield from augment([made_up_text(material, rng)], recipe.texts, pool, rng)


def _texts(recipe: Recipe, sources: list[Source], rng: random.Random) -> Iterator[list[Sentence]]:
    """The texts of an epoch; a corpus with repeat 2.5 gives all of its texts twice, and half of them again."""
    for source in sources:
        lengths = POST_LENGTHS if source.corpus.posts else recipe.texts.sentences
        for document in source.documents:
            whole, part = divmod(source.corpus.repeat, 1)
            for _ in range(int(whole)):
                yield from split_document(document, lengths, rng)
            yield from (text for text in split_document(document, lengths, rng) if rng.random() < part)


def _tensors(batch: list[Example]) -> tuple[Tensor, Tensor, Tensor, Tensor, Tensor]:
    """Ids, mask, classes (zeros where there are none), joins and kinds.

    int64, [batch, length], but the classes: float32, [batch, length, 4].
    """
    bos, padding, eos = (SPECIAL.index(name) for name in ("<s>", "<pad>", "</s>"))
    ids = pad_sequence([torch.tensor([bos, *example.ids, eos]) for example in batch], True, padding)
    rows = [functional.pad(torch.from_numpy(example.probabilities), (0, 0, 1, 1)) for example in batch]
    joins, kinds = _pad([example.joins for example in batch]), _pad([example.kinds for example in batch])
    return ids, (ids != padding).long(), pad_sequence(rows, True), joins, kinds


def _pad(values: list[NDArray[np.int8]]) -> Tensor:
    """One row a text (int64, [batch, length]), UNKNOWN at <s>, </s> and padding."""
    rows = [functional.pad(torch.from_numpy(row).long(), (1, 1), value=UNKNOWN) for row in values]
    return pad_sequence(rows, True, UNKNOWN)
