"""The queue in front of the scorer: who works now, who waits for a turn, and who is sent away."""

from collections import deque
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from threading import Lock

from escore_service.errors import LeftError, RefusedError

LOOK = 0.1  # seconds between two looks whether a client that waits is still there
RETRY = "1"  # seconds after which a client that was sent away may ask again


class Turns:
    """At most `width` requests of each lane work at once, and at most `most` wait, first come first served.

    Long texts have a lane of their own, so that short ones do not wait for minutes behind them.
    """

    def __init__(self, width: int, most: int) -> None:
        self.working = self.waiting = 0
        self._most = most
        self._lanes = _Lane(width), _Lane(width)
        self._lock = Lock()  # of all that changes here

    @contextmanager
    def turn(self, long: bool, gone: Callable[[], bool]) -> Iterator[None]:
        """Wait for a turn, and have it inside; `gone` says whether the client has left, which ends the waiting.

        Raises RefusedError (503), at once, where too many wait already, and LeftError.
        """
        lane = self._lanes[long]
        called = self._ask(lane)
        if called:
            self._wait(lane, called, gone)
        try:
            yield
        finally:
            self._leave(lane)

    def _ask(self, lane: "_Lane") -> "Lock | None":
        """Take a turn that is free (None), or a place in the queue, whose lock is released when the turn comes."""
        with self._lock:
            if lane.free:
                lane.free -= 1
                self.working += 1
                return None
            if len(lane.queue) >= self._most:
                raise RefusedError(503, "too many requests wait already; try again in a moment", Retry_After=RETRY)
            called = Lock()
            called.acquire()
            lane.queue.append(called)
            self.waiting += 1
            return called

    def _wait(self, lane: "_Lane", called: Lock, gone: Callable[[], bool]) -> None:
        while not called.acquire(timeout=LOOK):
            if not gone():
                continue
            with self._lock:
                if waits := called in lane.queue:
                    lane.queue.remove(called)
                    self.waiting -= 1
            if not waits:  # called just now
                self._leave(lane)
            raise LeftError("the client has left")

    def _leave(self, lane: "_Lane") -> None:
        """Hand the turn to the first who waits."""
        with self._lock:
            if lane.queue:
                self.waiting -= 1
                lane.queue.popleft().release()
            else:
                self.working -= 1
                lane.free += 1


class _Lane:
    __slots__ = ("free", "queue")

    def __init__(self, width: int) -> None:
        self.free = width
        self.queue: deque[Lock] = deque()
