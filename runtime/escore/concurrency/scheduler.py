"""Run the parts of many jobs side by side, and give each job's result in order, as soon as it is ready."""

import os
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from queue import SimpleQueue
from threading import Lock, Thread
from typing import Generic, TypeVar

from escore.errors import ForkError

J = TypeVar("J")  # a job
P = TypeVar("P")  # a part of a job
D = TypeVar("D")  # the result of a part
R = TypeVar("R")  # the result of a job

THREAD = "escore-worker"  # the name of all threads
MAX_WAITING = 16  # parts for each worker that may wait to be taken by the caller


class Workers:
    """How many threads work at once, in all calls of `run_jobs` that share it: `size`, or one a call if more.

    Threads above that would only wait for each other, and each time that one wakes it asks for Python's lock.
    """

    def __init__(self, size: int) -> None:
        self.size = size
        self.reset()

    def reset(self) -> None:
        """Count no thread, as in a forked process, where the other threads are gone."""
        self._busy = 0
        self._lock = Lock()

    def start_work(self) -> None:
        """Count the calling thread: it works from now on."""
        with self._lock:
            self._busy += 1

    def stop_work(self) -> None:
        """Count it no more: it waits from now on, or ends."""
        with self._lock:
            self._busy -= 1

    @contextmanager
    def pause(self) -> Iterator[None]:
        """A context in which the thread waits, to work again after it."""
        self.stop_work()
        try:
            yield
        finally:
            self.start_work()

    def has_room(self) -> bool:
        """Whether one thread more may work."""
        return self._busy < self.size

    def has_too_many(self) -> bool:
        """Whether more threads work than should."""
        return self._busy > self.size


def run_jobs(
    jobs: Iterable[J],
    split: Callable[[J], Iterator[P]],
    work: Callable[[P], D],
    finish: Callable[[J, list[D]], R],
    workers: Workers,
) -> Iterator[R]:
    """Split each job into parts, work on the parts side by side, finish the job, and yield the results in order.

    jobs: read by the threads, one job at a time.
    split: the parts of a job, read one at a time too, each only when a thread is free to work on it.
    work: the result of a part; called by several threads at once.
    finish: the result of a job, from those of its parts in order.
    workers: how many threads there are at most. No further job is started while MAX_WAITING parts for each of them
        wait to be taken by the caller.

    A thread reads the next part, works on it, and finishes the job if it was the last to be done: nothing is handed
    from thread to thread but results, since each time that a thread wakes it asks for Python's lock. When the caller
    stops early, the threads end at the next part. An error of a job, in any of its steps, is raised here in its turn,
    one of `jobs` after the results before it. Raises ForkError in a process that was forked since the first result was
    asked for, as threads do not survive a fork.
    """
    scheduler = _Scheduler(jobs, split, work, finish, workers)
    process = os.getpid()
    try:
        scheduler.start_thread()
        while isinstance(item := scheduler.ready.get(), _JobState):
            scheduler.taken.put(item.parts or 1)
            yield item.outcome()
            del item  # or it would be kept until the next is there
            if os.getpid() != process:
                raise ForkError("a stream cannot go on in a forked process", "begin it there")
        if item is not None:
            raise item
    finally:
        scheduler.stop()


class _JobState(Generic[J, D, R]):
    """How far a started job has come.

    parts: how many were read so far; `results` has a place for each.
    open: how many of them are not done, and one more while parts are read.
    """

    __slots__ = ("done", "error", "job", "open", "parts", "result", "results")

    def __init__(self, job: J) -> None:
        self.job = job
        self.results: list[D] = []
        self.parts = 0
        self.open = 1
        self.error: BaseException | None = None
        self.done = False
        self.result: R

    def outcome(self) -> R:
        """The result, or the error raised."""
        if self.error is None:
            return self.result
        error, self.error = self.error, None  # its traceback will hold this object
        raise error


