"""The report of `escore bench`: as a dict for JSON (see docs/reference/formats.md), and as a table."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from statistics import fmean, median
from typing import Any

import numpy as np

from escore import Manifest
from escore_evaluation.machine import Machine
from escore_evaluation.speed.timing import BulkTiming

SCHEMA = 1


@dataclass(frozen=True, slots=True)
class Memory:
    """Peaks in bytes: of this process after loading and at its end, and of a cold process; None where unknown."""

    loaded: int | None
    end: int | None
    cold: int | None


def build_report(
    machine: Machine,
    model: Manifest,
    settings: Mapping[str, object],
    tokens: Mapping[int, Sequence[int]],
    calls: Mapping[int, Sequence[float]],
    bulk: Mapping[int, BulkTiming],
    cold: Mapping[str, Sequence[float]],
    memory: Memory,
) -> dict[str, Any]:
    """All measured values and what they come to.

    tokens: how many each text of `calls` has, by its length in words.
    calls: seconds of each call, by length in words.
    bulk: passes, by number of threads.
    cold: seconds of each new process, by name of its command: "run" and "imports".
    """
    return report_header(SCHEMA, machine, model, settings) | {
        "latency": [
            {"words": words, "tokens": round(fmean(tokens[words]), 1), "calls": len(seconds)}
            | {f"p{p}": _seconds(np.percentile(seconds, p)) for p in (50, 90, 99)}
            | {"seconds": _rounded(seconds)}
            for words, seconds in calls.items()
        ],
        "bulk": [
            {
                "threads": threads,
                "words": passes.words,
                "tokens": passes.tokens,
                "words_per_second": rates(passes.words, passes.seconds),
                "tokens_per_second": rates(passes.tokens, passes.seconds),
                "seconds": _rounded(passes.seconds),
            }
            for threads, passes in bulk.items()
        ],
        "cold": {
            "median": {name: _seconds(median(seconds)) for name, seconds in cold.items()},
            "ratio": round(median(cold["run"]) / median(cold["imports"]), 3),
            "seconds": {name: _rounded(seconds) for name, seconds in cold.items()},
        },
        "memory": asdict(memory),
    }


def to_table(report: Mapping[str, Any]) -> str:
    """A report as lines for a person to read."""
    machine, model, settings = report["machine"], report["model"], report["settings"]
    cores = f"{machine['cores']} core{'s' * (machine['cores'] > 1)}"
    size = "" if machine["memory"] is None else f", {machine['memory'] / 1e9:.1f} GB"
    cold, memory = report["cold"]["median"], report["memory"]
    return "\n".join(
        [
            f"machine   {machine['processor']} ({machine['kind']}), {cores}{size}, {machine['system']}",
            "versions  " + ", ".join(f"{name} {version}" for name, version in report["versions"].items()),
            f"model     {model['name']} {model['version']} ({model['precision']})",
            f"text      {settings['text'] or 'the one that ships'}",
            "",
            "one text     words   tokens   p50 ms   p90 ms   p99 ms    calls",
            *(
                f"         {row['words']:>9}{row['tokens']:>9.1f}"
                + "".join(f"{row[name] * 1e3:>9.2f}" for name in ("p50", "p90", "p99"))
                + f"{row['calls']:>9,}"
                for row in report["latency"]
            ),
            "",
            "bulk       threads  words/s    least     most tokens/s",
            *(
                f"         {row['threads']:>9}"
                + "".join(f"{row['words_per_second'][name]:>9,.0f}" for name in ("median", "least", "most"))
                + f"{row['tokens_per_second']['median']:>9,.0f}"
                for row in report["bulk"]
            ),
            "",
            f"cold start  {cold['run']:.2f} s; numpy, onnxruntime and tokenizers alone {cold['imports']:.2f} s; "
            f"{report['cold']['ratio']:.2f} times as long",
            f"peak memory {_size(memory['loaded'])} after loading, {_size(memory['end'])} at the end; "
            f"{_size(memory['cold'])} in a cold start\n",
        ]
    )


def report_header(schema: int, machine: Machine, model: Manifest, settings: Mapping[str, object]) -> dict[str, Any]:
    """What each report of measurements begins with: when, where, of what, and how."""
    about = asdict(machine)
    versions = about.pop("versions")
    return {
        "schema": schema,
        "date": datetime.now(UTC).isoformat(timespec="seconds"),
        "machine": about,
        "versions": versions,
        "model": model_identity(model),
        "settings": dict(settings),
    }


def model_identity(model: Manifest) -> dict[str, str]:
    """Which model it is, to the byte."""
    return {
        "name": model.name,
        "version": model.version,
        "precision": model.precision,
        "sha256": model.files["model.onnx"].sha256,
    }


def rates(count: int, seconds: Sequence[float]) -> dict[str, float]:
    """Of passes over `count` things that took so many seconds each: how many a second."""
    values = [count / duration for duration in seconds]
    return {"median": round(median(values), 1), "least": round(min(values), 1), "most": round(max(values), 1)}


def _rounded(seconds: Sequence[float]) -> list[float]:
    return [_seconds(value) for value in seconds]


def _seconds(value: float | np.floating[Any]) -> float:
    return round(float(value), 7)


def _size(value: int | None) -> str:
    return "unknown" if value is None else f"{value / 1e6:.0f} MB"
