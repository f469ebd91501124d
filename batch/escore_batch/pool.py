"""Processes that score slices, each with the model loaded; they end with this one, however that ends."""

import os
import signal
import sys
from collections.abc import Iterator
from concurrent.futures import FIRST_COMPLETED, Future, ProcessPoolExecutor, wait
from concurrent.futures.process import BrokenProcessPool
from contextlib import contextmanager
from multiprocessing import get_context, parent_process
from multiprocessing.connection import wait as wait_for_end
from threading import Thread, current_thread, main_thread
from typing import Protocol

from escore_batch.errors import WorkerError
from escore_batch.score_batch import ScoreBatch
from escore_batch.settings import Settings
from escore_batch.slices import Slice
from escore_batch.work import ScoredSlice, score_slice

_scorer: list[ScoreBatch] = []  # of a worker process


class Pool(Protocol):
    """Scores slices, some at a time."""

    def submit(self, slice: Slice) -> "Future[ScoredSlice]":
        """Score a slice sometime."""
        ...

    def wait(self, pending: "set[Future[ScoredSlice]]") -> "set[Future[ScoredSlice]]":
        """Those of `pending` that are done, one at least. Raises WorkerError."""
        ...


@contextmanager
def open_pool(settings: Settings, model: str | None, workers: int) -> Iterator[Pool]:
    """`workers` processes; for one worker this process itself."""
    if workers == 1:
        yield _ThisProcess(ScoreBatch.of(settings, model))
        return
    # Not forked: the libraries have threads by now. No workers are left behind by an error, and none is waited for.
    executor = ProcessPoolExecutor(workers, get_context("spawn"), initializer=_start, initargs=(settings, model))
    processes = _Processes(executor)
    try:
        yield processes
    except BaseException:
        for process in list((executor._processes or {}).values()):
            process.terminate()
        executor.shutdown(wait=False, cancel_futures=True)
        raise
    executor.shutdown()


class _ThisProcess:
    def __init__(self, scorer: ScoreBatch) -> None:
        self._scorer = scorer

    def submit(self, slice: Slice) -> "Future[ScoredSlice]":
        future: Future[ScoredSlice] = Future()
        future.set_result(score_slice(self._scorer, slice))
        return future

    def wait(self, pending: "set[Future[ScoredSlice]]") -> "set[Future[ScoredSlice]]":
        return set(pending)


class _Processes:
    def __init__(self, executor: ProcessPoolExecutor) -> None:
        self._executor = executor

    def submit(self, slice: Slice) -> "Future[ScoredSlice]":
        with _interrupts_held():  # the processes are started here, and have the same signals held for good
            try:
                return self._executor.submit(_score, slice)
            except BrokenProcessPool as error:
                raise _ended() from error
            except OSError as error:  # a broken pipe, where a process ended before it was told what to do
                problem = f"a worker cannot be started: {error.strerror or error}"
                raise WorkerError(problem, f"see that you may run {sys.executable}, or give --workers 1") from error

    def wait(self, pending: "set[Future[ScoredSlice]]") -> "set[Future[ScoredSlice]]":
        done, _ = wait(pending, return_when=FIRST_COMPLETED)
        if any(isinstance(future.exception(), BrokenProcessPool) for future in done):
            raise _ended()
        return done


def _ended() -> WorkerError:
    problem = "a worker ended, for lack of memory, or since it could not be started"
    return WorkerError(problem, "give fewer --workers, and go on with --resume")


@contextmanager
def _interrupts_held() -> Iterator[None]:
    """Ctrl-C, which a terminal sends to workers too, is for this process alone; it is told a moment later."""
    if not hasattr(signal, "pthread_sigmask") or current_thread() is not main_thread():
        yield
        return
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


def _start(settings: Settings, model: str | None) -> None:
    Thread(target=_end_with_parent, daemon=True).start()
    _scorer[:] = [ScoreBatch.of(settings, model)]


def _end_with_parent() -> None:
    """A killed parent does not tell its workers: they would wait for it forever."""
    parent = parent_process()
    if parent is not None:
        wait_for_end([parent.sentinel])
        os._exit(1)


def _score(slice: Slice) -> ScoredSlice:
    return score_slice(_scorer[0], slice)
