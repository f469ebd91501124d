"""The teacher: a larger encoder that learns from all corpora what each of them labels, and fills what the others lack.

Its lower layers stay as they are, so their output is computed once. Two heads stand on top: the part of speech (none,
common noun, proper noun), and whether a token is part of an entity, once for each manner of labelling entities, since
the corpora do not agree on what one is.
"""

import os
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn
from torch.nn import functional

from escore.atomic import atomic_file
from escore_labels.tokens import ENTITY, PROPER
from escore_training.data import packing as pieces
from escore_training.data.datasets import Source
from escore_training.data.packing import Pieces, asked, grouped, places
from escore_training.model import encoders
from escore_training.model.minilm import CASES
from escore_training.progress import Progress, saved
from escore_training.recipe import Recipe, Teacher
from escore_training.schedule import adamw, linear

UNKNOWN = -1
_LOWER = 0.1  # the share of sequences that the teacher reads as if all of it were in lower case


@dataclass(frozen=True, slots=True, eq=False)
class Known:
    """What the corpora say of each gold token ([tokens], int8; UNKNOWN where they do not).

    `speech` is NONE, COMMON or PROPER, `entity` 0 or 1, `manner` the place of the corpus's way to label entities.
    """

    speech: NDArray[np.int8]
    entity: NDArray[np.int8]
    manner: NDArray[np.int8]


@dataclass(frozen=True, slots=True, eq=False)
class Opinion:
    """What the teacher thinks of each gold token: `speech` [tokens, 3] and `entity` [tokens, manners], probabilities.

    `seconds` is how long it took to train it and to ask it.
    """

    speech: NDArray[np.float32]
    entity: NDArray[np.float32]
    seconds: float


def keep(opinion: Opinion, path: Path) -> None:
    """Write an opinion to a file, whole or not at all."""
    with atomic_file(path) as part:
        np.savez(part, speech=opinion.speech, entity=opinion.entity, seconds=opinion.seconds)


def kept(path: Path) -> Opinion:
    """The opinion that `keep` wrote."""
    with np.load(path) as found:
        return Opinion(found["speech"], found["entity"], float(found["seconds"]))


def manners(sources: list[Source]) -> list[str]:
    """The ways of labelling entities, in the order of the corpora."""
    return list(dict.fromkeys(source.corpus.entities for source in sources if source.corpus.entities))


def known(sources: list[Source]) -> Known:
    """The corpora's labels, taken apart into part of speech and entity."""
    names = manners(sources)
    rows: list[tuple[int, int, int]] = []
    for source in sources:
        manner = names.index(source.corpus.entities) if source.corpus.entities else UNKNOWN
        for document in source.documents:
            for sentence in document:
                for token in sentence:
                    speech = token.low if token.low == min(token.high, PROPER) else UNKNOWN
                    entity = UNKNOWN
                    if manner != UNKNOWN and (token.low == ENTITY or token.high < ENTITY):
                        entity = int(token.low == ENTITY)
                    rows.append((speech, entity, manner))
    speech, entity, manner = np.array(rows, np.int8).T
    return Known(speech, entity, manner)


class Heads(nn.Module):
    """Case vectors below the trained layers, and the two classifiers above them."""

    def __init__(self, width: int, manners: int) -> None:
        super().__init__()
        self.cases = nn.Embedding(2 * len(CASES), width)
        nn.init.zeros_(self.cases.weight)
        self.dropout = nn.Dropout(0.1)
        self.speech = nn.Linear(width, 3)
        self.entity = nn.Linear(width, manners)


def opinion(recipe: Recipe, settings: Teacher, sources: list[Source], work: Path) -> Opinion:
    """Train the teacher on the sources and ask it about each of their tokens; `work` keeps what a kill must not lose.

    Raises RecipeError where the encoder is not installed.
    """
    path = work / "opinion.npz"
    if path.exists():
        return kept(path)
    torch.manual_seed(recipe.seed)
    tokenizer, encoder = encoders.load(settings.encoder, settings.frozen)
    padding = encoders.special(tokenizer)[2]
    cut = pieces.of(sources, tokenizer, settings.tokens)
    started = time.monotonic()
    below = _bottom(encoder, cut, padding, recipe, work / "bottom.bin")
    labels = known(sources)
    heads = Heads(encoder.width, len(manners(sources)))
    before = _learn(encoder, heads, cut, below, labels, _repeats(sources, cut), recipe, settings, work / "teacher.pt")
    speech, entity = _ask(encoder, heads, cut, below, len(labels.speech), recipe)
    found = Opinion(speech, entity, before + time.monotonic() - started)
    keep(found, path)
    for name in ("bottom.bin", "bottom.bin.done", "teacher.pt"):
        (work / name).unlink(missing_ok=True)
    return found


def _repeats(sources: list[Source], cut: Pieces) -> NDArray[np.float64]:
    """How often an epoch reads each sequence."""
    ends = np.cumsum([sum(len(s) for document in source.documents for s in document) for source in sources])
    rates = np.array([source.corpus.teacher_repeat for source in sources])
    found: NDArray[np.float64] = rates[np.searchsorted(ends, cut.owners[cut.bounds[:-1] + 1], side="right")]
    return found


