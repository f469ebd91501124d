"""How much a service accepts."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Limits:
    """Limits of one service.

    body: largest request body, in bytes.
    texts: most texts in one request.
    queue: most requests that wait in each lane of the queue (see ScoringQueue).
    """

    body: int = 16 << 20
    texts: int = 1024
    queue: int = 64


DEFAULT = Limits()
