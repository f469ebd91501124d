"""How many runs of a model may go on at once: a bounded number, and none in another thread at a fork or at the end.

A child must not inherit a lock that onnxruntime held in another thread, and the end of the process would take libraries
away from under a run. All gates share one lock. A thread that was interrupted between entering and what it entered for
still counts as inside; it may enter again, and whoever else waits for it at a fork does so for a bounded time.
"""

import atexit
import os
import time
from collections import deque
from threading import Condition, RLock, get_ident
from types import TracebackType
from weakref import WeakSet

GRACE = 10.0  # seconds that a fork, or the end of the process, waits for runs


class Gate:
    """A context that at most `width` threads are in at once, first come first served."""

    def __init__(self, width: int) -> None:
        self._width = width
        self._queue: deque[Condition] = deque()  # one for each thread that waits
        with _lock:
            _gates.add(self)

    def __enter__(self) -> None:
        me = get_ident()
        with _lock:  # entered in C, so that no interrupt comes between taking it and the block
            if me in _inside:
                return
            if self._queue or not self._has_room(me):  # else a thread that comes again at once would keep others out
                self._wait(me)
            _inside[me] = self

    def __exit__(self, *_: type[BaseException] | BaseException | TracebackType | None) -> None:
        with _lock:
            _inside.pop(get_ident(), None)
            self.call_next()
            if _closers:
                _left.notify_all()

    def call_next(self) -> None:
        """Wake the first who waits, if there is room."""
        if self._queue and self._has_room(get_ident()):
            self._queue[0].notify()

    def forget_waiting(self) -> None:
        """In a forked child, where those who waited are not."""
        self._queue.clear()

    def _wait(self, me: int) -> None:
        turn = Condition(_lock)
        self._queue.append(turn)
        try:
            while self._queue[0] is not turn or not self._has_room(me):
                turn.wait()
            _inside[me] = self
        finally:
            self._queue.remove(turn)
            self.call_next()  # two may have left meanwhile, or an interrupt ends the waiting

    def _has_room(self, me: int) -> bool:
        closed = any(closer != me for closer in _closers)
        return not closed and sum(gate is self for gate in _inside.values()) < self._width


_lock = RLock()
_left = Condition(_lock)
_gates: WeakSet[Gate] = WeakSet()
_inside: dict[int, Gate] = {}  # by thread
_closers: list[int] = []  # threads that are forking or ending the process; nobody else may enter


def _close() -> None:
    """Let nobody else in, wait until all others are out, and keep the lock, so that a child has it in order."""
    me = get_ident()
    _lock.acquire()
    _closers.append(me)
    end = time.monotonic() + GRACE
    while any(thread != me for thread in _inside) and (left := end - time.monotonic()) > 0:
        _left.wait(left)


def _open() -> None:
    _closers.remove(get_ident())
    for gate in _gates:
        gate.call_next()
    _lock.release()


def _open_in_child() -> None:
    """No other thread is there any more: neither inside nor waiting."""
    me = get_ident()
    for thread in [thread for thread in _inside if thread != me]:
        del _inside[thread]
    for gate in _gates:
        gate.forget_waiting()
    _closers.clear()
    _lock.release()


def _end() -> None:
    _close()  # for good; this thread itself may go on
    _lock.release()


if hasattr(os, "register_at_fork"):  # Windows does not fork
    os.register_at_fork(before=_close, after_in_parent=_open, after_in_child=_open_in_child)
atexit.register(_end)
