"""The report of `escore doctor`: as a dict for JSON, and as a table whose last line is the verdict."""

from dataclasses import asdict
from typing import Any

from escore_evaluation.diagnostics import Diagnosis, Threads

_INT8_SPEED = {
    "AVX-512 with VNNI": "one instruction multiplies and adds 64 pairs of 8-bit numbers, so int8 is at its fastest",
    "AVX2 with VNNI": "one instruction multiplies and adds 32 pairs of 8-bit numbers, so int8 is fast",
    "AVX-512 without VNNI": "8-bit numbers take three instructions to multiply and add, so int8 gains less over fp32",
    "AVX2 only": "8-bit numbers take three instructions to multiply and add, so int8 gains less over fp32",
    "ARM with dot product": "one instruction multiplies and adds 16 pairs of 8-bit numbers, so int8 is fast",
}

_BY_SENTENCE = "sentence by sentence: the model was trained on one at a time (escore run --lines)"


def build_report(diagnosis: Diagnosis) -> dict[str, Any]:
    """All that was found out, as JSON's types."""
    manifest, probe = diagnosis.manifest, diagnosis.probe
    keys = ("name", "version", "precision", "license", "by_sentence")
    about = {key: getattr(manifest, key) for key in keys} if manifest else {}
    return {
        "ok": not diagnosis.problems,
        "verdict": _verdict(diagnosis),
        "problems": diagnosis.problems,
        "warnings": diagnosis.warnings,
        "machine": asdict(diagnosis.machine),
        "threads": asdict(diagnosis.threads),
        "onnxruntime": asdict(diagnosis.runtime) | {"provider": diagnosis.provider},
        "bundle": {"path": str(diagnosis.path)} | about | {"files": diagnosis.files},
        "probe": asdict(probe) if probe else None,
        "same_bits": diagnosis.same_bits,
    }


def to_table(diagnosis: Diagnosis) -> str:
    """A line for each thing that was looked at, and the verdict."""
    machine, runtime, probe, manifest = diagnosis.machine, diagnosis.runtime, diagnosis.probe, diagnosis.manifest
    provider = f"the bundle runs on {diagnosis.provider}" if diagnosis.provider else "no bundle was loaded"
    rows = [
        ("versions", ", ".join(f"{name} {version}" for name, version in machine.versions.items())),
        ("system", machine.system),
        ("processor", f"{machine.processor}: {' '.join(machine.flags) or 'no flag that matters here'}"),
        ("kind", f"{machine.kind}: {_INT8_SPEED.get(machine.kind, 'how int8 does on it is not known')}"),
        ("threads", _threads(diagnosis.threads)),
        ("memory", "not known" if machine.memory is None else f"{machine.memory / 1e9:.1f} GB for this process"),
        ("providers", f"{', '.join(runtime.providers)}; {provider}"),
        ("telemetry", f"ORT_DISABLE_TELEMETRY is {runtime.telemetry_disabled or 'not set'}"),
        *(("warning", warning) for warning in diagnosis.warnings),
        ("bundle", str(diagnosis.path)),
    ]
    if manifest:
        model = f"{manifest.model_name}, {manifest.precision}, license: {manifest.license}"
        texts = [("texts", _BY_SENTENCE)] if manifest.by_sentence else []
        rows += [("model", model), *texts, *diagnosis.files.items()]
    if probe:
        differences = (
            f"mean {probe.mean:.2f} of 300 (at most {probe.mean_limit:g}), largest {probe.largest:.2f} (at most "
            f"{probe.largest_limit:g}), marks changed {probe.marks_changed}"
        )
        rows.append(("probe", f"{probe.words} words against fp32: {differences}"))
    if diagnosis.same_bits is not None:
        several = max(2, diagnosis.threads.used)
        least = " (the least that is tried)" if diagnosis.threads.used < several else ""
        rows.append(("same bits", f"from 1 thread and from {several}{least}: {'yes' if diagnosis.same_bits else 'no'}"))
    return "".join(f"{name:<14} {value}\n" for name, value in rows) + f"{_verdict(diagnosis)}\n"


def _verdict(diagnosis: Diagnosis) -> str:
    if diagnosis.problems or diagnosis.manifest is None or diagnosis.probe is None:
        return f"off: {'; '.join(diagnosis.problems)}"
    model = diagnosis.manifest.model_name
    return f"all right: {model} scores as promised, {diagnosis.probe.mean:.2f} of 300 from fp32 in the mean"


def _threads(threads: Threads) -> str:
    granted = "no quota" if threads.quota is None else f"a quota of {threads.quota:g}"
    why = "as asked; this process may use" if threads.asked else "all that this process may use:"
    return f"{threads.used}, {why} {threads.affinity} of {threads.machine} cores by affinity, {granted} by cgroup"
