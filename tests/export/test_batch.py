"""Batches as CUDA runs them, here on the CPU with an fp32 bundle: the same scores, whatever runs together."""

from collections.abc import Sequence

import numpy as np
import pytest
from onnxruntime import InferenceSession
from tests.conftest import EXAMPLES
from tests.export.conftest import Exported

from escore import Bundle, Scorer
from escore.concurrency.cuda_batching import MAX_BATCH, run_batch
from escore.pipeline.windows import Window


@pytest.fixture(scope="module")
def bundle(fp32: Exported) -> Bundle:
    return Bundle.open(fp32.bundle)


def random_window(length: int, seed: int = 0) -> Window:
    ids = np.random.default_rng(seed + 1000 * length).integers(5, 200, length)
    return Window(ids, slice(length // 4, length))


def test_a_padded_batch_scores_as_each_window_alone(bundle: Bundle) -> None:
    windows = [random_window(length) for length in (1, 2, 30, 60, 7)]
    alone = [run_batch(bundle.session, bundle.tokenizer.special_ids, [one])[0] for one in windows]
    together = run_batch(bundle.session, bundle.tokenizer.special_ids, windows)
    for one, other, window in zip(alone, together, windows, strict=True):
        assert len(one) == len(window.ids) - len(window.ids) // 4
        np.testing.assert_allclose(one, other, atol=0.01)


def test_a_scorer_in_batches_agrees_with_one_without(bundle: Bundle, monkeypatch: pytest.MonkeyPatch) -> None:
    """All but the device: the threads, the batches, the order."""
    texts = [path.read_text("utf-8") for path in EXAMPLES] * 5 + ["", "Anna"]
    expected = list(Scorer(bundle).stream(texts))
    monkeypatch.setattr(Bundle, "on_cuda", True)
    sizes: list[int] = []

    def counting(
        session: InferenceSession, special_ids: tuple[int, int], windows: list[Window], outputs: Sequence[str]
    ) -> object:
        sizes.append(len(windows))
        return run_batch(session, special_ids, windows, outputs)

    monkeypatch.setattr("escore.scorer.run_batch", counting)
    batched = Scorer(bundle)
    assert batched.threads == MAX_BATCH
    documents = list(batched.stream(texts))
    for one, other in zip(expected, documents, strict=True):
        assert one.text == other.text
        np.testing.assert_allclose(one.scores, other.scores, atol=0.01)
    assert max(sizes) > 1  # windows did run together
    assert sum(sizes) >= len(texts) - 1
