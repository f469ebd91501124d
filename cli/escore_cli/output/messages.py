"""One line on standard error."""

import sys
from typing import TextIO


def print_error(message: str) -> None:
    """Print `message` on standard error, if there is one, as one line: unprintable characters as escapes."""
    if sys.stderr is None:
        return
    if not message.isprintable():
        from escore.printable import printable  # only where needed: importing escore takes longer than a usage error

        message = printable(message)
    print(f"escore: {message}\n", end="", file=sys.stderr, flush=True)


def show_warning(
    message: Warning | str,
    category: type[Warning],
    filename: str,
    lineno: int,
    file: TextIO | None = None,
    line: str | None = None,
) -> None:
    """Print a warning as one line; replaces warnings.showwarning, which adds the place in the code."""
    print_error(str(message))
