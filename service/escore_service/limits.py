"""How much a service takes."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Limits:
    """The largest body in bytes, the most texts in one request, and how many requests may wait for their turn.

    So many short ones may wait, and so many long ones (see Turns).
    """

    body: int = 16 << 20
    texts: int = 1024
    queue: int = 64


DEFAULT = Limits()
