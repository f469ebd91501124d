"""`escore doctor`: whether this machine is all right for a bundle."""

import json
from typing import Annotated

import typer

from escore_cli.options import Device, Model, OnDevice, Threads

EXAMPLES = """\b
Examples:
  escore doctor
  escore doctor --model bundle --json
"""


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
    from escore_cli.output.destination import open_output
    from escore_evaluation.diagnostics import diagnose
    from escore_evaluation.diagnostics_report import build_report, to_table

    diagnosis = diagnose(model, threads, device.value)
    with open_output(None) as write:
        report = json.dumps(build_report(diagnosis), indent=2, ensure_ascii=False) + "\n"
        write(report if as_json else to_table(diagnosis))
    if diagnosis.problems:
        raise typer.Exit(1)
