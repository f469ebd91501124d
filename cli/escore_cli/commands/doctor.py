"""`escore doctor`: whether this machine is all right for a bundle."""

import json
from dataclasses import asdict
from typing import TYPE_CHECKING, Annotated, Any

import typer

from escore_cli.options import Device, Model, OnDevice, Threads

if TYPE_CHECKING:
    from escore_evaluation.diagnostics import Checkup

EXAMPLES = """\b
Examples:
  escore doctor
  escore doctor --model bundle --json
"""

_INT8 = {
    "AVX-512 with VNNI": "one instruction multiplies and adds 64 pairs of 8-bit numbers, so int8 is at its fastest",
    "AVX2 with VNNI": "one instruction multiplies and adds 32 pairs of 8-bit numbers, so int8 is fast",
    "AVX-512 without VNNI": "8-bit numbers take three instructions to multiply and add, so int8 gains less over fp32",
    "AVX2 only": "8-bit numbers take three instructions to multiply and add, so int8 gains less over fp32",
    "ARM with dot product": "one instruction multiplies and adds 16 pairs of 8-bit numbers, so int8 is fast",
}


def doctor(
    model: Model = None,
    threads: Threads = None,
    device: OnDevice = Device.AUTO,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON instead of a table; default: off.")] = False,
) -> None:
    """Say whether this machine scores as promised.

    Looks at versions, processor, threads, memory, onnxruntime and the bundle's files, then scores a short text whose
    scores in 32 bits the bundle knows. The last line is the verdict: "all right: ...", or "off: ...", what to do, and
    exit code 1.
    """
    from escore_cli.output.destination import sink
    from escore_evaluation.diagnostics import examine

    found = examine(model, threads, device.value)
    with sink(None) as write:
        write(json.dumps(_record(found), indent=2, ensure_ascii=False) + "\n" if as_json else _table(found))
    if found.problems:
        raise typer.Exit(1)


def _verdict(found: "Checkup") -> str:
    if found.problems or found.manifest is None or found.probe is None:
        return f"off: {'; '.join(found.problems)}"
    model = f"{found.manifest.name} {found.manifest.version}"
    return f"all right: {model} scores as promised, {found.probe.mean:.2f} of 300 from fp32 in the mean"


def _record(found: "Checkup") -> dict[str, Any]:
    described, probe = found.manifest, found.probe
    known = {key: getattr(described, key) for key in ("name", "version", "precision", "license")} if described else {}
    return {
        "ok": not found.problems,
        "verdict": _verdict(found),
        "problems": found.problems,
        "warnings": found.warnings,
        "machine": asdict(found.machine),
        "threads": asdict(found.threads),
        "onnxruntime": asdict(found.runtime) | {"provider": found.provider},
        "bundle": {"path": str(found.path)} | known | {"files": found.files},
        "probe": asdict(probe) if probe else None,
        "same_bits": found.same_bits,
    }


def _table(found: "Checkup") -> str:
    machine, probe, described = found.machine, found.probe, found.manifest
    rows = [
        ("versions", ", ".join(f"{name} {version}" for name, version in machine.versions.items())),
        ("system", machine.system),
        ("processor", f"{machine.processor}: {' '.join(machine.flags) or 'no flag that matters here'}"),
        ("kind", f"{machine.kind}: {_INT8.get(machine.kind, 'how int8 does on it is not known')}"),
        ("threads", _threads(found)),
        ("memory", "not known" if machine.memory is None else f"{machine.memory / 1e9:.1f} GB for this process"),
        (
            "providers",
            f"{', '.join(found.runtime.providers)}; {_provider(found)}",
        ),
        ("telemetry", f"ORT_DISABLE_TELEMETRY is {found.runtime.telemetry_disabled or 'not set'}"),
        *(("warning", warning) for warning in found.warnings),
        ("bundle", str(found.path)),
    ]
    if described:
        model = f"{described.name} {described.version}, {described.precision}, license: {described.license}"
        rows += [("model", model), *found.files.items()]
    if probe:
        rows.append(
            (
                "probe",
                f"{probe.words} words against fp32: mean {probe.mean:.2f} of 300 (at most {probe.mean_limit:g}), "
                f"largest {probe.largest:.2f} (at most {probe.largest_limit:g}), marks changed {probe.marks_changed}",
            )
        )
    if found.same_bits is not None:
        several = max(2, found.threads.used)
        least = " (the least that is tried)" if found.threads.used < several else ""
        rows.append(("same bits", f"from 1 thread and from {several}{least}: {'yes' if found.same_bits else 'no'}"))
    return "".join(f"{name:<14} {value}\n" for name, value in rows) + f"{_verdict(found)}\n"


def _provider(found: "Checkup") -> str:
    return f"the bundle runs on {found.provider}" if found.provider else "no bundle was loaded"


def _threads(found: "Checkup") -> str:
    threads = found.threads
    granted = "no quota" if threads.quota is None else f"a quota of {threads.quota:g}"
    why = "as asked; this process may use" if threads.asked else "all that this process may use:"
    return f"{threads.used}, {why} {threads.affinity} of {threads.machine} cores by affinity, {granted} by cgroup"
