"""Which of two bundles is better on the same labels: a paired bootstrap by text."""

from dataclasses import dataclass
from typing import Literal

from escore_evaluation import metrics
from escore_evaluation.figures import Samples
from escore_evaluation.metrics import Estimate

Verdict = Literal["better", "worse", "no difference shown"]
LOWER_IS_BETTER = frozenset({"ece"})
MIN_UNITS = 10  # texts (or documents); the resamples of fewer say little about other texts


@dataclass(frozen=True, slots=True)
class Difference:
    """A figure of one bundle and of another, and by how much the first one's is higher.

    verdict: better or worse only where the 95 % interval of the difference excludes 0; None without resamples, and of
        fewer than MIN_UNITS texts.
    """

    value: float
    other: float
    difference: Estimate
    verdict: Verdict | None


def compare_figures(first: Samples, second: Samples) -> dict[str, Difference]:
    """The differences of all figures that both have, by name; both must be measured on the same resamples.

    As in Koehn 2004, "Statistical significance tests for machine translation evaluation", and Berg-Kirkpatrick et al.
    2012: both bundles are measured on each resample, so that what makes a text hard for both does not count.
    """
    differences: dict[str, Difference] = {}
    for name, values in first.values.items():
        estimate = metrics.estimate(values - second.values[name])
        if estimate is not None:
            verdict = _verdict(name, estimate) if len(values) > 1 and first.units >= MIN_UNITS else None
            differences[name] = Difference(float(values[0]), float(second.values[name][0]), estimate, verdict)
    return differences


def _verdict(name: str, difference: Estimate) -> Verdict:
    if difference.low <= 0 <= difference.high:
        return "no difference shown"
    return "better" if (difference.low > 0) != (name in LOWER_IS_BETTER) else "worse"