class _Scheduler(Generic[J, P, D, R]):
    """What the threads of one call of `run_jobs` share.

    The caller's side (`taken`, `ready`, `stop`) takes no lock: an interrupt may come anywhere, and the garbage
    collector may end a forgotten stream in a thread that holds one.
    """

    def __init__(
        self,
        jobs: Iterable[J],
        split: Callable[[J], Iterator[P]],
        work: Callable[[P], D],
        finish: Callable[[J, list[D]], R],
        workers: Workers,
    ) -> None:
        # Jobs that are done, in order; in the end an error or None.
        self.ready: SimpleQueue[_JobState[J, D, R] | BaseException | None] = SimpleQueue()
        self.taken: SimpleQueue[int] = SimpleQueue()  # parts of each result that the caller took
        self._split, self._work, self._finish = split, work, finish
        self._workers = workers
        self._pending: deque[_JobState[J, D, R] | BaseException | None] = deque()  # all that is not ready, in order
        self._lock = Lock()  # of `_pending`, and of each job's `open`
        self._parts = self._read_parts(jobs)
        self._reading = Lock()  # of `_parts`, and of the next two
        self._threads = 0
        self._waiting = 0  # parts, and jobs without any, that the caller has not taken
        self._stopped = False

    def start_thread(self) -> None:
        """One thread more, if the system has one left or there is none yet.

        A text of one window needs no second, so each is started when the one before has a part.
        """
        self._threads += 1
        try:
            Thread(target=self._run, name=THREAD, daemon=True).start()
        except Exception:  # the system has no thread left
            self._threads -= 1
            if not self._threads:
                raise

    def stop(self) -> None:
        """Nobody takes results any more."""
        self._stopped = True
        self.taken.put(0)  # whoever waits for room sees it

    def _run(self) -> None:
        self._workers.start_work()
        try:
            while (item := self._next_part()) is not None:
                state, place, part = item
                try:
                    state.results[place] = self._work(part)
                except BaseException as error:  # handed to the caller, whatever it is
                    state.error = error
                self._close_part(state)
                del item, state, part  # or they would be kept while the source is slow
        finally:
            self._workers.stop_work()

    def _next_part(self) -> tuple[_JobState[J, D, R], int, P] | None:
        """The next part; None where there is none, or where other threads are enough."""
        if not self._reading.acquire(blocking=False):
            with self._workers.pause():
                self._reading.acquire()
        try:
            if self._threads > 1 and self._workers.has_too_many():
                self._threads -= 1
                return None
            item = next(self._parts, None)
            if item is not None and self._threads < self._workers.size and self._workers.has_room():
                self.start_thread()
            return item
        finally:
            self._reading.release()

    def _read_parts(self, jobs: Iterable[J]) -> Iterator[tuple[_JobState[J, D, R], int, P]]:
        """Parts, each with its job and its place there; only who holds `_reading` may ask for the next."""
        end: BaseException | None = None
        try:
            for job in self._read_jobs(jobs):
                state: _JobState[J, D, R] = _JobState(job)
                if not self._start(state):
                    return
                try:
                    for part in self._split(job):
                        if self._stopped:
                            return
                        self._add_part(state)
                        yield state, state.parts - 1, part
                except GeneratorExit:
                    return
                except BaseException as error:  # handed to the caller, whatever it is
                    state.error = error
                self._close_part(state)
                del job, state
        except BaseException as error:  # the same
            end = error
        with self._lock:
            self._pending.append(end)
            self._deliver()

    def _read_jobs(self, jobs: Iterable[J]) -> Iterator[J]:
        """The jobs; a thread that waits for one does not work."""
        source = iter(jobs)
        while True:
            self._workers.stop_work()  # without `pause`, which costs as much again for each text
            try:
                job = next(source)
            except StopIteration:
                return
            finally:
                self._workers.start_work()
            yield job
            del job

    def _start(self, state: _JobState[J, D, R]) -> bool:
        """Wait until there is room for a job; False when the caller has gone."""
        while self._waiting >= MAX_WAITING * self._workers.size and not self._stopped:
            with self._workers.pause():
                self._waiting -= self.taken.get()
        self._waiting += 1
        with self._lock:
            self._pending.append(state)
        return not self._stopped

    def _add_part(self, state: _JobState[J, D, R]) -> None:
        """Make a place for a part's result."""
        self._waiting += state.parts > 0  # the job itself counted as one
        state.parts += 1
        state.results.append(None)  # type: ignore[arg-type]  # filled before anybody looks
        with self._lock:
            state.open += 1

    def _close_part(self, state: _JobState[J, D, R]) -> None:
        """A part is done, or all parts are read; the last of these finishes the job, and delivers what is ready."""
        with self._lock:
            state.open -= 1
            if state.open:
                return
        if state.error is None:
            try:
                state.result = self._finish(state.job, state.results)
            except BaseException as error:  # handed to the caller, whatever it is
                state.error = error
        del state.job, state.results
        with self._lock:
            state.done = True
            self._deliver()

    def _deliver(self) -> None:
        while self._pending and (not isinstance(first := self._pending[0], _JobState) or first.done):
            self.ready.put(self._pending.popleft())
