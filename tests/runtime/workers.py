"""The threads of scorers, counted."""

import threading
import time

from escore.concurrency.scheduler import THREAD


def count() -> int:
    """How many threads of scorers there are."""
    return sum(thread.name == THREAD for thread in threading.enumerate())


def become(number: int) -> bool:
    """Whether there are `number` of them within ten seconds."""
    end = time.monotonic() + 10
    while count() != number and time.monotonic() < end:
        time.sleep(0.005)
    return count() == number
