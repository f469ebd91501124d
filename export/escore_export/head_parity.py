"""Compare the heads of a graph, joins and kinds, with those of its checkpoint."""

from collections.abc import Iterable

import numpy as np
from numpy.typing import NDArray

from escore.bundle.manifest import HeadParity
from escore.bundle.session import JOINS, KINDS
from escore.difference import Gates
from escore.entities import JOIN_MINIMUM
from escore.pipeline.pooling import WordOutputs
from escore.scale import ENTITY_MINIMUM, MAX_SCORE
from escore_export.errors import ParityError

MAX_CHANGED = 0.02  # the share of words whose likeliest answer may change


def check_heads(expected: WordOutputs, outputs: WordOutputs, gates: Gates, precision: str) -> dict[str, HeadParity]:
    """How far the heads lie from those of torch, by name. Raises ParityError where a gate fails.

    The gates are those of scores, of 1 instead of 300; and MAX_CHANGED.
    """
    heads = compare_heads(expected, outputs)
    limits = {"mean": gates.mean / MAX_SCORE, "p99": gates.p99 / MAX_SCORE, "changed": MAX_CHANGED}
    for name, head in heads.items():
        values = {figure: getattr(head, figure) for figure in limits}
        failed = [
            f"{figure} {value:g} (at most {limits[figure]:g})"
            for figure, value in values.items()
            if not value <= limits[figure]
        ]
        if failed:
            problem = f"{precision}: {name} too far from torch: {', '.join(failed)}"
            raise ParityError(problem, "give wider gates (--max-...) or another --precision")
    return heads


def compare_heads(expected: WordOutputs, outputs: WordOutputs) -> dict[str, HeadParity]:
    """How far the heads that there are lie from those of torch, by name; kinds of words that score as entities do."""
    heads = {}
    if expected.joins is not None and outputs.joins is not None:
        changed = (outputs.joins >= JOIN_MINIMUM) != (expected.joins >= JOIN_MINIMUM)
        heads[JOINS] = _parity(outputs.joins - expected.joins, changed)
    if expected.kinds is not None and outputs.kinds is not None:
        entities = expected.scores >= ENTITY_MINIMUM
        own, torch = outputs.kinds[entities], expected.kinds[entities]
        heads[KINDS] = _parity(own - torch, own.argmax(1) != torch.argmax(1))
    return heads


def _parity(differences: NDArray[np.float32], changed: NDArray[np.bool_]) -> HeadParity:
    if not len(changed):
        return HeadParity(0, 0.0, 0.0, 0.0, 0.0)
    values = np.abs(differences.astype(np.float64))
    figures = values.mean(), np.percentile(values, 99), values.max(), changed.mean()
    return HeadParity(len(changed), *(round(float(figure), 5) for figure in figures))


def concatenate(texts: Iterable[WordOutputs]) -> WordOutputs:
    """What a model says of the words of several texts, of which one has words at least."""
    parts = [part for part in texts if len(part.scores)]
    joins = [part.joins for part in parts if part.joins is not None]
    kinds = [part.kinds for part in parts if part.kinds is not None]
    return WordOutputs(
        np.concatenate([part.scores for part in parts]),
        np.concatenate(joins) if joins else None,
        np.concatenate(kinds) if kinds else None,
    )


def equal_outputs(one: WordOutputs, other: WordOutputs) -> bool:
    """Whether two models say the same of the same words, bit for bit."""
    pairs = ((one.scores, other.scores), (one.joins, other.joins), (one.kinds, other.kinds))
    return all(np.array_equal(a, b) if a is not None and b is not None else a is b for a, b in pairs)
