"""Does this machine score as a bundle promises? Reads the machine and the bundle's files, and scores a known text."""

import hashlib
import importlib.metadata
import os
import warnings
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from escore import Bundle, BundleError, DeviceWarning, Document, EscoreError, Manifest, Scorer
from escore.bundle.bundle import locate
from escore.bundle.manifest import MANIFEST_NAME, read_manifest
from escore.concurrency.cores import affinity, quota, usable_cores
from escore.difference import GATES, compare_scores
from escore_evaluation.machine import Machine, read_machine

import onnxruntime  # isort: skip  # after escore, or it reports its use


@dataclass(frozen=True, slots=True)
class Threads:
    """How many threads are used, and why.

    used: what a Scorer uses.
    asked: what the user asked for; None: nothing.
    machine: cores of the machine.
    affinity: cores that the scheduler lets this process use.
    quota: cores that the container grants; None without a limit.
    """

    used: int
    asked: int | None
    machine: int
    affinity: int
    quota: float | None


@dataclass(frozen=True, slots=True)
class Runtime:
    """onnxruntime as it is installed.

    distributions: versions by installed distribution.
    providers: what it can run models on.
    telemetry_disabled: the value of ORT_DISABLE_TELEMETRY, which escore sets to 1 where nothing is set.
    """

    distributions: dict[str, str]
    providers: tuple[str, ...]
    telemetry_disabled: str | None


@dataclass(frozen=True, slots=True)
class ProbeResult:
    """How far this machine's scores of the manifest's probe lie from its fp32 scores.

    words: of the probe.
    mean, largest: absolute differences, of 300.
    marks_changed: words that change their mark.
    mean_limit, largest_limit: how far mean and largest difference may lie.
    """

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
class Diagnosis:
    """All that was found out. What stays None could not be looked at, because of one of the problems.

    path: folder of the bundle.
    files: the state of each of its files: "ok", "changed", "missing", or why it cannot be read.
    provider: what runs the model.
    same_bits: whether one thread and several give the same scores; None on CUDA, where that is not promised.
    problems, warnings: a line each.
    """

    machine: Machine
    threads: Threads
    runtime: Runtime
    path: Path
    manifest: Manifest | None = None
    files: dict[str, str] = field(default_factory=dict)
    provider: str | None = None
    probe: ProbeResult | None = None
    same_bits: bool | None = None
    problems: list[str] = field(default_factory=list)
    warnings: list[str] = field(default_factory=list)


def diagnose(model: str | None, threads: int | None, device: str) -> Diagnosis:
    """Look at everything, as far as possible; what is wrong is among the problems, and raises nothing.

    Arguments are as for Bundle.open and Scorer.
    """
    diagnosis = Diagnosis(read_machine(), _read_threads(threads), _read_runtime(), Path(model or ""))
    if len(diagnosis.runtime.distributions) > 1:
        names = " and ".join(diagnosis.runtime.distributions)
        diagnosis.warnings.append(f"{names} overwrite each other; uninstall both, then install the one that you need")
    if diagnosis.runtime.telemetry_disabled != "1":
        diagnosis.warnings.append("ORT_DISABLE_TELEMETRY is not 1; onnxruntime may report its use to its maker")
    try:
        diagnosis.path = locate(model)
        diagnosis.manifest = read_manifest(diagnosis.path)
        diagnosis.files = {MANIFEST_NAME: "ok"} | _file_states(diagnosis.path, diagnosis.manifest)
        if broken := [f"{name}: {state}" for name, state in diagnosis.files.items() if state != "ok"]:
            diagnosis.problems.append(f"{diagnosis.path}: {', '.join(broken)}; restore the bundle")
            return diagnosis
        with warnings.catch_warnings(record=True) as caught:
            warnings.simplefilter("always", DeviceWarning)
            bundle = Bundle.open(diagnosis.path, device)
        diagnosis.warnings += [str(warning.message) for warning in caught]
        diagnosis.provider = bundle.session.get_providers()[0]
        base = bundle  # the probe knows no personal head
        if diagnosis.manifest.personal_head is not None:
            base = Bundle.open(diagnosis.path, device, personal=False)
        diagnosis.probe = _check_probe(base, diagnosis.threads.used, diagnosis.problems)
        if not bundle.on_cuda:
            diagnosis.same_bits = _check_bits(bundle, diagnosis.threads.used, diagnosis.problems)
    except EscoreError as error:
        diagnosis.problems.append(str(error))
    return diagnosis


