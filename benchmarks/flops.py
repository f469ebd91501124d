"""How much of the machine a model uses: the operations of its matrix products over the most that this machine makes.

A model of L layers, h wide, feed-forward f, does for a window of n tokens (<s> and </s> included)

    2 · n · (L · (4 h² + 2 h f) + h)     the products with weights: 2 operations for each weight and token
    4 · n² · h · L                       attention: queries with keys, and probabilities with values

Nothing else is counted, though layer norms, GELU, softmax, tokens, windows and objects take their time: that is what
the share shows.
"""

import time
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

SIZE = 2048  # rows and columns of the matrices that the peak is measured with
REPEATS = 4


def model_flops(config: dict[str, Any], lengths: Iterable[int]) -> float:
    """Operations of a model, by its config.json, for windows of `lengths` tokens each."""
    layers, width, inner = (config[key] for key in ("num_hidden_layers", "hidden_size", "intermediate_size"))
    weights = layers * (4 * width**2 + 2 * width * inner) + width
    return float(sum(2 * n * weights + 4 * n**2 * width * layers for n in lengths))


def windows(bundle: Path, texts: Iterable[str]) -> list[int]:
    """The tokens of each window that the runtime makes of `texts`, ends included."""
    from escore import Bundle
    from escore.pipeline.encode import encode_text
    from escore.pipeline.windows import make_windows

    opened = Bundle.open(bundle, "cpu")
    capacity, overlap = opened.manifest.max_tokens - 2, opened.manifest.overlap
    return [
        len(window.ids) + 2
        for text in texts
        for window in make_windows(encode_text(opened.tokenizer, text), capacity, overlap)
    ]


class Gemm:
    """Products of large float32 matrices, by numpy's BLAS and by torch's oneDNN, each with its own threads."""

    def __init__(self) -> None:
        import numpy
        import torch

        one, two = numpy.random.default_rng(1).standard_normal((2, SIZE, SIZE), dtype=numpy.float32)
        first, second = torch.tensor(one), torch.tensor(two)
        self._products: list[Callable[[], Any]] = [lambda: one @ two, lambda: torch.mm(first, second)]

    def peak(self) -> float:
        """Operations a second: the best of several products by the quicker of the two."""
        return max(2 * SIZE**3 / _seconds(product) for product in self._products for _ in range(REPEATS))


def _seconds(work: Callable[[], object]) -> float:
    begun = time.perf_counter()
    work()
    return time.perf_counter() - begun
