"""The queue in front of the scorer: who is scored now, who waits, and who is refused."""

from collections import deque
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from threading import Lock

from escore import CancelledError
from escore_service.errors import RefusedError

POLL_SECONDS = 0.1  # between two looks whether a client that waits is still connected
RETRY_AFTER = {"Retry-After": "1"}  # seconds


class ScoringQueue:
    """Short and long requests have a lane each, so that short ones do not wait for minutes behind long ones.

    width: most requests of a lane that are scored at once.
    max_waiting: most requests of a lane that wait, first come first served.
    """

    def __init__(self, width: int, max_waiting: int) -> None:
        self.in_flight = self.waiting = 0
        self._max_waiting = max_waiting
        self._lanes = _Lane(width), _Lane(width)
        self._lock = Lock()  # of all that changes here

    @contextmanager
    def slot(self, long: bool, gone: Callable[[], bool]) -> Iterator[None]:
        """Wait for a slot of the lane for `long` requests or of the other, and hold it inside the `with` block.

        `gone` tells whether the client has disconnected, which ends the waiting.
        Raises CancelledError then, and RefusedError (503), at once, if too many wait already.
        """
        lane = self._lanes[long]
        if ready := self._enter(lane):
            self._wait(lane, ready, gone)
        try:
            yield
        finally:
            self._leave(lane)

    def _enter(self, lane: "_Lane") -> "Lock | None":
        """Take a free slot (None), or a place in the lane, whose lock is released when its slot is free."""
        with self._lock:
            if lane.free:
                lane.free -= 1
                self.in_flight += 1
                return None
            if len(lane.waiting) >= self._max_waiting:
                raise RefusedError(503, "too many requests wait already", "try again in a moment", headers=RETRY_AFTER)
            ready = Lock()
            ready.acquire()
            lane.waiting.append(ready)
            self.waiting += 1
            return ready

    def _wait(self, lane: "_Lane", ready: Lock, gone: Callable[[], bool]) -> None:
        while not ready.acquire(timeout=POLL_SECONDS):
            if not gone():
                continue
            with self._lock:
                if still_waiting := ready in lane.waiting:
                    lane.waiting.remove(ready)
                    self.waiting -= 1
            if not still_waiting:  # its slot came just now
                self._leave(lane)
            raise CancelledError("the client has disconnected")

    def _leave(self, lane: "_Lane") -> None:
        """Hand the slot to the first who waits."""
        with self._lock:
            if lane.waiting:
                self.waiting -= 1
                lane.waiting.popleft().release()
            else:
                self.in_flight -= 1
                lane.free += 1


class _Lane:
    __slots__ = ("free", "waiting")

    def __init__(self, width: int) -> None:
        self.free = width
        self.waiting: deque[Lock] = deque()
