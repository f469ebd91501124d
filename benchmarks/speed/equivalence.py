"""Before anything is timed: do escore and its peer give the same scores?"""

from functools import cache
from itertools import pairwise

import numpy as np

from benchmarks.speed.models import get_model
from benchmarks.speed.peers import Worker
from benchmarks.texts import Source
from escore import EscoreError
from escore.difference import compare_scores
from escore.segmentation import words

LENGTHS = (8, 16, 30, 60, 100)  # words of the texts that are compared
MINIMUM_SPREAD = 20  # of 300: where scores hardly differ from word to word, agreement shows nothing
# The largest differences of word scores: mean, 99th percentile, maximum. In int8, onnxruntime's default options round
# otherwise than escore's, and where a value lies between two steps, twelve layers of random weights multiply that.
FP32 = (0.05, 0.05, 0.05)
INT8 = {"default": (0.5, 5.0, 20.0), "base": (3.0, 20.0, 300.0)}


class DisagreementError(EscoreError, ValueError):
    """Two tools that should give the same scores do not."""


@cache
def check_peer(peer: Worker, model: str, source: Source) -> None:
    """Compare a peer, once, with the bundle of a model in the peer's precision. Raises DisagreementError."""
    if peer.name in ("original", "pipeline"):
        check(Worker("escore", folder=str(get_model(model).fp32)), peer, source, FP32)
    elif peer.name in ("optimum", "plain"):
        check(Worker("escore", folder=str(get_model(model).int8)), peer, source, INT8[model])


def check(escore: Worker, peer: Worker, source: Source, tolerance: tuple[float, ...]) -> None:
    """Compare the scores of escore's words with the means of the peer's tokens in them. Raises DisagreementError."""
    pairs = []
    for text in (text for length in LENGTHS for text in source.texts(2, length).texts):
        spaced = " ".join(word for word, _ in words(text))  # which RoBERTa's own tokenizer and escore's split alike
        scored, tokens = escore.call("tokens", spaced), peer.call("tokens", spaced)
        for (start, _, score), (following, *_) in pairwise([*scored, (len(spaced) + 1,)]):
            inside = [value for first, _, value in tokens if start <= first < following]
            pairs.append((score, float(np.mean(inside)) if inside else np.nan))
    expected, scores = np.array(pairs).T
    error = compare_scores(expected, scores, ())
    values = (error.mean, error.p99, error.max)
    if not all(value <= limit for value, limit in zip(values, tolerance, strict=True)):  # nan is no agreement
        problem = "{} and {} disagree: mean {:.2f}, 99th percentile {:.2f}, maximum {:.2f} of 300"
        raise DisagreementError(problem.format(escore.name, peer.name, *values), "nothing was timed")
    if expected.std() < MINIMUM_SPREAD:
        raise DisagreementError(f"{escore.name} scores all words alike", "compare another model")
