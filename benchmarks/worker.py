"""A tool in a process of its own, so that no tool's threads, memory or settings reach another."""

import os
import time
from concurrent.futures import ProcessPoolExecutor
from functools import cache
from multiprocessing import get_context
from typing import Any

from benchmarks.measure_process import ProcessError

PAUSE = 0.1  # seconds before each call, so that threads that spin after a run are asleep when it is another's turn


class Worker:
    """One of speed.peers.PEERS, made with `arguments` at its first call; `cores` are those that it may use."""

    def __init__(self, name: str, cores: tuple[int, ...] = (), **arguments: Any) -> None:
        self.name = name
        self._peer = (name, cores, tuple(arguments.items()))
        self._pool = ProcessPoolExecutor(1, get_context("spawn"))

    def call(self, method: str, *arguments: Any, **options: Any) -> Any:
        """Call a method of the peer. Raises ProcessError."""
        time.sleep(PAUSE)
        try:
            return self._pool.submit(_call, self._peer, method, arguments, options).result()
        except Exception as error:
            message = (str(error).splitlines() or [""])[0]
            raise ProcessError(f"{self.name}: {type(error).__name__}: {message}") from error

    def close(self) -> None:
        """End the process."""
        self._pool.shutdown()


def _call(peer: tuple[Any, ...], method: str, arguments: tuple[Any, ...], options: dict[str, Any]) -> Any:
    return getattr(_make(*peer), method)(*arguments, **options)


@cache
def _make(name: str, cores: tuple[int, ...], arguments: tuple[tuple[str, Any], ...]) -> Any:
    if cores:
        os.sched_setaffinity(0, cores)
    from benchmarks.speed.peers import PEERS

    return PEERS[name](**dict(arguments))
