"""Lines of progress on standard error."""

import sys
import time

_EVERY = 5.0  # seconds between two lines


class Progress:
    """How far a stage is: steps, running loss, time left.

    `done` steps were taken by runs that were killed, in `seconds`.
    """

    def __init__(self, stage: str, total: int, done: int = 0, seconds: float = 0.0) -> None:
        self._stage, self._total, self._done, self._first = stage, total, done, done
        self._started = self._printed = time.monotonic()
        self._loss: float | None = None
        self._seconds_before = seconds

    @property
    def seconds(self) -> float:
        """Seconds that the stage took so far, over all runs."""
        return self._seconds_before + time.monotonic() - self._started

    def step(self, loss: float | None = None) -> None:
        """Count a step."""
        self._done += 1
        steps = self._done - self._first
        if loss is not None:
            self._loss = loss if self._loss is None else self._loss + (loss - self._loss) * max(0.01, 1 / steps)
        now = time.monotonic()
        if now - self._printed >= _EVERY or self._done == self._total:
            self._printed = now
            left = (now - self._started) / steps * (self._total - self._done)
            left_text = f"{left / 60:.0f} min" if left > 100 else f"{left:.0f} s"
            loss_text = "" if self._loss is None else f", loss {self._loss:.4f}"
            say(self._stage, f"step {self._done} of {self._total}{loss_text}, {left_text} left")


def say(stage: str, line: str) -> None:
    """A line about a stage on standard error, at once."""
    print(f"{stage}: {line}", file=sys.stderr, flush=True)
