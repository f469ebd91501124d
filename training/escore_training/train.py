"""Follow a recipe: corpora in, checkpoint out. A killed training goes on where its last save was."""

import json
import math
import os
import random
import shutil
import sys
import time
from collections.abc import Iterator
from dataclasses import asdict
from pathlib import Path

import torch
from safetensors.torch import save_file
from tokenizers import Tokenizer
from torch import Tensor
from transformers import RobertaForTokenClassification

from escore import EscoreError
from escore_training import lexicon, minilm
from escore_training import tokenizer as tokenizers_of
from escore_training.corpora import read
from escore_training.gold import CorpusError, Document
from escore_training.recipe import Recipe
from escore_training.texts import Example, cut, examples, join

STATE = "state.pt"
RECIPE = "recipe.json"

Batch = tuple[Tensor, Tensor, Tensor, Tensor]  # ids, mask, low, high; [batch, sequence] each


class TrainingError(EscoreError, OSError):
    """A place where a training cannot write, or where another one lies."""


def train(recipe: Recipe, corpora: Path, output: Path) -> None:
    """Train as the recipe says and write a Hugging Face checkpoint in half precision to `output`.

    Progress goes to standard error. What is needed to resume lies in `output`.partial until the end. An older
    checkpoint in `output` is replaced. Raises CorpusError, RecipeError, and TrainingError for an `output` that holds
    something else, or a training that was begun with another recipe.
    """
    output = output.resolve()
    if output.exists() and not (output / "training.json").is_file():
        raise TrainingError(f"{output}: exists and is no checkpoint; give a new folder")
    torch.manual_seed(recipe.seed)
    torch.use_deterministic_algorithms(True)
    documents = load_corpora(recipe, corpora)
    work = _begin(recipe, output.with_name(output.name + ".partial"))
    tokenizer = _tokenizer(recipe, documents, corpora, work / "tokenizer.json")
    model = minilm.start(tokenizer, recipe.model)
    embedding = minilm.CaseEmbedding(model.roberta.embeddings.word_embeddings, tokenizer)
    model.roberta.embeddings.word_embeddings = embedding  # type: ignore[assignment]
    seconds = _optimise(model, recipe, documents, tokenizer, work / STATE)
    model.roberta.embeddings.word_embeddings = embedding.merged()
    _write(model, recipe, seconds, work)
    if output.exists():
        shutil.rmtree(output)
    os.replace(work, output)
    for name in (STATE, RECIPE):
        (output / name).unlink(missing_ok=True)


def _begin(recipe: Recipe, work: Path) -> Path:
    """The folder of a training on its way, begun now or found as a kill left it."""
    written = json.dumps(asdict(recipe), indent=2)
    try:
        work.mkdir(parents=True, exist_ok=True)
        if (work / RECIPE).exists() and (work / RECIPE).read_text("utf-8") != written:
            raise TrainingError(f"{work}: was begun with another recipe; remove it to start anew")
        (work / RECIPE).write_text(written, "utf-8")
    except TrainingError:
        raise
    except OSError as error:
        raise TrainingError(f"{work}: {error.strerror}") from error
    return work


def load_corpora(recipe: Recipe, folder: Path) -> list[Document]:
    """All documents of the recipe's corpora, in its order, gaps in their labels filled from one another.

    Raises CorpusError where a pattern finds nothing.
    """
    documents = []
    for corpus in recipe.corpora:
        files = sorted(folder.glob(corpus.files))
        if not files:
            raise CorpusError(f"{folder / corpus.files}: no such file; '{corpus.name}' is read from there")
        documents += [document for file in files for document in read(file)] * corpus.repeat
    return lexicon.fill(documents)


def _tokenizer(recipe: Recipe, documents: list[Document], corpora: Path, path: Path) -> Tokenizer:
    if not path.exists():
        extra = corpora / recipe.vocabulary.extra_text
        try:
            lines = extra.read_text("utf-8").splitlines()
        except (OSError, UnicodeDecodeError) as error:
            raise CorpusError(f"{extra}: {error}") from error
        texts = [join(document).text for document in documents] + lines
        tokenizer = tokenizers_of.train(texts, recipe.vocabulary.size)
        part = path.with_suffix(".part")
        tokenizer.save(str(part), pretty=False)
        os.replace(part, path)
    return Tokenizer.from_file(str(path))


