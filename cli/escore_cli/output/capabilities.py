"""What a terminal can show."""

import os
from typing import TextIO


def can_color() -> bool:
    """Whether colors are wanted, and shown: unless NO_COLOR is set (no-color.org), or TERM is "dumb"."""
    return not os.environ.get("NO_COLOR") and os.environ.get("TERM") != "dumb"


def can_move_cursor(stream: TextIO) -> bool:
    """Whether a line can be written over: a terminal that knows escape sequences."""
    return stream.isatty() and os.environ.get("TERM") != "dumb"
