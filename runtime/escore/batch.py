"""Stage three on CUDA: windows that wait at the same time run together, padded, those of like length in one batch."""

import os
from collections.abc import Callable, Iterator
from functools import partial
from threading import Lock

import numpy as np
from numpy.typing import NDArray
from onnxruntime import InferenceSession

from escore.bundle import OUTPUT
from escore.errors import ForkError
from escore.plan import Window
from escore.promise import Promise

SIZE = 64  # windows that are waited for at once, and so the largest batch

Scores = NDArray[np.float32]
Waiting = tuple[Window, Promise[Scores]]


class Batcher:
    """Scores a window like `infer`, together with those that other threads bring meanwhile.

    Nothing waits for a batch to fill: whoever finds no batch running runs all that is there, and all that has come
    meanwhile after that, until nothing is left. For models without a scale for the whole input (fp32, fp16): a window's
    scores do not depend on its batch but for rounding.
    """

    def __init__(self, session: InferenceSession, ends: tuple[int, int]) -> None:
        self._run: Callable[[list[Window]], list[Scores]] = partial(run_batch, session, ends)
        self._waiting: list[Waiting] = []
        self._guard = Lock()
        self._running = False
        self._process = os.getpid()

    def __call__(self, window: Window) -> Scores:
        """The scores (float32, [kept tokens], 0..300) that count of a window. Raises ForkError in a forked process."""
        if os.getpid() != self._process:
            raise ForkError("CUDA does not survive a fork; make the Scorer in the process that uses it")
        promise: Promise[Scores] = Promise()
        with self._guard:
            self._waiting.append((window, promise))
            leads, self._running = not self._running, True
        while leads:
            with self._guard:
                taken, self._waiting = self._waiting, []
                leads = self._running = bool(taken)
            self._serve(taken)
        return promise.result()

    def _serve(self, taken: list[Waiting]) -> None:
        for batch in batches(taken):
            try:
                results = self._run([window for window, _ in batch])
            except BaseException as error:  # each caller gets it, whatever it is
                for _, promise in batch:
                    promise.fail(error)
            else:
                for (_, promise), scores in zip(batch, results, strict=True):
                    promise.keep(scores)


def batches(taken: list[Waiting]) -> Iterator[list[Waiting]]:
    """Windows by length, in batches of at most SIZE in which the shortest is at least half as long as the longest."""
    ordered = sorted(taken, key=lambda item: -len(item[0].ids))
    begin = 0
    for end in range(1, len(ordered) + 1):
        full = end - begin == SIZE
        if end == len(ordered) or full or 2 * len(ordered[end][0].ids) < len(ordered[begin][0].ids):
            yield ordered[begin:end]
            begin = end


def run_batch(session: InferenceSession, ends: tuple[int, int], windows: list[Window]) -> list[Scores]:
    """One run for all `windows`: each one's scores (float32, [kept tokens], 0..300).

    `ends` are the ids of <s> and </s>. Inputs and outputs are bound, so that only `scores` leaves the device. What is
    padded with does not matter: it is masked, and stands behind the window.
    """
    length = max(len(window.ids) for window in windows) + 2
    ids = np.full((len(windows), length), ends[1], np.int64)
    mask = np.zeros_like(ids)
    ids[:, 0] = ends[0]
    for row, window in enumerate(windows):
        ids[row, 1 : 1 + len(window.ids)] = window.ids
        mask[row, : len(window.ids) + 2] = 1
    binding = session.io_binding()
    binding.bind_cpu_input("input_ids", ids)
    binding.bind_cpu_input("attention_mask", mask)
    binding.bind_output(OUTPUT)
    session.run_with_iobinding(binding)
    scores: Scores = binding.copy_outputs_to_cpu()[0]
    kept = (slice(1 + window.keep.start, 1 + window.keep.stop) for window in windows)
    return [scores[row, part] for row, part in enumerate(kept)]
