"""How many runs of a model may go on at once, whoever asks for them."""

from collections import deque
from threading import Condition, RLock, get_ident
from types import TracebackType


class Limiter:
    """A context that at most `width` threads are in at once, first come first served.

    A thread that was interrupted between entering and what it entered for still counts as inside; it may enter again.
    """

    def __init__(self, width: int) -> None:
        self._width = width
        self.reset()

    def reset(self) -> None:
        """Start anew with nobody inside, as in a forked process, where the other threads are gone."""
        self._lock = RLock()  # entered in C, so that no interrupt comes between taking it and the block
        self._inside: set[int] = set()  # threads
        self._queue: deque[Condition] = deque()  # one for each thread that waits
        self._closers: set[int] = set()  # threads; while there are any, no other may enter
        self._left = Condition(self._lock)

    def __enter__(self) -> None:
        thread = get_ident()
        with self._lock:
            if thread in self._inside:
                return
            if self._queue or not self._has_room(thread):  # else a thread that comes again at once keeps others out
                self._wait(thread)
            self._inside.add(thread)

    def __exit__(self, *_: type[BaseException] | BaseException | TracebackType | None) -> None:
        with self._lock:
            self._inside.discard(get_ident())
            self._wake_next()
            if self._closers:
                self._left.notify_all()

    def close(self, timeout: float) -> None:
        """Let no other thread in any more, and wait until all are out, at most `timeout` seconds."""
        thread = get_ident()
        with self._lock:
            self._closers.add(thread)
            self._left.wait_for(lambda: self._inside <= {thread}, timeout)

    def reopen(self) -> None:
        """Let others in again."""
        with self._lock:
            self._closers.discard(get_ident())
            self._wake_next()

    def _wait(self, thread: int) -> None:
        turn = Condition(self._lock)
        self._queue.append(turn)
        try:
            while self._queue[0] is not turn or not self._has_room(thread):
                turn.wait()
            self._inside.add(thread)
        finally:
            self._queue.remove(turn)
            self._wake_next()  # two may have left meanwhile, or an interrupt ends the waiting

    def _wake_next(self) -> None:
        if self._queue:
            self._queue[0].notify()

    def _has_room(self, thread: int) -> bool:
        return len(self._inside) < self._width and self._closers <= {thread}
