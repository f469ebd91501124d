"""A line on standard error while long work goes on."""

import time
from typing import TextIO

from escore_cli.output.capabilities import can_move_cursor

DELAY = 2.0  # seconds before the line is first shown
INTERVAL = 0.5


class WordCounter:
    """Counts words; shows count and speed on a terminal when the work takes longer than two seconds."""

    def __init__(self, terminal: TextIO | None = None) -> None:
        self._terminal = terminal if terminal is not None and can_move_cursor(terminal) else None
        self._words = 0
        self._start = time.monotonic()
        self._next = self._start + DELAY
        self._is_shown = False

    def add(self, words: int) -> None:
        """Add to the count, and show it if it is time to."""
        self._words += words
        now = time.monotonic()
        if self._terminal is not None and now >= self._next:
            speed = self._words / (now - self._start)
            self._terminal.write(f"\r\x1b[K{self._words:,} words, {speed:,.0f} a second")
            self._terminal.flush()
            self._is_shown = True
            self._next = now + INTERVAL

    def clear(self) -> None:
        """Erase the line, so that something else can be written."""
        if self._is_shown and self._terminal is not None:
            self._terminal.write("\r\x1b[K")
            self._terminal.flush()
            self._is_shown = False
