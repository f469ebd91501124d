"""Stage three on CUDA: windows that wait at once run together, padded, those of similar length in one batch."""

import os
from collections.abc import Callable, Iterator, Sequence
from threading import Lock

import numpy as np
from numpy.typing import NDArray
from onnxruntime import InferenceSession

from escore.bundle.session import OUTPUT
from escore.errors import ForkError
from escore.pipeline.infer import beside
from escore.pipeline.windows import Window

MAX_BATCH = 64  # windows that are waited for at once, and so the largest batch

Scores = NDArray[np.float32]


class Call:
    """A window that a thread waits for: until it has its scores, or an error, or is to run the next round itself."""

    __slots__ = ("error", "leads", "scores", "wake", "window")

    def __init__(self, window: Window) -> None:
        self.window = window
        self.wake = Lock()
        self.wake.acquire()
        self.leads = False
        self.scores: Scores | None = None
        self.error: Exception | None = None

    @property
    def served(self) -> bool:
        """Whether there is a result of either kind."""
        return self.scores is not None or self.error is not None


class Batcher:
    """Scores a window together with those that other threads bring meanwhile.

    run_batch: the scores of each of several windows; raises the error that all of them get.

    Nothing waits for a batch to fill: whoever finds no round running runs one of all that is there, and then leaves the
    next to one of those that have come meanwhile. For models without a scale for the whole input (fp32, fp16): a
    window's scores do not depend on its batch but for rounding.
    """

    def __init__(self, run_batch: Callable[[list[Window]], list[Scores]]) -> None:
        self._run_batch = run_batch
        self._waiting: list[Call] = []
        self._lock = Lock()
        self._running = False
        self._process = os.getpid()

    def __call__(self, window: Window) -> Scores:
        """What the model says of the tokens that a window keeps (see run_window).

        Raises ForkError in a forked process.
        """
        if os.getpid() != self._process:
            raise ForkError("CUDA does not survive a fork", "make the Scorer in the process that uses it")
        call = Call(window)
        with self._lock:
            self._waiting.append(call)
            call.leads, self._running = not self._running, True
        if not call.leads:
            call.wake.acquire()
        if call.leads:
            self._run_round()
        if call.error is not None:
            raise call.error
        assert call.scores is not None
        return call.scores

    def _run_round(self) -> None:
        with self._lock:
            calls, self._waiting = self._waiting, []
        try:
            for batch in make_batches(calls):
                self._serve(batch)
        finally:
            for call in calls:
                if not call.served:  # an interrupt of this thread is not theirs
                    call.error = RuntimeError("another thread was interrupted while it ran this batch")
                call.wake.release()
            with self._lock:
                self._running = bool(self._waiting)
                if self._waiting:
                    self._waiting[0].leads = True
                    self._waiting[0].wake.release()

    def _serve(self, batch: list[Call]) -> None:
        try:
            results = self._run_batch([call.window for call in batch])
        except Exception as error:  # each caller gets it, whatever it is
            for call in batch:
                call.error = error
        else:
            for call, scores in zip(batch, results, strict=True):
                call.scores = scores


def make_batches(calls: list[Call]) -> Iterator[list[Call]]:
    """Calls by length, in batches of at most MAX_BATCH, the shortest at least half as long as the longest."""
    ordered = sorted(calls, key=lambda call: -len(call.window.ids))
    begin = 0
    for end in range(1, len(ordered) + 1):
        full = end - begin == MAX_BATCH
        if end == len(ordered) or full or 2 * len(ordered[end].window.ids) < len(ordered[begin].window.ids):
            yield ordered[begin:end]
            begin = end


def run_batch(
    session: InferenceSession, special_ids: tuple[int, int], windows: list[Window], outputs: Sequence[str] = (OUTPUT,)
) -> list[Scores]:
    """One run for all `windows`: of each one what run_window gives.

    special_ids, outputs: as of run_window.
    Inputs and outputs are bound, so that only `outputs` leave the device. What is padded with does not matter: it is
    masked, and stands behind the window.
    """
    length = max(len(window.ids) for window in windows) + 2
    ids = np.full((len(windows), length), special_ids[1], np.int64)
    mask = np.zeros_like(ids)
    ids[:, 0] = special_ids[0]
    for row, window in enumerate(windows):
        ids[row, 1 : 1 + len(window.ids)] = window.ids
        mask[row, : len(window.ids) + 2] = 1
    binding = session.io_binding()
    binding.bind_cpu_input("input_ids", ids)
    binding.bind_cpu_input("attention_mask", mask)
    for output in outputs:
        binding.bind_output(output)
    session.run_with_iobinding(binding)
    values = binding.copy_outputs_to_cpu()
    return [beside([value[row, 1:][window.keep] for value in values]) for row, window in enumerate(windows)]