def _batches(recipe: Recipe, documents: list[Document], tokenizer: Tokenizer, epoch: int) -> list[list[Example]]:
    """An epoch's batches of like length, in random order; the same for the same seed and epoch."""
    rng = random.Random(f"{recipe.seed}/{epoch}")
    found = [
        example
        for document in documents
        for run in cut(document, recipe.texts, rng)
        for example in examples(join(run), tokenizer, recipe.model.max_tokens)
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


def _tensors(batch: list[Example]) -> Batch:
    width = max(len(example.ids) for example in batch) + 2
    first, pad, last = (tokenizers_of.SPECIAL.index(name) for name in ("<s>", "<pad>", "</s>"))
    ids = torch.full((len(batch), width), pad)
    low = torch.zeros(len(batch), width)
    high = torch.full((len(batch), width), 3.0)  # <s>, </s> and padding: whatever they score is right
    for row, example in enumerate(batch):
        n = len(example.ids)
        ids[row, : n + 2] = torch.tensor([first, *example.ids, last])
        low[row, 1 : n + 1] = torch.from_numpy(example.low)
        high[row, 1 : n + 1] = torch.from_numpy(example.high)
    return ids, (ids != pad).long(), low, high


def interval_loss(logits: Tensor, low: Tensor, high: Tensor) -> Tensor:
    """The squared distance of the scores (3 × sigmoid of the logits) from their intervals, summed."""
    scores = 3 * torch.sigmoid(logits)
    return ((low - scores).clamp(min=0) + (scores - high).clamp(min=0)).square().sum()


def _optimise(
    model: RobertaForTokenClassification,
    recipe: Recipe,
    documents: list[Document],
    tokenizer: Tokenizer,
    state_path: Path,
) -> float:
    """Run all steps that are not done yet; the seconds that all of them took, over all runs."""
    settings = recipe.training
    fast = [p for name, p in model.named_parameters() if "classifier" in name or ".cases." in name]
    slow = [p for name, p in model.named_parameters() if not ("classifier" in name or ".cases." in name)]
    rate = settings.learning_rate
    optimizer = torch.optim.AdamW(
        [{"params": slow, "lr": rate}, {"params": fast, "lr": rate * settings.head_factor}],
        weight_decay=settings.weight_decay,
    )
    # Every epoch holds about as many batches as the first, so the schedule is set by that one.
    per_epoch = len(_batches(recipe, documents, tokenizer, 0))
    total = per_epoch * settings.epochs

    def schedule(step: int) -> float:
        warm = max(1, int(settings.warmup * total))
        return min((step + 1) / warm, 0.5 + 0.5 * math.cos(math.pi * min(1.0, step / total)))

    scheduler = torch.optim.lr_scheduler.LambdaLR(optimizer, schedule)
    done, before = 0, 0.0
    if state_path.exists():
        state = torch.load(state_path, weights_only=True)
        model.load_state_dict(state["model"])
        optimizer.load_state_dict(state["optimizer"])
        scheduler.load_state_dict(state["scheduler"])
        torch.set_rng_state(state["rng"])
        done, before = state["step"], state["seconds"]
    model.train()
    started, step, running = time.monotonic(), 0, 0.0
    for batch in _all_batches(recipe, documents, tokenizer):
        step += 1
        if step <= done:
            continue
        ids, mask, low, high = _tensors(batch)
        with torch.autocast("cpu", torch.bfloat16, enabled=settings.bfloat16):
            hidden = model.roberta(ids, attention_mask=mask)[0]
        logits = model.classifier(model.dropout(hidden.float()))[..., 0]
        loss = interval_loss(logits, low, high) / sum(len(example.ids) for example in batch)
        optimizer.zero_grad()
        loss.backward()
        torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        optimizer.step()
        scheduler.step()
        running += (loss.item() - running) * max(0.02, 1 / (step - done))
        seconds = before + time.monotonic() - started
        if step % 20 == 0:
            left = (time.monotonic() - started) / (step - done) * max(0, total - step) / 60
            print(f"step {step} of about {total}, loss {running:.4f}, {left:.0f} min left", file=sys.stderr, flush=True)
        if step % settings.save_every == 0:
            _save(model, optimizer, scheduler, step, seconds, state_path)
    return before + time.monotonic() - started


def _all_batches(recipe: Recipe, documents: list[Document], tokenizer: Tokenizer) -> Iterator[list[Example]]:
    for epoch in range(recipe.training.epochs):
        yield from _batches(recipe, documents, tokenizer, epoch)


def _save(
    model: RobertaForTokenClassification,
    optimizer: torch.optim.Optimizer,
    scheduler: torch.optim.lr_scheduler.LambdaLR,
    step: int,
    seconds: float,
    path: Path,
) -> None:
    state = {
        "model": model.state_dict(),
        "optimizer": optimizer.state_dict(),
        "scheduler": scheduler.state_dict(),
        "rng": torch.get_rng_state(),
        "step": step,
        "seconds": seconds,
    }
    part = path.with_suffix(".part")
    torch.save(state, part)
    os.replace(part, path)


def _write(model: RobertaForTokenClassification, recipe: Recipe, seconds: float, folder: Path) -> None:
    """The checkpoint: half-precision weights, config, and notes on how it was made."""
    half = {name: value.half().contiguous() for name, value in model.state_dict().items()}
    save_file(half, folder / "model.safetensors", metadata={"format": "pt"})
    model.config.architectures = ["RobertaForTokenClassification"]
    (folder / "config.json").write_text(model.config.to_json_string(), "utf-8")
    notes = {"recipe": asdict(recipe), "minutes": round(seconds / 60), "torch": torch.__version__}
    (folder / "training.json").write_text(json.dumps(notes, indent=2, ensure_ascii=False) + "\n", "utf-8")