def _bottom(encoder: encoders.Encoder, cut: Pieces, padding: int, recipe: Recipe, path: Path) -> Tensor:
    """The frozen layers' output for all pieces (bfloat16, [pieces, width]), kept in a file that is mapped."""
    done_path = path.with_name(path.name + ".done")
    done = int(done_path.read_text()) if done_path.exists() else 0
    size = len(cut.ids) * encoder.width
    if hasattr(os, "posix_fallocate"):  # a disk that is too small is told now; under a mapped file it would kill us
        with path.open("ab") as file:
            os.posix_fallocate(file.fileno(), 0, 2 * size)
    below = torch.from_file(str(path), shared=True, size=size, dtype=torch.bfloat16).view(-1, encoder.width)
    ids = torch.from_numpy(cut.ids.astype(np.int64))
    batches = grouped(np.argsort(cut.lengths, kind="stable"), cut.lengths, 4096)
    progress = Progress("teacher, frozen layers", len(batches), done)
    encoder.eval()
    with torch.inference_mode(), encoders.autocast(recipe.training.bfloat16):
        for number in range(done, len(batches)):
            at, mask = places(cut, batches[number])
            hidden = encoder.bottom(torch.where(mask.bool(), ids[at], padding), mask)
            below[at[mask.bool()]] = hidden[mask.bool()].bfloat16()
            progress.step()
            if number % 50 == 49 or number + 1 == len(batches):
                with atomic_file(done_path) as part:
                    part.write_text(str(number + 1))
    return below


def _epochs(
    cut: Pieces, repeats: NDArray[np.float64], settings: Teacher, seed: int
) -> Iterator[list[NDArray[np.int64]]]:
    """The batches of one epoch after the other; the same for the same seed."""
    for epoch in range(int(np.ceil(settings.epochs))):
        rng = np.random.default_rng([seed, epoch])
        times = np.floor(repeats + rng.random(len(repeats))).astype(np.int64)
        order = np.repeat(np.arange(len(repeats)), times)
        order = order[np.argsort(cut.lengths[order] * rng.uniform(0.9, 1.1, len(order)), kind="stable")]
        batches = grouped(order, cut.lengths, settings.batch_tokens)
        yield [batches[i] for i in rng.permutation(len(batches))]


def _learn(
    encoder: encoders.Encoder,
    heads: Heads,
    cut: Pieces,
    below: Tensor,
    labels: Known,
    repeats: NDArray[np.float64],
    recipe: Recipe,
    settings: Teacher,
    path: Path,
) -> float:
    """Train what lies above the frozen layers; the seconds that runs before this one took."""
    batches = [batch for epoch in _epochs(cut, repeats, settings, recipe.seed) for batch in epoch]
    batches = batches[: round(len(batches) * settings.epochs / np.ceil(settings.epochs))]
    slow, fast = encoder.above.parameters(), heads.parameters()
    optimizer = adamw(slow, fast, settings.learning_rate, settings.head_factor, recipe.training.weight_decay)
    scheduler = linear(optimizer, len(batches), recipe.training.warmup)
    parts = {"above": encoder.above, "heads": heads, "optimizer": optimizer, "scheduler": scheduler}
    done, seconds = saved(path, parts)
    progress = Progress("teacher", len(batches), done, seconds)
    cases, owners = torch.from_numpy(cut.cases.astype(np.int64)), torch.from_numpy(cut.owners)
    columns = [torch.from_numpy(c.astype(np.int64)) for c in (labels.speech, labels.entity, labels.manner)]
    encoder.above.train()
    heads.train()
    for number in range(done, len(batches)):
        at, mask = places(cut, batches[number])
        lowered = torch.rand(len(at), 1) < _LOWER
        case = torch.where(lowered & (cases[at] < 8), cases[at] % 2, cases[at])  # digits stay digits
        speech, entity, manner = (
            torch.where((owners[at] >= 0) & mask.bool(), column[owners[at].clamp(min=0)], UNKNOWN) for column in columns
        )
        with encoders.autocast(recipe.training.bfloat16):
            hidden = encoder.top(below[at].float() + heads.cases(case), mask)
        hidden = heads.dropout(hidden.float())
        judged = entity != UNKNOWN
        logits = heads.entity(hidden)[judged].gather(1, manner[judged][:, None])[:, 0]
        count = int(mask.sum())
        loss = (
            functional.cross_entropy(
                heads.speech(hidden)[speech != UNKNOWN], speech[speech != UNKNOWN], reduction="sum"
            )
            + 2 * functional.binary_cross_entropy_with_logits(logits, entity[judged].float(), reduction="sum")
        ) / count
        optimizer.zero_grad()
        loss.backward()
        torch.nn.utils.clip_grad_norm_([*encoder.above.parameters(), *heads.parameters()], 1.0)
        optimizer.step()
        scheduler.step()
        progress.step(loss.item())
        if (number + 1) % recipe.training.save_every == 0:
            progress.save(path, parts, number + 1)
    return seconds


def _ask(
    encoder: encoders.Encoder, heads: Heads, cut: Pieces, below: Tensor, tokens: int, recipe: Recipe
) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """What the heads say of each token."""
    cases = torch.from_numpy(cut.cases.astype(np.int64))

    def judge(at: Tensor, mask: Tensor) -> Tensor:
        hidden = encoder.top(below[at].float() + heads.cases(cases[at]), mask).float()
        return torch.cat([heads.speech(hidden).softmax(-1), heads.entity(hidden).sigmoid()], -1)

    encoder.eval()
    heads.eval()
    with encoders.autocast(recipe.training.bfloat16):
        mean = asked(cut, tokens, "teacher's opinion", judge)
    return mean[:, :3], mean[:, 3:]
