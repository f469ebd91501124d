"""The teacher: a larger encoder that learns from all corpora what each of them labels, and predicts what others lack.

Its lower layers are frozen, so their output is computed once. It has two heads: the part of speech (none, common noun,
proper noun), and whether a token is part of an entity, one output for each annotation scheme, since the corpora do not
agree on what an entity is.
"""

import os
import time
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn
from torch.nn import functional

from escore.atomic import atomic_file
from escore_training.data.case import CASES
from escore_training.data.datasets import Source
from escore_training.data.packing import PackedSequences, make_batches, pack
from escore_training.fit import FitSettings, autocast, fit
from escore_training.labels.corpus_labels import UNKNOWN, CorpusLabels, annotation_schemes, split_labels
from escore_training.labels.predictions import Predictions, inference_batches, predict_tokens
from escore_training.model.encoders import Encoder, load_encoder, padding_id
from escore_training.progress import Progress
from escore_training.recipe import ScratchRecipe, Teacher

_LOWERCASE_RATE = 0.1  # the share of sequences that the teacher reads as if all of it were in lower case
_DIGITS = 2 * CASES.index("digits")  # the cases from here on have no letters


class Heads(nn.Module):
    """Case embeddings below the trained layers, and the two classifiers above them."""

    def __init__(self, width: int, schemes: int) -> None:
        super().__init__()
        self.cases = nn.Embedding(2 * len(CASES), width)
        nn.init.zeros_(self.cases.weight)
        self.dropout = nn.Dropout(0.1)
        self.part_of_speech = nn.Linear(width, 3)
        self.entity = nn.Linear(width, schemes)


def teacher_predictions(recipe: ScratchRecipe, sources: list[Source], work: Path) -> Predictions:
    """Train the teacher on the sources and predict their tokens; the folder `work` keeps what a killed run needs.

    Raises RecipeError where the encoder is not installed.
    """
    path = work / "predictions.npz"
    if path.exists():
        return Predictions.load(path)
    torch.manual_seed(recipe.seed)
    tokenizer, encoder = load_encoder(recipe.teacher.encoder, recipe.teacher.frozen_layers)
    packed = pack(sources, tokenizer, recipe.teacher.max_tokens)
    labels = split_labels(sources)
    heads = Heads(encoder.width, len(annotation_schemes(sources)))
    started = time.monotonic()
    hidden = _frozen_output(encoder, packed, padding_id(tokenizer), recipe.training.bfloat16, work / "frozen.bin")
    seconds = time.monotonic() - started
    batches = list(_batches(packed, _repeats(sources, packed), recipe.teacher, recipe.seed))
    seconds += _train(encoder, heads, packed, hidden, labels, batches, recipe, work / "teacher.pt")
    started = time.monotonic()
    part_of_speech, entity = _predict(encoder, heads, packed, hidden, len(labels.entity), recipe.training.bfloat16)
    predictions = Predictions(part_of_speech, entity, seconds + time.monotonic() - started)
    predictions.save(path)
    for name in ("frozen.bin", "frozen.bin.done", "teacher.pt"):
        (work / name).unlink(missing_ok=True)
    return predictions


def _frozen_output(encoder: Encoder, packed: PackedSequences, padding: int, bfloat16: bool, path: Path) -> Tensor:
    """The frozen layers' output for all pieces (bfloat16, [pieces, width]), in a memory-mapped file."""
    done_path = path.with_name(path.name + ".done")
    done = int(done_path.read_text()) if done_path.exists() else 0
    size = len(packed.ids) * encoder.width
    if hasattr(os, "posix_fallocate"):  # a full disk is an error here; later it would kill the process (SIGBUS)
        with path.open("ab") as file:
            os.posix_fallocate(file.fileno(), 0, 2 * size)
    output = torch.from_file(str(path), shared=True, size=size, dtype=torch.bfloat16).view(-1, encoder.width)
    ids = torch.from_numpy(packed.ids.astype(np.int64))
    batches = inference_batches(packed)
    progress = Progress("teacher, frozen layers", len(batches), done)
    encoder.eval()
    with torch.inference_mode(), autocast(bfloat16):
        for number in range(done, len(batches)):
            index, mask = packed.batch(batches[number])
            hidden = encoder.run_frozen(torch.where(mask.bool(), ids[index], padding), mask)
            output[index[mask.bool()]] = hidden[mask.bool()].bfloat16()
            progress.step()
            if number % 50 == 49 or number + 1 == len(batches):
                with atomic_file(done_path) as part:
                    part.write_text(str(number + 1))
    return output


