"""A line on standard error while long work goes on."""

import sys
import time

AFTER = 2.0  # seconds of silence
EVERY = 0.5


class Progress:
    """Counts words; shows count and speed on a terminal when the work takes longer than two seconds."""

    def __init__(self, shown: bool) -> None:
        self._shown = shown
        self._words = 0
        self._started = time.monotonic()
        self._next = self._started + AFTER
        self._written = False

    def add(self, words: int) -> None:
        """Count words that are done."""
        self._words += words
        now = time.monotonic()
        if self._shown and now >= self._next:
            speed = self._words / (now - self._started)
            sys.stderr.write(f"\r\x1b[K{self._words:,} words, {speed:,.0f} a second")
            sys.stderr.flush()
            self._written = True
            self._next = now + EVERY

    def __enter__(self) -> "Progress":
        return self

    def __exit__(self, *_: object) -> None:
        if self._written:
            sys.stderr.write("\r\x1b[K")
            sys.stderr.flush()
