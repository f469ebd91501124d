"""A result that one thread makes and another waits for."""

from collections.abc import Callable
from threading import Lock
from typing import Generic, TypeVar

R = TypeVar("R")


class Promise(Generic[R]):
    """A result to come, or an error. Much lighter than a Future: each short text needs one."""

    __slots__ = ("_done", "_error", "_result")

    def __init__(self) -> None:
        self._error: BaseException | None = None
        self._done = Lock()
        self._done.acquire()

    def keep(self, result: R) -> None:
        """Hand the result over. A promise is kept, or failed, once."""
        self._result = result
        self._done.release()

    def fail(self, error: BaseException) -> None:
        """Hand an error over, to be raised where the result is waited for."""
        self._error = error
        self._done.release()

    def do(self, work: Callable[[], R]) -> None:
        """Keep it with what `work` returns, or fail with what it raises."""
        try:
            result = work()
        except BaseException as error:  # handed to who waits, whatever it is
            self.fail(error)
        else:
            self.keep(result)

    def result(self) -> R:
        """Wait for the result and return it, or raise the error."""
        with self._done:
            if self._error is not None:
                raise self._error
            return self._result
