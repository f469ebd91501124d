"""Is this machine all right for a bundle? What is looked at, what is found, and what of it is wrong."""

import hashlib
import importlib.metadata
import os
import warnings
from dataclasses import dataclass, field, replace
from pathlib import Path

import numpy as np

from escore import Bundle, BundleError, DeviceWarning, Document, EscoreError, Manifest, Scorer
from escore.bundle.bundle import locate
from escore.bundle.manifest import MANIFEST_NAME, read_manifest
from escore.concurrency.cores import affinity, quota, usable_cores
from escore.difference import GATES
from escore_evaluation.machine import Machine, machine

import onnxruntime  # isort: skip  # after escore, or it reports its use


@dataclass(frozen=True, slots=True)
class Threads:
    """Threads to be used, and why: those asked for (None: not), cores of the machine, of the affinity, of the quota."""

    used: int
    asked: int | None
    machine: int
    affinity: int
    quota: float | None


@dataclass(frozen=True, slots=True)
class Runtime:
    """onnxruntime: versions by installed distribution, the providers that it has, and whether it may report its use.

    `telemetry_disabled` is what ORT_DISABLE_TELEMETRY holds; escore sets it to 1 where nothing is set.
    """

    distributions: dict[str, str]
    providers: tuple[str, ...]
    telemetry_disabled: str | None


@dataclass(frozen=True, slots=True)
class Probe:
    """How far this machine's scores of the manifest's probe lie from its fp32 scores, of 300, and how far they may."""

    words: int
    mean: float
    largest: float
    marks_changed: int
    mean_limit: float
    largest_limit: float

    @property
    def passed(self) -> bool:
        """Whether both are within their limits."""
        return self.mean <= self.mean_limit and self.largest <= self.largest_limit


@dataclass(slots=True)
class Checkup:
    """All that was found. What stays None could not be looked at, because of one of `problems`.

    `files` has a state ("ok", "changed", or why it cannot be read) for each file of the bundle; `provider` runs the
    model; `same_bits` says whether one thread and several give the same scores, and is None on CUDA, where that is not
    promised. `problems` and `warnings` are a line each.
    """

    machine: Machine
    threads: Threads
    runtime: Runtime
    path: Path
    manifest: Manifest | None = None
    files: dict[str, str] = field(default_factory=dict)
    provider: str | None = None
    probe: Probe | None = None
    same_bits: bool | None = None
    problems: list[str] = field(default_factory=list)
    warnings: list[str] = field(default_factory=list)


def examine(model: str | None, threads: int | None, device: str) -> Checkup:
    """Look at everything, as far as it goes; what is wrong is in the checkup, and raises nothing."""
    found = Checkup(machine(), _threads(threads), _runtime(), Path(model or ""))
    if len(found.runtime.distributions) > 1:
        names = " and ".join(found.runtime.distributions)
        found.warnings.append(f"{names} overwrite each other; uninstall both, then install the one that you need")
    if found.runtime.telemetry_disabled != "1":
        found.warnings.append("ORT_DISABLE_TELEMETRY is not 1; onnxruntime may report its use to its maker")
    try:
        found.path = locate(model)
        found.manifest = read_manifest(found.path)
        found.files = {MANIFEST_NAME: "ok"} | _states(found.path, found.manifest)
        if broken := [f"{name}: {state}" for name, state in found.files.items() if state != "ok"]:
            found.problems.append(f"{found.path}: {', '.join(broken)}; restore the bundle")
            return found
        with warnings.catch_warnings(record=True) as caught:
            warnings.simplefilter("always", DeviceWarning)
            bundle = Bundle.open(found.path, device)
        found.warnings += [str(warning.message) for warning in caught]
        found.provider = bundle.session.get_providers()[0]
        found.probe = _probe(bundle, found.threads.used, found.problems)
        if not bundle.on_cuda:
            found.same_bits = _same_bits(bundle, found.threads.used, found.problems)
    except EscoreError as error:
        found.problems.append(str(error))
    return found


