"""The training loop of teacher and student. A killed one continues from its last save, to the same weights."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import Any, TypeVar

import torch
from torch import Tensor, nn
from transformers import get_scheduler

from escore.atomic import atomic_file
from escore_training.progress import Progress

Batch = TypeVar("Batch")
PATIENCE = 3  # saves without a lower validation loss


@dataclass(frozen=True, slots=True)
class FitSettings:
    """How a network is trained.

    learning_rate, weight_decay: AdamW's.
    head_lr_factor: the head learns this many times faster.
    schedule: transformers' name for how the learning rate falls after the warm-up.
    warmup_ratio: the share of all steps in which it rises.
    save_steps: steps between two saves.
    """

    learning_rate: float
    head_lr_factor: float
    weight_decay: float
    schedule: str
    warmup_ratio: float
    save_steps: int


def make_deterministic() -> None:
    """Let torch give the same bits for the same inputs, from now on."""
    torch.use_deterministic_algorithms(True)
    # A guard against code that reads memory before it wrote there; it costs time, and there is no such code here.
    torch.utils.deterministic.fill_uninitialized_memory = False  # type: ignore[attr-defined]


def autocast(enabled: bool) -> torch.autocast:
    """Matrix products in bfloat16 on the CPU, where the recipe asks for it."""
    return torch.autocast("cpu", torch.bfloat16, enabled=enabled)


def fit(
    stage: str,
    network: nn.Module,
    head: Iterable[nn.Parameter],
    batches: Iterable[Batch],
    loss_of: Callable[[Batch], Tensor],
    *,
    total: int,
    settings: FitSettings,
    state: Path,
    validation_loss: Callable[[], float] | None = None,
) -> float:
    """Train a network with AdamW.

    stage: its name in lines of progress.
    head: the parameters of the network that learn faster.
    batches: of all epochs, the same in each run.
    loss_of: the loss of a batch, a scalar.
    total: the number of steps; further batches are left out.
    state: a file that keeps what a killed run continues from.
    validation_loss: of texts that are not learned from. Where it is given, it is asked for before each save; the
        network keeps the weights with the lowest, and stops after PATIENCE saves without a lower one.
    Returns the seconds that it took, over all runs.
    """
    head = list(head)
    head_ids = set(map(id, head))
    body = [parameter for parameter in network.parameters() if id(parameter) not in head_ids]
    groups = [
        {"params": body, "lr": settings.learning_rate},
        {"params": head, "lr": settings.learning_rate * settings.head_lr_factor},
    ]
    optimizer = torch.optim.AdamW(groups, weight_decay=settings.weight_decay, fused=True)
    scheduler = get_scheduler(settings.schedule, optimizer, int(settings.warmup_ratio * total), total)
    parts = {"network": network, "optimizer": optimizer, "scheduler": scheduler}
    done, seconds, best = _resume(state, parts)
    progress = Progress(stage, total, done, seconds)
    network.train()
    for step, batch in enumerate(islice(batches, done, total), done + 1):
        if best is not None and step > best["step"] + PATIENCE * settings.save_steps:
            break
        optimizer.zero_grad()
        loss = loss_of(batch)
        loss.backward()
        nn.utils.clip_grad_norm_(network.parameters(), 1.0)
        optimizer.step()
        scheduler.step()
        progress.step(loss.item())
        if step % settings.save_steps == 0 or step == total:
            if validation_loss is not None:
                best = _better(best, validation_loss(), step, network)
                network.train()
            _save(state, parts, step, progress.seconds, best)
    if best is not None:
        network.load_state_dict(best["network"])
    return progress.seconds


def _better(best: dict[str, Any] | None, loss: float, step: int, network: nn.Module) -> dict[str, Any]:
    """The loss, step and weights with the lowest validation loss so far."""
    if best is not None and best["loss"] <= loss:
        return best
    weights = {name: value.clone() for name, value in network.state_dict().items()}
    return {"loss": loss, "step": step, "network": weights}


def _save(path: Path, parts: dict[str, Any], step: int, seconds: float, best: dict[str, Any] | None) -> None:
    content: dict[str, Any] = {name: part.state_dict() for name, part in parts.items()}
    content |= {"rng": torch.get_rng_state(), "step": step, "seconds": seconds, "best": best}
    with atomic_file(path) as part, part.open("wb") as file:
        try:
            torch.save(content, file)
        except RuntimeError as error:  # torch's own, where the system refused to write
            raise error.__context__ if isinstance(error.__context__, OSError) else error from None


def _resume(path: Path, parts: dict[str, Any]) -> tuple[int, float, dict[str, Any] | None]:
    """Give the parts their saved state: the steps done, the seconds they took, and what `_better` gave last."""
    if not path.exists():
        return 0, 0.0, None
    content = torch.load(path, weights_only=True)
    for name, part in parts.items():
        part.load_state_dict(content[name])
    torch.set_rng_state(content["rng"])
    return content["step"], content["seconds"], content["best"]
