"""What a model says of texts, and the hidden states that a personal head works on."""

from collections import deque
from collections.abc import Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from escore import Bundle, BundleError
from escore.bundle.session import OUTPUT
from escore.concurrency.cores import usable_cores
from escore.pipeline.infer import beside, no_tokens, window_inputs
from escore.pipeline.pipeline import Pipeline
from escore_adapt.projections import Directions, Projections, concatenate, project

HIDDEN = "hidden"

Floats = NDArray[np.float32]


@dataclass(frozen=True, slots=True, eq=False)
class TextStates:
    """One text as the model sees it.

    counts, starts, ends: tokens of each word, and where it lies in the text (int32, [words]).
    base: scores of the tokens without a personal head (float32, [tokens], 0..300).
    scores: the same as the bundle gives them, with the head that it may have.
    directions: of the tokens, or their hidden states.
    joins: of the words (float32, [words], 0..1); None where the bundle does not say.
    """

    counts: NDArray[np.int32]
    starts: NDArray[np.int32]
    ends: NDArray[np.int32]
    base: Floats
    scores: Floats
    directions: Directions
    joins: Floats | None = None


def hidden_width(bundle: Bundle) -> int:
    """The width of a bundle's hidden states. Raises BundleError where its graph does not give them."""
    for output in bundle.session.get_outputs():
        if output.name == HIDDEN and output.type == "tensor(float)" and len(output.shape) == 3:
            ids = np.full((1, 2), bundle.tokenizer.special_ids[0], np.int64)
            inputs = {"input_ids": ids, "attention_mask": np.ones_like(ids)}
            return int(bundle.session.run([HIDDEN], inputs)[0].shape[-1])
    problem = f"{bundle.path}: its graph does not give '{HIDDEN}', which a personal head needs"
    raise BundleError(problem, "export its checkpoint again")


def run_texts(bundle: Bundle, texts: Iterable[str], projections: Projections | None = None) -> Iterator[TextStates]:
    """The states of each text, in order; texts run side by side, each window alone. Raises BundleError.

    projections: what makes directions of each window's hidden states, which are not kept; without it they are.
    """
    width, workers = hidden_width(bundle), usable_cores()
    running: deque[Future[TextStates]] = deque()  # few, so that no more texts wait than a caller takes
    with ThreadPoolExecutor(workers) as pool:
        for text in texts:
            running.append(pool.submit(_run, bundle, text, width, projections))
            if len(running) > 2 * workers:
                yield running.popleft().result()
        while running:
            yield running.popleft().result()


def _run(bundle: Bundle, text: str, width: int, projections: Projections | None) -> TextStates:
    manifest, tokenizer = bundle.manifest, bundle.tokenizer
    pipeline = Pipeline(tokenizer, manifest.max_tokens, manifest.overlap, np.asarray)
    job = pipeline.job(text)
    base, scores = [np.zeros(0, np.float32)], [np.zeros(0, np.float32)]
    parts = [_directions(np.zeros((0, width), np.float32), np.zeros((0, width), np.float32), projections)]
    names, rows = bundle.outputs, [no_tokens(bundle.outputs)]
    for window in pipeline.cut(job):
        outputs = bundle.session.run([OUTPUT, HIDDEN, *names], window_inputs(tokenizer.special_ids, window))
        base.append(outputs[0][0, 1:][window.keep])
        parts.append(_directions(outputs[1][0, 1:][window.keep], outputs[1].mean(axis=1), projections))
        scores.append(outputs[2][0, 1:][window.keep])
        rows.append(beside([output[0, 1:][window.keep] for output in outputs[2:]]))
    counts = np.concatenate([np.zeros(0, np.int32), *job.counts])
    joins = job.pool([np.concatenate(rows)]).joins
    return TextStates(counts, *job.offsets(), np.concatenate(base), np.concatenate(scores), concatenate(parts), joins)


def _directions(hidden: Floats, mean: Floats, projections: Projections | None) -> Directions:
    """One window's."""
    states = Directions(hidden, mean, np.zeros(len(hidden), np.int64))
    return states if projections is None else project(states, projections)
