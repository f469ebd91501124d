"""How many runs of a model may go on at once: a bounded number, and none in another thread at a fork or at the end.

A child must not inherit a lock that onnxruntime held in another thread, and the end of the process would take libraries
away from under a run. All gates share one lock. A thread that was interrupted between entering and what it entered for
still counts as inside; it may enter again, and whoever else waits for it at a fork does so for a bounded time.
"""

import atexit
import os
import time
from threading import Condition, RLock, get_ident
from types import TracebackType
from weakref import WeakSet

GRACE = 10.0  # seconds that a fork, or the end of the process, waits for runs


class Gate:
    """A context that at most `width` threads are in at once."""

    def __init__(self, width: int) -> None:
        self._width = width
        self._freed = Condition(_lock)
        with _lock:
            _gates.add(self)

    def __enter__(self) -> None:
        me = get_ident()
        with _lock:  # entered in C, so that no interrupt comes between taking it and the block
            while not self._has_room(me):
                self._freed.wait()
            _inside[me] = self

    def __exit__(self, *_: type[BaseException] | BaseException | TracebackType | None) -> None:
        with _lock:
            _inside.pop(get_ident(), None)
            self._freed.notify()
            if _closers:
                _left.notify_all()

    def _has_room(self, me: int) -> bool:
        if me in _inside:
            return True
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
        gate._freed.notify_all()
    _lock.release()


def _open_in_child() -> None:
    """No other thread is there any more: neither inside nor waiting."""
    me = get_ident()
    for thread in [thread for thread in _inside if thread != me]:
        del _inside[thread]
    for gate in _gates:
        gate._freed = Condition(_lock)
    _closers.clear()
    _lock.release()


def _end() -> None:
    _close()  # for good; this thread itself may go on
    _lock.release()


if hasattr(os, "register_at_fork"):  # Windows does not fork
    os.register_at_fork(before=_close, after_in_parent=_open, after_in_child=_open_in_child)
atexit.register(_end)
