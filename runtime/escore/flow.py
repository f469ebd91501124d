"""Run the parts of many jobs side by side, and give each job's result in order, as soon as it is ready."""

import os
from collections.abc import Callable, Iterable, Iterator
from functools import partial
from queue import SimpleQueue
from threading import Lock, Semaphore, Thread
from typing import TypeVar

from escore.errors import ForkError
from escore.promise import Promise

P = TypeVar("P")  # a part of a job
D = TypeVar("D")  # a part, done
R = TypeVar("R")  # a job's result

Finish = Callable[[list[D]], R]
Job = tuple[Iterator[P], Finish[D, R]]

THREAD = "escore-worker"


def flow(jobs: Iterable[Job[P, D, R]], work: Callable[[P], D], threads: int, ahead: int) -> Iterator[R]:
    """For each job (its parts, and what makes a result of the parts done) yield the result, in order.

    Each of `threads` threads takes turns to read the next part, and then works on it beside the others: whoever reads a
    part works on it, so nothing is handed from thread to thread, and Python's lock is asked for as seldom as can be. At
    most `ahead` parts are read before the result that is waited for. When the caller stops early, the threads end at
    the next part. An error of a job, its parts or its work is raised here in its turn. Raises ForkError in a process
    that was forked on the way: threads do not survive a fork.
    """
    queue: SimpleQueue[Promise[D] | Finish[D, R] | BaseException | None] = SimpleQueue()
    slots = Semaphore(ahead)
    turn = Lock()
    steps = _steps(jobs, work)
    stopped = False
    unstarted = threads

    def start() -> None:
        """One thread more, up to `threads`: a flow of one part needs no second."""
        nonlocal unstarted
        if unstarted:
            unstarted -= 1
            Thread(target=labour, name=THREAD, daemon=True).start()

    def labour() -> None:
        while (do := take()) is not None:
            do()

    def take() -> Callable[[], None] | None:
        """Read on to the next part, all on the way goes to the queue; None at the end, or when the caller has gone."""
        with turn:
            try:
                for step in steps:
                    slots.acquire()
                    if stopped:
                        return None
                    if isinstance(step, tuple):
                        promise, do = step
                        queue.put(promise)
                        start()
                        return do
                    queue.put(step)
                queue.put(None)
            except BaseException as error:  # handed to the caller, whatever it is
                queue.put(error)
        return None

    process = os.getpid()
    start()
    try:
        done: list[D] = []
        while (item := queue.get()) is not None:
            if isinstance(item, BaseException):
                raise item
            if isinstance(item, Promise):
                done.append(item.result())
            else:
                yield item(done)
                done = []
                if os.getpid() != process:
                    raise ForkError("a stream cannot go on in a forked process; begin it there")
            slots.release()
    finally:
        stopped = True
        slots.release(threads)


def _steps(
    jobs: Iterable[Job[P, D, R]], work: Callable[[P], D]
) -> Iterator[tuple[Promise[D], Callable[[], None]] | Finish[D, R]]:
    """Each part as a promise and what keeps it, and behind the parts of a job what finishes it."""
    for parts, finish in jobs:
        for part in parts:
            promise: Promise[D] = Promise()
            yield promise, partial(promise.do, partial(work, part))
        yield finish
