"""How many runs of a model may go on at once: a bounded number, and none while the process forks or ends."""

import atexit
import os
from threading import Lock, Semaphore
from types import TracebackType
from weakref import WeakSet


class Gate:
    """A context that at most `width` threads are in at once.

    A fork waits until none is in any gate, so that a child never inherits a lock that onnxruntime held in another
    thread; so does the end of the process, which would take the libraries away from under a run.
    """

    def __init__(self, width: int) -> None:
        self._width = width
        self._free = Semaphore(width)
        _gates.add(self)

    def __enter__(self) -> None:
        self._free.acquire()

    def __exit__(self, *_: type[BaseException] | BaseException | TracebackType | None) -> None:
        self._free.release()

    def _close(self) -> None:
        for _ in range(self._width):
            self._free.acquire()

    def _open(self) -> None:
        self._free.release(self._width)

    def _renew(self) -> None:
        """In a forked child: whoever else held or waited for the semaphore is not there any more."""
        self._free = Semaphore(self._width)


_gates: WeakSet[Gate] = WeakSet()
_closed: list[Gate] = []
_closing = Lock()  # two threads that fork at once must not each close half of the gates


def _close_all() -> None:
    _closing.acquire()
    _closed[:] = _gates
    for gate in _closed:
        gate._close()


def _open_all() -> None:
    for gate in _closed:
        gate._open()
    _closed.clear()
    _closing.release()


def _renew_all() -> None:
    global _closing  # noqa: PLW0603
    for gate in _gates:
        gate._renew()
    _closed.clear()
    _closing = Lock()


if hasattr(os, "register_at_fork"):  # Windows does not fork
    os.register_at_fork(before=_close_all, after_in_parent=_open_all, after_in_child=_renew_all)
atexit.register(_close_all)
