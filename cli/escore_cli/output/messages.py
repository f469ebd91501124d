"""One line on standard error."""

import sys
from typing import TextIO


def show_warning(
    message: Warning | str,
    category: type[Warning],
    filename: str,
    lineno: int,
    file: TextIO | None = None,
    line: str | None = None,
) -> None:
    """A stand-in for warnings.showwarning: the message alone, without the place in the code."""
    complain(str(message))


def complain(message: str) -> None:
    """Say what is wrong on standard error, if there is one: one line, whatever the message holds."""
    if sys.stderr is not None:
        line = "".join(char if char.isprintable() else ascii(char)[1:-1] for char in message)
        print(f"escore: {line}", file=sys.stderr, flush=True)
