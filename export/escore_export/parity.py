"""Does a graph give the scores of its checkpoint? Both score the same windows of the same texts."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial

import numpy as np
import onnxruntime
import torch
from numpy.typing import NDArray
from transformers import RobertaForTokenClassification

from escore.bundle.manifest import Parity
from escore.bundle.session import OUTPUT
from escore.difference import FP32_MAX, Gates, compare_scores
from escore.pipeline.infer import beside, run_window
from escore.pipeline.pipeline import Pipeline, Run
from escore.pipeline.pooling import WordOutputs
from escore.pipeline.windows import Window
from escore.scale import MARKS, MAX_SCORE
from escore_export.checkpoint.outputs import Outputs
from escore_export.errors import CheckpointError, ParityError
from escore_export.head_parity import compare_heads, concatenate

MIN_SPREAD = 1.0  # of 300: the standard deviation of scores below which a checkpoint has learned nothing


@dataclass(frozen=True, slots=True)
class Reference:
    """The words of all texts, and what torch says of each."""

    words: list[str]
    outputs: WordOutputs

    @property
    def scores(self) -> NDArray[np.float32]:
        """float32, [words], 0..300."""
        return self.outputs.scores


def torch_run(model: RobertaForTokenClassification, outputs: Outputs, special_ids: tuple[int, int]) -> Run:
    """Run windows with the checkpoint's model, transformers' own; `special_ids` are those of <s> and </s>."""

    def run(window: Window) -> NDArray[np.float32]:
        ids = torch.tensor([[special_ids[0], *window.ids.tolist(), special_ids[1]]])
        with torch.no_grad():
            values = outputs(model(ids, torch.ones_like(ids)).logits)
        return beside([values[output][0, 1:-1].numpy()[window.keep] for output in (OUTPUT, *outputs.heads)])

    return run


def graph_run(graph: bytes, special_ids: tuple[int, int], heads: Sequence[str] = ()) -> Run:
    """Run windows with a graph and onnxruntime's default options, which differ from the runtime's."""
    options = onnxruntime.SessionOptions()
    options.log_severity_level = 3
    session = onnxruntime.InferenceSession(graph, options, providers=["CPUExecutionProvider"])
    return partial(run_window, session, special_ids, outputs=(OUTPUT, *heads))


def score_texts(pipeline: Pipeline, run: Run, texts: Sequence[str]) -> WordOutputs:
    """What a model says of the words of all texts, windows run by `run` instead of the pipeline's own."""
    parts = []
    for text in texts:
        job = pipeline.job(text)
        parts.append(job.pool([run(window) for window in pipeline.cut(job)]))
    return concatenate(parts)


def score_reference(pipeline: Pipeline, texts: Sequence[str]) -> Reference:
    """The scores of a checkpoint, whose `pipeline` runs it in torch. Raises CheckpointError where they say nothing."""
    words: list[str] = []
    parts = []
    for text in texts:
        job = pipeline.job(text)
        parts.append(job.pool([pipeline.run(window) for window in pipeline.cut(job)]))
        starts, ends = job.offsets()
        words += [text[start:end] for start, end in zip(starts.tolist(), ends.tolist(), strict=True)]
    outputs = concatenate(parts)
    scores = outputs.scores
    if not all(np.isfinite(values).all() for values in (scores, outputs.joins, outputs.kinds) if values is not None):
        raise CheckpointError("the checkpoint itself gives scores that are no numbers", "its weights are too large")
    if scores.std() < MIN_SPREAD:
        problem = f"the checkpoint scores all words alike, near {scores.mean():.0f}: its training went wrong"
        raise CheckpointError(problem, "lower its learning rate")
    return Reference(words, outputs)


def check_fp32(reference: Reference, outputs: WordOutputs) -> float:
    """The largest difference of an unquantized graph's scores.

    Raises ParityError above 0.05 of 300, also for the probabilities of heads.
    """
    scores = outputs.scores
    _check_comparable(reference, scores)
    for name, head in compare_heads(reference.outputs, outputs).items():
        if not head.max <= FP32_MAX / MAX_SCORE:
            raise ParityError(f"fp32: {name} differ from torch by {head.max:g}, at most {FP32_MAX / MAX_SCORE:.5f}")
    largest = float(np.abs(scores - reference.scores).max())
    if not largest <= FP32_MAX:
        raise ParityError(f"fp32: differs from torch by more than {FP32_MAX}: {_worst(reference, scores)}")
    return largest


def check_parity(
    reference: Reference, scores: NDArray[np.float32], gates: Gates, precision: str, fp32_max: float
) -> Parity:
    """How far `scores` (float32, [words]) lie from the reference. Raises ParityError where a gate fails."""
    _check_comparable(reference, scores)
    difference = compare_scores(reference.scores, scores, MARKS)
    parity = Parity(
        words=difference.words,
        fp32_max=round(fp32_max, 4),
        mean=round(difference.mean, 3),
        p99=round(difference.p99, 3),
        max=round(difference.max, 3),
        marks_changed=round(difference.marks_changed, 5),
    )
    figures = (("mean", parity.mean, gates.mean), ("99th percentile", parity.p99, gates.p99))
    failed = [f"{name} {value} (at most {gate:g})" for name, value, gate in figures if not value <= gate]
    if not parity.marks_changed <= gates.marks_changed:
        failed.append(f"marks changed {parity.marks_changed:.2%} (at most {gates.marks_changed:.2%})")
    if failed:
        problem = f"{precision}: too far from torch: {', '.join(failed)}; {_worst(reference, scores)}"
        raise ParityError(problem, "give wider gates (--max-...) or another --precision")
    return parity


def _check_comparable(reference: Reference, scores: NDArray[np.float32]) -> None:
    if scores.shape != reference.scores.shape:
        raise ParityError(f"the graph gives {len(scores)} words a score, torch {len(reference.scores)}")
    if not np.isfinite(scores).all():
        raise ParityError("the graph gives scores that are no numbers")


def _worst(reference: Reference, scores: NDArray[np.float32]) -> str:
    """The three words whose scores differ most."""
    worst = np.argsort(-np.abs(scores - reference.scores), kind="stable")[:3]
    return ", ".join(f"'{reference.words[i][:40]}' {reference.scores[i]:.2f} became {scores[i]:.2f}" for i in worst)
