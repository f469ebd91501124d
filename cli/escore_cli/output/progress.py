"""A line on standard error while long work goes on."""

import time
from typing import TextIO

AFTER = 2.0  # seconds of silence
EVERY = 0.5


class Progress:
    """Counts words; shows count and speed on a terminal when the work takes longer than two seconds."""

    def __init__(self, terminal: TextIO | None = None) -> None:
        self._terminal = terminal if terminal is not None and terminal.isatty() else None
        self._words = 0
        self._started = time.monotonic()
        self._next = self._started + AFTER
        self._shown = False

    def add(self, words: int) -> None:
        """Count words that were taken up."""
        self._words += words
        now = time.monotonic()
        if self._terminal is not None and now >= self._next:
            speed = self._words / (now - self._started)
            self._terminal.write(f"\r\x1b[K{self._words:,} words, {speed:,.0f} a second")
            self._terminal.flush()
            self._shown = True
            self._next = now + EVERY

    def clear(self) -> None:
        """Take the line away, so that something else can be written."""
        if self._shown and self._terminal is not None:
            self._terminal.write("\r\x1b[K")
            self._terminal.flush()
            self._shown = False
