"""A line on a terminal that names what is being done."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TextIO

from escore_cli.output.capabilities import can_move_cursor


@contextmanager
def stage_line(terminal: TextIO | None) -> Iterator[Callable[[str], None]]:
    """A function that shows a line in place of the one before, if `terminal` is one; the line goes away at the end."""
    shown = terminal is not None and can_move_cursor(terminal)

    def show(line: str) -> None:
        if shown and terminal is not None:
            terminal.write(f"\r\x1b[K{line}")
            terminal.flush()

    try:
        yield show
    finally:
        show("")