def _read_threads(threads: int | None) -> Threads:
    return Threads(threads or usable_cores(), threads, os.cpu_count() or 1, affinity(), quota())


def _read_runtime() -> Runtime:
    distributions = {}
    for name in ("onnxruntime", "onnxruntime-gpu"):
        try:
            distributions[name] = importlib.metadata.version(name)
        except importlib.metadata.PackageNotFoundError:
            continue
    providers = tuple(onnxruntime.get_available_providers())
    return Runtime(distributions, providers, os.environ.get("ORT_DISABLE_TELEMETRY"))


def _file_states(folder: Path, manifest: Manifest) -> dict[str, str]:
    states = {}
    for name, record in manifest.files.items():
        try:
            with (folder / name).open("rb") as file:
                same = hashlib.file_digest(file, "sha256").hexdigest() == record.sha256
            states[name] = "ok" if same else "changed"
        except FileNotFoundError:
            states[name] = "missing"
        except OSError as error:
            states[name] = error.strerror or str(error)
    return states


def _limits(manifest: Manifest) -> tuple[float, float]:
    """The limits of mean and largest difference: export's gates, or twice what export measured where that is more."""
    gates = GATES.get(manifest.precision, GATES["int8"])
    mean, largest = manifest.parity.mean, manifest.parity.max
    return 2 * mean if mean > gates.mean else gates.mean, 2 * largest if largest > gates.p99 else gates.p99


def _score(bundle: Bundle, threads: int, text: str) -> Document:
    try:
        return Scorer(bundle, threads)(text)
    except EscoreError:
        raise
    except Exception as error:  # onnxruntime's exceptions share no narrower parent
        reason = str(error).partition("\n")[0]
        raise BundleError(f"{bundle.path}: onnxruntime cannot run it here: {reason}") from error


def _check_probe(bundle: Bundle, threads: int, problems: list[str]) -> ProbeResult | None:
    manifest = bundle.manifest
    document = _score(bundle, threads, manifest.probe.text)
    expected = np.array(manifest.probe.scores, np.float32)
    if len(document.scores) != len(expected) or not len(expected):
        problems.append(
            f"the probe has {len(document.scores)} words here and {len(expected)} scores in {MANIFEST_NAME}; "
            "export the bundle again, or install the version of tokenizers that it was exported with"
        )
        return None
    if not np.isfinite(document.scores).all():
        problems.append(f"the model gives scores that are no numbers on this machine; {_advice(manifest)}")
        return None
    difference = compare_scores(expected, document.scores, manifest.marks)
    marks_changed = round(difference.marks_changed * difference.words)
    probe = ProbeResult(difference.words, difference.mean, difference.max, marks_changed, *_limits(manifest))
    if not probe.passed:
        problems.append(
            f"scores differ from fp32 by {probe.mean:.2f} of 300 in the mean (at most {probe.mean_limit:g}) and "
            f"{probe.largest:.2f} at most (at most {probe.largest_limit:g}); {_advice(manifest)}"
        )
    return probe


def _advice(manifest: Manifest) -> str:
    if manifest.precision == "fp32":
        return "try another version of onnxruntime"
    return f"try another version of onnxruntime, or a bundle of fp32: {manifest.precision} is not exact enough here"


def _check_bits(bundle: Bundle, threads: int, problems: list[str]) -> bool:
    """Whether one thread and several give the same scores of a text that is at least two windows long."""
    probe, threads = bundle.manifest.probe, max(2, threads)
    text = " ".join([probe.text] * (2 * bundle.manifest.max_tokens // max(1, len(probe.scores)) + 1))
    one, several = (_score(bundle, number, text).scores for number in (1, threads))
    same = one.tobytes() == several.tobytes()
    if not same:
        problems.append(f"1 and {threads} threads give different scores; use --threads 1, and tell us what doctor says")
    return same