def _threads(asked: int | None) -> Threads:
    return Threads(asked or usable_cores(), asked, os.cpu_count() or 1, affinity(), quota())


def _runtime() -> Runtime:
    distributions = {}
    for name in ("onnxruntime", "onnxruntime-gpu"):
        try:
            distributions[name] = importlib.metadata.version(name)
        except importlib.metadata.PackageNotFoundError:
            continue
    providers = tuple(onnxruntime.get_available_providers())
    return Runtime(distributions, providers, os.environ.get("ORT_DISABLE_TELEMETRY"))


def _states(path: Path, described: Manifest) -> dict[str, str]:
    states = {}
    for name, record in described.files.items():
        try:
            with (path / name).open("rb") as file:
                same = hashlib.file_digest(file, "sha256").hexdigest() == record.sha256
            states[name] = "ok" if same else "changed"
        except FileNotFoundError:
            states[name] = "missing"
        except OSError as error:
            states[name] = error.strerror or str(error)
    return states


def _limits(described: Manifest) -> tuple[float, float]:
    """The most that mean and largest difference may be: export's gates, or twice what it measured above them."""
    parity = described.parity
    gates = GATES.get(described.precision, GATES["int8"])
    mean, largest = (
        2 * known if known > gate else gate for gate, known in ((gates.mean, parity.mean), (gates.p99, parity.max))
    )
    return mean, largest


def _score(bundle: Bundle, threads: int, text: str) -> Document:
    try:
        return Scorer(bundle, threads)(text)
    except EscoreError:
        raise
    except Exception as error:  # onnxruntime's exceptions share no narrower parent
        reason = str(error).partition("\n")[0]
        raise BundleError(f"{bundle.path}: onnxruntime cannot run it here: {reason}") from error


def _probe(bundle: Bundle, threads: int, problems: list[str]) -> Probe | None:
    described = bundle.manifest
    document = _score(bundle, threads, described.probe.text)
    expected = np.array(described.probe.scores, np.float32)
    if len(document.scores) != len(expected) or not len(expected):
        problems.append(
            f"the probe has {len(document.scores)} words here and {len(expected)} scores in {MANIFEST_NAME}; "
            "export the bundle again, or install the version of tokenizers that it was exported with"
        )
        return None
    if not np.isfinite(document.scores).all():
        problems.append(f"the model gives scores that are no numbers on this machine; {_advice(described)}")
        return None
    differences = np.abs(document.scores.astype(np.float64) - expected)
    changed = zip(document.words, replace(document, scores=expected).words, strict=True)
    probe = Probe(
        len(expected),
        float(differences.mean()),
        float(differences.max()),
        sum(here.mark != there.mark for here, there in changed),
        *_limits(described),
    )
    if not probe.passed:
        problems.append(
            f"scores differ from fp32 by {probe.mean:.2f} of 300 in the mean (at most {probe.mean_limit:g}) and "
            f"{probe.largest:.2f} at most (at most {probe.largest_limit:g}); {_advice(described)}"
        )
    return probe


def _advice(described: Manifest) -> str:
    if described.precision == "fp32":
        return "try another version of onnxruntime"
    return f"try another version of onnxruntime, or a bundle of fp32: {described.precision} is not exact enough here"


def _same_bits(bundle: Bundle, threads: int, problems: list[str]) -> bool:
    """Whether one thread and several give the same scores of a text that is at least two windows long."""
    probe, threads = bundle.manifest.probe, max(2, threads)
    text = " ".join([probe.text] * (2 * bundle.manifest.max_tokens // max(1, len(probe.scores)) + 1))
    alone, together = (_score(bundle, number, text).scores for number in (1, threads))
    same = alone.tobytes() == together.tobytes()
    if not same:
        problems.append(f"1 and {threads} threads give different scores; use --threads 1, and tell us what doctor says")
    return same
