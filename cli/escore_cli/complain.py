"""One line on standard error."""

import sys


def complain(message: str) -> None:
    """Say what is wrong on standard error, if there is one: one line, whatever the message holds."""
    if sys.stderr is not None:
        line = "".join(char if char.isprintable() else ascii(char)[1:-1] for char in message)
        print(f"escore: {line}", file=sys.stderr, flush=True)
