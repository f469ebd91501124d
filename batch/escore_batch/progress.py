"""How far a run is: documents, words a second, time left."""

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True, slots=True)
class Progress:
    """What has been done so far in this run.

    share: of the input's bytes, 0..1, with what earlier runs have done. seconds_left: None while nobody knows.
    """

    documents: int
    words: int
    errors: int
    share: float
    words_per_second: float
    seconds_left: float | None


Show = Callable[[Progress], None]


@dataclass(slots=True)
class Meter:
    """Counts what is done, and tells `show` of it.

    total: bytes of input; done_before: how many of these earlier runs have done.
    """

    show: Show
    total: int
    documents: int = 0
    words: int = 0
    errors: int = 0
    done: float = 0
    done_before: float = 0
    start: float = field(default_factory=time.monotonic)

    def skip(self, size: float) -> None:
        """Count input that needs no work in this run."""
        self.done_before += size

    def add(self, receipt: Mapping[str, Any], size: float) -> None:
        """Count a part that was written, by its receipt: `size` bytes of input."""
        self.documents += receipt["documents"]
        self.words += receipt["words"]
        self.errors += len(receipt["errors"])
        self.done += size
        self.show(self.progress())

    @property
    def seconds(self) -> float:
        """Since the run began."""
        return max(1e-9, time.monotonic() - self.start)

    def progress(self) -> Progress:
        """What is shown."""
        left = max(0.0, self.total - self.done - self.done_before)
        seconds_left = left * self.seconds / self.done if self.done else None
        share = min(1.0, (self.done + self.done_before) / self.total) if self.total else 1.0
        return Progress(self.documents, self.words, self.errors, share, self.words / self.seconds, seconds_left)
