"""How much a service accepts."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Limits:
    """Limits of one service.

    body: largest request body, in bytes.
    texts: most texts in one request.
    queue: most requests that wait in each lane of the queue (see ScoringQueue).
    rate: bytes a second at which a request must arrive, if `escore serve` or its Server serves the application.
    patience: seconds by which it may fall behind, and that a new connection may say nothing.
    """

    body: int = 16 << 20
    texts: int = 1024
    queue: int = 64
    rate: int = 1000
    patience: float = 10.0


DEFAULT = Limits()
