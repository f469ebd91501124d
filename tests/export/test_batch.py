"""Batches as CUDA runs them, here on the CPU with an fp32 bundle: the same scores, whatever runs together."""

import threading
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from tests.conftest import EXAMPLES

from escore import Bundle, Scorer
from escore.bundle.bundle import Bundle as Opened
from escore.concurrency import cuda_batching as batch
from escore.concurrency.cuda_batching import SIZE, Batcher, Call, batches
from escore.pipeline.windows import Window
from escore_export import export
from escore_export.export import Options


@pytest.fixture(scope="module")
def opened(trained: Path, tmp_path_factory: pytest.TempPathFactory) -> Bundle:
    folder = tmp_path_factory.mktemp("fp32") / "bundle"
    export.export(trained, folder, Options("fp32"))
    return Bundle.open(folder)


def window(length: int, seed: int = 0) -> Window:
    ids = np.random.default_rng(seed + 1000 * length).integers(5, 200, length)
    return Window(ids, slice(length // 4, length))


def at_once(count: int, call: Callable[[], None], started: threading.Event) -> None:
    """Call from `count` threads, and let the first batch run once all of them wait."""
    callers = [threading.Thread(target=call) for _ in range(count)]
    for caller in callers:
        caller.start()
    time.sleep(0.2)
    started.set()
    for caller in callers:
        caller.join(20)


def test_a_padded_batch_scores_as_each_window_alone(opened: Bundle) -> None:
    windows = [window(length) for length in (1, 2, 30, 60, 7)]
    alone = [batch.run_batch(opened.session, opened.tokenizer.ends, [one])[0] for one in windows]
    together = batch.run_batch(opened.session, opened.tokenizer.ends, windows)
    for one, other, given in zip(alone, together, windows, strict=True):
        assert len(one) == len(given.ids) - len(given.ids) // 4
        np.testing.assert_allclose(one, other, atol=0.01)


def test_batches_are_of_like_length_and_bounded() -> None:
    taken = [Call(window(length)) for length in [*range(1, 80), *[5] * 200]]
    made = list(batches(taken))
    assert sorted(map(id, taken)) == sorted(id(call) for group in made for call in group)
    for group in made:
        lengths = [len(call.window.ids) for call in group]
        assert len(group) <= SIZE
        assert max(lengths) <= 2 * min(lengths)


def test_a_scorer_in_batches_agrees_with_one_without(opened: Opened, monkeypatch: pytest.MonkeyPatch) -> None:
    """All but the device: the threads, the batches, the order."""
    texts = [path.read_text("utf-8") for path in EXAMPLES] * 5 + ["", "Anna"]
    expected = list(Scorer(opened).stream(texts))
    monkeypatch.setattr(Bundle, "on_cuda", True)
    sizes: list[int] = []
    run_batch = batch.run_batch

    def noting(*arguments: object) -> object:
        sizes.append(len(arguments[2]))  # type: ignore[arg-type]
        return run_batch(*arguments)  # type: ignore[arg-type]

    monkeypatch.setattr(batch, "run_batch", noting)
    scorer = Scorer(opened)
    assert scorer.threads == SIZE
    found = list(scorer.stream(texts))
    for one, other in zip(expected, found, strict=True):
        assert one.text == other.text
        np.testing.assert_allclose(one.scores, other.scores, atol=0.01)
    assert max(sizes) > 1  # windows did run together
    assert sum(sizes) >= len(texts) - 1


def test_an_error_reaches_every_caller_of_its_batch(opened: Bundle) -> None:
    batcher = Batcher(opened.session, opened.tokenizer.ends)
    started = threading.Event()

    def fail(windows: list[Window]) -> list[object]:
        started.wait(20)
        raise RuntimeError("out of memory")

    batcher._run_batch = fail  # type: ignore[assignment]
    errors: list[str] = []

    def call() -> None:
        try:
            batcher(window(8))
        except RuntimeError as error:
            errors.append(str(error))

    at_once(5, call, started)
    assert errors == ["out of memory"] * 5
    batcher._run_batch = lambda windows: [np.zeros(1, np.float32)] * len(windows)  # and it goes on
    assert batcher(window(8)).tolist() == [0]


def test_an_interrupt_of_who_runs_a_batch_is_not_the_others(opened: Bundle) -> None:
    batcher = Batcher(opened.session, opened.tokenizer.ends)
    started = threading.Event()

    def interrupted(windows: list[Window]) -> list[object]:
        started.wait(20)
        raise KeyboardInterrupt

    batcher._run_batch = interrupted  # type: ignore[assignment]
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
    batcher._run_batch = lambda windows: [np.zeros(1, np.float32)] * len(windows)
    assert batcher(window(8)).tolist() == [0]
