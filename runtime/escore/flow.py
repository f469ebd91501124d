"""Run the parts of many jobs in a pool, side by side, and give each job's result in order, as soon as it is ready."""

from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from queue import SimpleQueue
from threading import Semaphore, Thread
from typing import TypeVar

P = TypeVar("P")  # a part of a job
D = TypeVar("D")  # a part, done
R = TypeVar("R")  # a job's result

Job = tuple[Iterator[P], Callable[[list[D]], R]]


def flow(jobs: Iterable[Job[P, D, R]], work: Callable[[P], D], pool: ThreadPoolExecutor, ahead: int) -> Iterator[R]:
    """For each job (its parts, and what makes a result of the parts done) yield the result, in order.

    A thread of its own reads `jobs`, at most `ahead` parts before the result that is waited for; when the caller stops
    early, it ends at the next job. An error of a job, its parts or its work is raised here in its turn.
    """
    queue: SimpleQueue[Future[D] | Callable[[list[D]], R] | BaseException | None] = SimpleQueue()
    slots = Semaphore(ahead)
    stopped = False

    def wait() -> bool:
        """Wait for a free slot; False when the caller has gone."""
        slots.acquire()
        return not stopped

    def read() -> None:
        try:
            for parts, finish in jobs:
                for part in parts:
                    if not wait():
                        return
                    queue.put(pool.submit(work, part))
                if not wait():
                    return
                queue.put(finish)
            queue.put(None)
        except BaseException as error:  # handed to the caller, whatever it is
            queue.put(error)

    Thread(target=read, name="escore-reader", daemon=True).start()
    try:
        done: list[D] = []
        while (item := queue.get()) is not None:
            if isinstance(item, BaseException):
                raise item
            if isinstance(item, Future):
                done.append(item.result())
            else:
                yield item(done)
                done = []
            slots.release()
    finally:
        stopped = True
        slots.release()
        while not queue.empty():
            if isinstance(waiting := queue.get(), Future):
                waiting.cancel()