def _repeats(sources: list[Source], packed: PackedSequences) -> NDArray[np.float64]:
    """How often an epoch reads each sequence ([sequences])."""
    ends = np.cumsum([sum(map(len, source.sentences())) for source in sources])
    rates = np.array([source.corpus.teacher_repeat for source in sources])
    first_tokens = packed.tokens[packed.bounds[:-1] + 1]
    repeats: NDArray[np.float64] = rates[np.searchsorted(ends, first_tokens, side="right")]
    return repeats


def _batches(
    packed: PackedSequences, repeats: NDArray[np.float64], settings: Teacher, seed: int
) -> Iterator[NDArray[np.int64]]:
    """The batches of all epochs, the last one perhaps cut short; the same for the same seed."""
    for epoch in range(int(np.ceil(settings.epochs))):
        rng = np.random.default_rng([seed, epoch])
        times = np.floor(repeats + rng.random(len(repeats))).astype(np.int64)
        order = np.repeat(np.arange(len(repeats)), times)
        order = order[np.argsort(packed.lengths[order] * rng.uniform(0.9, 1.1, len(order)), kind="stable")]
        batches = make_batches(order, packed.lengths, settings.batch_tokens)
        share = min(1.0, settings.epochs - epoch)
        for i in rng.permutation(len(batches))[: round(len(batches) * share)]:
            yield batches[i]


def _train(
    encoder: Encoder,
    heads: Heads,
    packed: PackedSequences,
    hidden: Tensor,
    labels: CorpusLabels,
    batches: list[NDArray[np.int64]],
    recipe: ScratchRecipe,
    state: Path,
) -> float:
    """Train what is above the frozen layers; the seconds that it took, over all runs."""
    cases, tokens = torch.from_numpy(packed.cases.astype(np.int64)), torch.from_numpy(packed.tokens)
    columns = [torch.from_numpy(c.astype(np.int64)) for c in (labels.part_of_speech, labels.entity, labels.scheme)]

    def loss_of(sequences: NDArray[np.int64]) -> Tensor:
        index, mask = packed.batch(sequences)
        lowercase = torch.rand(len(index), 1) < _LOWERCASE_RATE
        case = torch.where(lowercase & (cases[index] < _DIGITS), cases[index] % 2, cases[index])
        is_token = (tokens[index] >= 0) & mask.bool()
        part_of_speech, entity, scheme = (
            torch.where(is_token, column[tokens[index].clamp(min=0)], UNKNOWN) for column in columns
        )
        with autocast(recipe.training.bfloat16):
            states = encoder.run_trained(hidden[index].float() + heads.cases(case), mask)
        states = heads.dropout(states.float())
        has_part, has_entity = part_of_speech != UNKNOWN, entity != UNKNOWN
        part_loss = functional.cross_entropy(
            heads.part_of_speech(states)[has_part], part_of_speech[has_part], reduction="sum"
        )
        entity_logits = heads.entity(states)[has_entity].gather(1, scheme[has_entity][:, None])[:, 0]
        entity_loss = functional.binary_cross_entropy_with_logits(
            entity_logits, entity[has_entity].float(), reduction="sum"
        )
        return (part_loss + 2 * entity_loss) / int(mask.sum())

    network = nn.ModuleDict({"encoder": encoder.trained_layers, "heads": heads})
    return fit(
        "teacher",
        network,
        heads.parameters(),
        batches,
        loss_of,
        total=len(batches),
        settings=FitSettings(
            recipe.teacher.learning_rate,
            recipe.teacher.head_lr_factor,
            recipe.training.weight_decay,
            "linear",
            recipe.training.warmup_ratio,
            recipe.training.save_steps,
        ),
        state=state,
    )


def _predict(
    encoder: Encoder, heads: Heads, packed: PackedSequences, hidden: Tensor, token_count: int, bfloat16: bool
) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """Part of speech and entity of each token, as in Predictions."""
    cases = torch.from_numpy(packed.cases.astype(np.int64))

    def model(index: Tensor, mask: Tensor) -> Tensor:
        states = encoder.run_trained(hidden[index].float() + heads.cases(cases[index]), mask).float()
        return torch.cat([heads.part_of_speech(states).softmax(-1), heads.entity(states).sigmoid()], -1)

    encoder.eval()
    heads.eval()
    probabilities = predict_tokens(packed, token_count, "teacher's predictions", model, bfloat16)
    return probabilities[:, :3], probabilities[:, 3:]
