"""What a model says of texts, and the hidden states that a personal head works on."""

from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from itertools import islice
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

from escore import Bundle, BundleError
from escore.bundle.session import OUTPUT
from escore.concurrency.cores import usable_cores
from escore.pipeline.infer import window_inputs
from escore.pipeline.pipeline import Pipeline

HIDDEN = "hidden"
_CHUNK = 256  # texts that are run before their states are taken further: the memory is bounded

Floats = NDArray[np.float32]
N = TypeVar("N", np.int32, np.int64, np.float32)


@dataclass(frozen=True, slots=True, eq=False)
class TextStates:
    """One text as the model sees it.

    counts, starts, ends: tokens of each word, and where it lies in the text (int32, [words]).
    base: scores of the tokens without a personal head (float32, [tokens], 0..300).
    scores: the same as the bundle gives them, with the head that it may have.
    hidden: float32, [tokens, width].
    means: of the hidden states of all tokens of each window (float32, [windows, width]).
    windows: which window gives each token's score (int, [tokens]).
    """

    counts: NDArray[np.int32]
    starts: NDArray[np.int32]
    ends: NDArray[np.int32]
    base: Floats
    scores: Floats
    hidden: Floats
    means: Floats
    windows: NDArray[np.int64]


def hidden_width(bundle: Bundle) -> int:
    """The width of a bundle's hidden states. Raises BundleError where its graph does not give them."""
    for output in bundle.session.get_outputs():
        if output.name == HIDDEN and output.type == "tensor(float)" and len(output.shape) == 3:
            ids = np.full((1, 2), bundle.tokenizer.special_ids[0], np.int64)
            inputs = {"input_ids": ids, "attention_mask": np.ones_like(ids)}
            return int(bundle.session.run([HIDDEN], inputs)[0].shape[-1])
    problem = f"{bundle.path}: its graph does not give '{HIDDEN}', which a personal head needs"
    raise BundleError(problem, "export its checkpoint again")


def run_texts(bundle: Bundle, texts: Sequence[str]) -> Iterator[TextStates]:
    """The states of each text, in order; texts run side by side, each window alone. Raises BundleError."""
    remaining, width = iter(texts), hidden_width(bundle)
    with ThreadPoolExecutor(usable_cores()) as pool:
        while chunk := list(islice(remaining, _CHUNK)):
            yield from pool.map(lambda text: _run(bundle, text, width), chunk)


def _run(bundle: Bundle, text: str, width: int) -> TextStates:
    manifest, tokenizer = bundle.manifest, bundle.tokenizer
    pipeline = Pipeline(tokenizer, manifest.max_tokens, manifest.overlap, np.asarray)
    job = pipeline.job(text)
    base, scores, hidden, means, windows = [], [], [], [], []
    for number, window in enumerate(pipeline.cut(job)):
        outputs = bundle.session.run([OUTPUT, bundle.output, HIDDEN], window_inputs(tokenizer.special_ids, window))
        base.append(outputs[0][0, 1:][window.keep])
        scores.append(outputs[1][0, 1:][window.keep])
        hidden.append(outputs[2][0, 1:][window.keep])
        means.append(outputs[2][0].mean(axis=0))
        windows.append(np.full(len(base[-1]), number))
    return TextStates(
        _joined(job.counts, np.zeros(0, np.int32)),
        *job.offsets(),
        _joined(base, np.zeros(0, np.float32)),
        _joined(scores, np.zeros(0, np.float32)),
        _joined(hidden, np.zeros((0, width), np.float32)),
        np.array(means, np.float32).reshape(-1, width),
        _joined(windows, np.zeros(0, np.int64)),
    )


def _joined(parts: Iterable[NDArray[N]], none: NDArray[N]) -> NDArray[N]:
    arrays = list(parts)
    return np.concatenate(arrays) if arrays else none
