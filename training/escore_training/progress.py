"""A line of progress now and then, and states that a killed training goes on from."""

import sys
import time
from pathlib import Path
from typing import Any

import torch

from escore.atomic import atomic_file

_EVERY = 5.0  # seconds between two lines


class Progress:
    """How far a stage is: steps, running loss, minutes left; on standard error."""

    def __init__(self, stage: str, total: int, done: int = 0, seconds: float = 0.0) -> None:
        self._stage, self._total, self._done, self._began = stage, total, done, done
        self._started = self._said = time.monotonic()
        self._loss: float | None = None
        self._before = seconds  # that earlier runs took

    @property
    def seconds(self) -> float:
        """Seconds that the stage took so far, over all runs."""
        return self._before + time.monotonic() - self._started

    def step(self, loss: float | None = None) -> None:
        """One step more."""
        self._done += 1
        if loss is not None:
            share = max(0.01, 1 / (self._done - self._began))
            self._loss = loss if self._loss is None else self._loss + (loss - self._loss) * share
        now = time.monotonic()
        if now - self._said >= _EVERY or self._done == self._total:
            self._said = now
            total = max(self._total, self._done)  # some totals are estimates
            left = (now - self._started) / (self._done - self._began) * (total - self._done) / 60
            shown = "" if self._loss is None else f", loss {self._loss:.4f}"
            print(
                f"{self._stage}: step {self._done} of {total}{shown}, {left:.0f} min left",
                file=sys.stderr,
                flush=True,
            )

    def save(self, path: Path, parts: dict[str, Any], step: int) -> None:
        """Write the state of all `parts` (modules, optimisers) and of the random numbers, whole or not at all."""
        state: dict[str, Any] = {name: part.state_dict() for name, part in parts.items()}
        state |= {"rng": torch.get_rng_state(), "step": step, "seconds": self.seconds}
        with atomic_file(path) as part:
            torch.save(state, part)


def saved(path: Path, parts: dict[str, Any]) -> tuple[int, float]:
    """Give the parts their saved state; the steps that are done and the seconds that they took, zeros without one."""
    if not path.exists():
        return 0, 0.0
    state = torch.load(path, weights_only=True)
    for name, part in parts.items():
        part.load_state_dict(state[name])
    torch.set_rng_state(state["rng"])
    return state["step"], state["seconds"]
