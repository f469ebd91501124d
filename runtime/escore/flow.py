"""Run the parts of many jobs side by side, and give each job's result in order, as soon as it is ready."""

import os
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from queue import SimpleQueue
from threading import Condition, Lock, Thread
from typing import Generic, TypeVar

from escore.errors import ForkError

P = TypeVar("P")  # a part of a job
D = TypeVar("D")  # a part, done
R = TypeVar("R")  # a job's result

Job = tuple[Iterator[P], Callable[[list[D]], R]]

THREAD = "escore-worker"


def flow(jobs: Iterable[Job[P, D, R]], work: Callable[[P], D], threads: int, ahead: int) -> Iterator[R]:
    """For each job (its parts, and what makes a result of the parts done) yield the result, in order.

    Each of `threads` threads takes turns to read the next part, works on it beside the others, and makes the result
    once it has done a job's last: nothing is handed from thread to thread but results, since each time that a thread
    wakes it asks for Python's lock. No job is begun while `ahead` parts wait to be taken by the caller. When the caller
    stops early, the threads end at the next part. An error of a job, its parts, its work or its result is raised here
    in its turn. Raises ForkError in a process that was forked on the way: threads do not survive a fork.
    """
    running = _Flow(jobs, work, threads, ahead)
    process = os.getpid()
    running.start()
    try:
        while isinstance(item := running.ready.get(), _Begun):
            running.taken(item)
            if item.error is not None:
                raise item.error
            yield item.result
            if os.getpid() != process:
                raise ForkError("a stream cannot go on in a forked process; begin it there")
        if item is not None:
            raise item
    finally:
        running.stop()


class _Begun(Generic[D, R]):
    """A job on its way. `hands` are on it: one a part that is not done, and one that reads its parts."""

    __slots__ = ("done", "error", "finish", "hands", "result", "results")

    def __init__(self, finish: Callable[[list[D]], R]) -> None:
        self.finish = finish
        self.results: list[D] = []
        self.hands = 1
        self.error: BaseException | None = None
        self.done = False
        self.result: R


class _Flow(Generic[P, D, R]):
    """What the threads of a flow share."""

    def __init__(self, jobs: Iterable[Job[P, D, R]], work: Callable[[P], D], threads: int, ahead: int) -> None:
        self.ready: SimpleQueue[_Begun[D, R] | BaseException | None] = SimpleQueue()  # results, then an error or None
        self._begun: deque[_Begun[D, R] | BaseException | None] = deque()  # all that is not ready, in order
        self._steps = self._read(jobs)
        self._turn = Lock()  # of reading on
        self._books = Condition(Lock())  # of all that follows, and of each job's hands
        self._work = work
        self._unstarted = threads
        self._waiting, self._ahead = 0, ahead  # parts, and jobs without any, that the caller has not taken
        self._stopped = False

    def start(self) -> None:
        """One thread more, up to the number: a flow of one part needs no second."""
        if self._unstarted:
            self._unstarted -= 1
            Thread(target=self._labour, name=THREAD, daemon=True).start()

    def taken(self, job: _Begun[D, R]) -> None:
        """The caller has a result: there is room for as many parts again."""
        with self._books:
            self._waiting -= len(job.results) or 1
            self._books.notify_all()

    def stop(self) -> None:
        """Nobody takes results any more."""
        with self._books:
            self._stopped = True
            self._books.notify_all()

    def _labour(self) -> None:
        while True:
            with self._turn:
                step = next(self._steps, None)
                if step is None:
                    return
                self.start()
            job, place, part = step
            try:
                job.results[place] = self._work(part)
            except BaseException as error:  # handed to the caller, whatever it is
                job.error = error
            self._let_go(job)

    def _read(self, jobs: Iterable[Job[P, D, R]]) -> Iterator[tuple[_Begun[D, R], int, P]]:
        """Parts, each with its job and its place there; only who has the turn may ask for the next."""
        end: BaseException | None = None
        try:
            for parts, finish in jobs:
                job = _Begun(finish)
                if not self._begin(job):
                    return
                try:
                    for place, part in enumerate(parts):
                        if not self._add_part(job, first=not place):
                            return
                        yield job, place, part
                except GeneratorExit:
                    return
                except BaseException as error:  # handed to the caller, whatever it is
                    job.error = error
                self._let_go(job)
        except BaseException as error:  # the same
            end = error
        with self._books:
            self._begun.append(end)
            self._hand_out()

    def _begin(self, job: _Begun[D, R]) -> bool:
        """Wait until there is room for a job; False when the caller has gone."""
        with self._books:
            self._books.wait_for(lambda: self._waiting < self._ahead or self._stopped)
            self._waiting += 1
            self._begun.append(job)
            return not self._stopped

    def _add_part(self, job: _Begun[D, R], first: bool) -> bool:
        """Make a place for a part's result; False when the caller has gone."""
        with self._books:
            self._waiting += not first  # the job itself counted as one
            job.hands += 1
            job.results.append(None)  # type: ignore[arg-type]  # filled before anybody looks
            return not self._stopped

    def _let_go(self, job: _Begun[D, R]) -> None:
        """Take a hand off a job; the last one makes the result, and hands out all that is ready."""
        with self._books:
            job.hands -= 1
            if job.hands:
                return
        if job.error is None:
            try:
                job.result = job.finish(job.results)
            except BaseException as error:  # handed to the caller, whatever it is
                job.error = error
        with self._books:
            job.done = True
            self._hand_out()

    def _hand_out(self) -> None:
        while self._begun and (not isinstance(first := self._begun[0], _Begun) or first.done):
            self.ready.put(self._begun.popleft())
