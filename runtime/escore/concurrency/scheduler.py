"""Run the parts of many jobs side by side, and give each job's result in order, as soon as it is ready."""

import os
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from queue import SimpleQueue
from threading import Lock, Thread
from typing import Generic, TypeVar

from escore.errors import ForkError

P = TypeVar("P")  # a part of a job
D = TypeVar("D")  # a part, done
R = TypeVar("R")  # a job's result

Job = tuple[Iterator[P], Callable[[list[D]], R]]

THREAD = "escore-worker"


class Team:
    """How many threads work at once, in all the flows that share it: `size`, or one a flow where these are more.

    Threads above that would only wait for each other, and each time that one wakes it asks for Python's lock.
    """

    def __init__(self, size: int) -> None:
        self.size = size
        self._busy = 0
        self._lock = Lock()
        self._process = os.getpid()

    def join(self) -> None:
        """Count the thread that calls: it works from now on."""
        if self._process != (process := os.getpid()):
            self._process, self._busy, self._lock = process, 0, Lock()  # no other thread is there after a fork
        with self._lock:
            self._busy += 1

    def leave(self) -> None:
        """Count it no more: it waits from now on, or ends."""
        with self._lock:
            self._busy -= 1

    @contextmanager
    def idle(self) -> Iterator[None]:
        """A context in which the thread waits, to work again after it."""
        self.leave()
        try:
            yield
        finally:
            self.join()

    def has_room(self) -> bool:
        """Whether one thread more may work."""
        return self._busy < self.size

    def is_crowded(self) -> bool:
        """Whether more threads work than should."""
        return self._busy > self.size


def flow(jobs: Iterable[Job[P, D, R]], work: Callable[[P], D], team: Team, ahead: int) -> Iterator[R]:
    """For each job (its parts, and what makes a result of the parts done) yield the result, in order.

    Each thread of the flow takes turns to read the next part, works on it beside the others, and makes the result
    once it has done a job's last: nothing is handed from thread to thread but results, since each time that a thread
    wakes it asks for Python's lock. No job is begun while `ahead` parts wait to be taken by the caller. When the caller
    stops early, the threads end at the next part. An error of a job, its parts, its work or its result is raised here
    in its turn. Raises ForkError in a process that was forked on the way: threads do not survive a fork.
    """
    running = _Flow(jobs, work, team, ahead)
    process = os.getpid()
    try:
        running.start_worker()
        while isinstance(item := running.ready.get(), _Pending):
            running.taken.put(item.parts or 1)
            yield item.outcome()
            del item  # or it would be kept until the next is there
            if os.getpid() != process:
                raise ForkError("a stream cannot go on in a forked process; begin it there")
        if item is not None:
            raise item
    finally:
        running.stop()


class _Pending(Generic[D, R]):
    """A job on its way. `open` counts its parts that are not done, and one for the reading of its parts."""

    __slots__ = ("done", "error", "finish", "open", "parts", "result", "results")

    def __init__(self, finish: Callable[[list[D]], R]) -> None:
        self.finish = finish
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


class _Flow(Generic[P, D, R]):
    """What the threads of a flow share.

    The caller's side (`taken`, `ready`, `stop`) takes no lock: an interrupt may come anywhere, and the garbage
    collector may end a forgotten stream in a worker that holds one.
    """

    def __init__(self, jobs: Iterable[Job[P, D, R]], work: Callable[[P], D], team: Team, ahead: int) -> None:
        self.ready: SimpleQueue[_Pending[D, R] | BaseException | None] = SimpleQueue()  # results, then an error or None
        self.taken: SimpleQueue[int] = SimpleQueue()  # parts of each result that the caller took
        self._pending: deque[_Pending[D, R] | BaseException | None] = deque()  # all that is not ready, in order
        self._lock = Lock()  # of `_pending`, and of each job's `open`
        self._steps = self._read(jobs)
        self._team = team
        self._reading = Lock()  # of `_steps`, and of the next two
        self._threads = 0
        self._waiting, self._ahead = 0, ahead  # parts, and jobs without any, that the caller has not taken
        self._work = work
        self._stopped = False

    def start_worker(self) -> None:
        """One thread more, if the system has one left or there is none yet.

        A flow of one part needs no second, so each is started when the one before has a part.
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
        self._team.join()
        try:
            while (step := self._next()) is not None:
                job, place, part = step
                try:
                    job.results[place] = self._work(part)
                except BaseException as error:  # handed to the caller, whatever it is
                    job.error = error
                self._close_one(job)
                del step, job, part  # or they would be kept while the source is slow
        finally:
            self._team.leave()

    def _next(self) -> tuple[_Pending[D, R], int, P] | None:
        """The next part; None where there is none, or where other threads are enough."""
        if not self._reading.acquire(blocking=False):
            with self._team.idle():
                self._reading.acquire()
        try:
            if self._threads > 1 and self._team.is_crowded():
                self._threads -= 1
                return None
            step = next(self._steps, None)
            if step is not None and self._threads < self._team.size and self._team.has_room():
                self.start_worker()
            return step
        finally:
            self._reading.release()

    def _read(self, jobs: Iterable[Job[P, D, R]]) -> Iterator[tuple[_Pending[D, R], int, P]]:
        """Parts, each with its job and its place there; only who holds `_reading` may ask for the next."""
        end: BaseException | None = None
        try:
            for parts, finish in self._slowly(jobs):
                job = _Pending(finish)
                if not self._begin(job):
                    return
                try:
                    for part in parts:
                        if self._stopped:
                            return
                        self._add_part(job)
                        yield job, job.parts - 1, part
                except GeneratorExit:
                    return
                except BaseException as error:  # handed to the caller, whatever it is
                    job.error = error
                self._close_one(job)
                del job
        except BaseException as error:  # the same
            end = error
        with self._lock:
            self._pending.append(end)
            self._hand_out()

    def _slowly(self, jobs: Iterable[Job[P, D, R]]) -> Iterator[Job[P, D, R]]:
        """The jobs; a thread that waits for one does not work."""
        source = iter(jobs)
        while True:
            self._team.leave()  # without `idle`, which costs as much again for each text
            try:
                job = next(source, None)
            finally:
                self._team.join()
            if job is None:
                return
            yield job
            del job

    def _begin(self, job: _Pending[D, R]) -> bool:
        """Wait until there is room for a job; False when the caller has gone."""
        while self._waiting >= self._ahead and not self._stopped:
            with self._team.idle():
                self._waiting -= self.taken.get()
        self._waiting += 1
        with self._lock:
            self._pending.append(job)
        return not self._stopped

    def _add_part(self, job: _Pending[D, R]) -> None:
        """Make a place for a part's result."""
        self._waiting += job.parts > 0  # the job itself counted as one
        job.parts += 1
        job.results.append(None)  # type: ignore[arg-type]  # filled before anybody looks
        with self._lock:
            job.open += 1

    def _close_one(self, job: _Pending[D, R]) -> None:
        """A part is done, or all parts are read; the last of these makes the result, and hands out what is ready."""
        with self._lock:
            job.open -= 1
            if job.open:
                return
        if job.error is None:
            try:
                job.result = job.finish(job.results)
            except BaseException as error:  # handed to the caller, whatever it is
                job.error = error
        job.results = []
        with self._lock:
            job.done = True
            self._hand_out()

    def _hand_out(self) -> None:
        while self._pending and (not isinstance(first := self._pending[0], _Pending) or first.done):
            self.ready.put(self._pending.popleft())
