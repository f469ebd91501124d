"""A result that one thread makes and another waits for."""

from collections.abc import Callable
from threading import Lock
from typing import Generic, TypeVar

R = TypeVar("R")


class Promise(Generic[R]):
    """What `work` will return, or raise. Much lighter than a Future: each short text needs one."""

    __slots__ = ("_done", "_error", "_result", "_work")

    def __init__(self, work: Callable[[], R]) -> None:
        self._work = work
        self._error: BaseException | None = None
        self._done = Lock()
        self._done.acquire()

    def keep(self) -> None:
        """Do the work. To be called once."""
        try:
            self._result = self._work()
        except BaseException as error:  # handed to who waits, whatever it is
            self._error = error
        self._done.release()

    def result(self) -> R:
        """Wait for the work; return what it returned, or raise what it raised."""
        with self._done:
            if self._error is not None:
                raise self._error
            return self._result
