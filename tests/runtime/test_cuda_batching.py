"""Windows in batches, as CUDA runs them: who runs with whom, and whose an error is. tests/export has the scores."""

import threading
import time
from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from escore.concurrency.cuda_batching import MAX_BATCH, Batcher, Call, make_batches
from escore.pipeline.windows import Window


def window(length: int) -> Window:
    return Window(np.zeros(length, np.int64), slice(0, length))


def at_once(count: int, call: Callable[[], None], started: threading.Event) -> None:
    """Call from `count` threads, and let the first batch run once all of them wait."""
    callers = [threading.Thread(target=call) for _ in range(count)]
    for caller in callers:
        caller.start()
    time.sleep(0.2)
    started.set()
    for caller in callers:
        caller.join(20)


def test_batches_are_of_similar_length_and_bounded() -> None:
    calls = [Call(window(length)) for length in [*range(1, 80), *[5] * 200]]
    batches = list(make_batches(calls))
    assert sorted(map(id, calls)) == sorted(id(call) for batch in batches for call in batch)
    for batch in batches:
        lengths = [len(call.window.ids) for call in batch]
        assert len(batch) <= MAX_BATCH
        assert max(lengths) <= 2 * min(lengths)


def test_an_error_reaches_every_caller_of_its_batch() -> None:
    started = threading.Event()

    def fail(windows: list[Window]) -> list[NDArray[np.float32]]:
        if started.wait(20) and len(windows[0].ids) == 8:
            raise RuntimeError("out of memory")
        return [np.zeros(1, np.float32)] * len(windows)

    batcher = Batcher(fail)
    errors: list[str] = []

    def call() -> None:
        try:
            batcher(window(8))
        except RuntimeError as error:
            errors.append(str(error))

    at_once(5, call, started)
    assert errors == ["out of memory"] * 5
    assert batcher(window(9)).tolist() == [0]  # and it goes on


def test_an_interrupt_of_who_runs_a_batch_is_not_the_others() -> None:
    started = threading.Event()

    def interrupted(windows: list[Window]) -> list[NDArray[np.float32]]:
        if started.wait(20) and len(windows[0].ids) == 8:
            raise KeyboardInterrupt
        return [np.zeros(1, np.float32)] * len(windows)

    batcher = Batcher(interrupted)
    raised: list[type[BaseException]] = []

    def call() -> None:
        try:
            batcher(window(8))
        except BaseException as error:
            raised.append(type(error))

    at_once(4, call, started)
    assert len(raised) == 4  # nobody hangs
    assert KeyboardInterrupt in raised
    assert set(raised) <= {KeyboardInterrupt, RuntimeError}
    assert batcher(window(9)).tolist() == [0]  # and it goes on
