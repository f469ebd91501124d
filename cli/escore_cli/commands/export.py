"""`escore export`: a checkpoint in, a bundle out."""

import json
from enum import StrEnum
from functools import partial
from math import isfinite
from pathlib import Path
from typing import Annotated, Any

import typer

from escore_cli.output.messages import print_error

EXAMPLES = """\b
Examples:
  escore export checkpoint -o bundle && escore run --model bundle report.txt
  escore export checkpoint -o bundle --verify-on report.txt --max-mean 0.5
  escore export ner-classifier -o bundle --entity-labels --calibrate-on labels.jsonl
  escore export regression -o bundle --output raw --range 0 300
"""


_OUTPUTS = ("raw", "sigmoid")


class Precision(StrEnum):
    """The numbers that the bundle's weights are stored in."""

    INT8 = "int8"
    FP32 = "fp32"
    FP16 = "fp16"


def _line(value: str | None) -> str | None:
    if value is None:
        return None
    from escore.printable import is_printable_line

    if not is_printable_line(value):
        raise typer.BadParameter(f"{value!r} is empty or not one line of text")
    return value


def _folder_and_outputs(values: list[str]) -> tuple[Path, str]:
    """The folder to write, and what --output says of the model: "raw", "sigmoid", or "" for nothing.

    The option has both meanings, so that `-o bundle --output raw` and `--output bundle` are each what they look like.
    """
    outputs = [value for value in values if value in _OUTPUTS]
    folders = [value for value in values if value not in _OUTPUTS]
    if len(values) == 1:
        return Path(values[0]), ""
    if (len(folders), len(outputs)) != (1, 1):
        raise typer.BadParameter("give one folder, and raw or sigmoid at most once", param_hint="'--output'")
    return Path(folders[0]), outputs[0]


def _meaning(outputs: str, number_range: tuple[float, float] | None, entity_labels: bool) -> dict[str, Any]:
    """What the three options say of the outputs: the arguments of Meaning."""
    if entity_labels and (outputs or number_range):
        raise typer.BadParameter("give --entity-labels without --output and --range")
    if outputs == "raw" and number_range is None:
        raise typer.BadParameter("--output raw needs --range LOW HIGH, the numbers that it was trained on")
    if number_range is not None:
        if outputs == "sigmoid":
            raise typer.BadParameter("--range is for --output raw")
        low, high = number_range
        if not (isfinite(low) and isfinite(high) and low < high):
            raise typer.BadParameter(f"--range {low:g} {high:g}: give two numbers, the smaller first")
    return {"entity_labels": entity_labels, "number_range": number_range}


def _calibrate(folder: Path, files: list[Path] | tuple[()]) -> None:
    """Calibrate the finished bundle where there are labeled files."""
    if files:
        from escore_evaluation.calibrate_bundle import calibrate_bundle

        calibrate_bundle(folder, files, print_error)


def _gate(default: str, maximum: int, what: str) -> Any:
    def check(value: float | None) -> float | None:
        if value is not None and not 0 <= value <= maximum:
            raise typer.BadParameter(f"{value} is not a number from 0 to {maximum}")
        return value

    return typer.Option(metavar="X", show_default=default, callback=check, help=f"Gate: the largest {what}.")


def export(
    checkpoint: Annotated[
        Path,
        typer.Argument(
            metavar="CHECKPOINT",
            help="Folder of a fine-tuned RoBERTa (docs/how-to/export.md), or one of several files of weights in it: "
            "RobertaForTokenClassification with one output, with heads or with labels of entities, or the original "
            "demo's layout.",
        ),
    ],
    output: Annotated[
        list[str],
        typer.Option(
            "-o",
            "--output",
            metavar="DIR",
            help="Folder to write. A second time, what the model gives: raw, numbers that it was trained on (see "
            "--range), or sigmoid, logits even if they look like such numbers.",
        ),
    ],
    number_range: Annotated[
        tuple[float, float] | None,
        typer.Option(
            "--range", metavar="LOW HIGH", show_default="none", help="Numbers that become 0 and 300, for --output raw."
        ),
    ] = None,
    entity_labels: Annotated[
        bool,
        typer.Option(
            "--entity-labels",
            help="The outputs are labels of entities (O, B-PER, I-PER, ...): score by 1 - P(O); default: off.",
        ),
    ] = False,
    calibrate_on: Annotated[
        list[Path] | None,
        typer.Option(
            metavar="FILE",
            show_default="none",
            help="Labeled texts, in any format that 'escore labels' reads, to fit the bundle's calibration on and to "
            "measure it; may be given again.",
        ),
    ] = None,
    precision: Annotated[
        Precision, typer.Option(help="int8 is small and fast on CPUs, fp16 is for CUDA.")
    ] = Precision.INT8,
    verify_on: Annotated[
        Path | None,
        typer.Option(metavar="FILE", show_default="none", help="Text of yours to compare on, beside the export's own."),
    ] = None,
    name: Annotated[
        str | None,
        typer.Option(
            metavar="N", show_default="the training's, or the folder's", callback=_line, help="Name of the model."
        ),
    ] = None,
    license: Annotated[
        str | None,
        typer.Option(
            metavar="L", show_default="the training's, or 'not stated'", callback=_line, help="License of the weights."
        ),
    ] = None,
    # Until escore 0.2; the former spelling.
    licence: Annotated[str | None, typer.Option(hidden=True, callback=_line)] = None,
    max_tokens: Annotated[
        int | None,
        typer.Option(
            min=16,
            metavar="N",
            show_default="the training's; 192 for the original demo's layout; else 512",
            help="Longest window that the model reads.",
        ),
    ] = None,
    max_mean: Annotated[float | None, _gate("1.5; 0.3 for fp16", 300, "mean difference of scores, of 300")] = None,
    max_p99: Annotated[float | None, _gate("12", 300, "99th percentile of the differences, of 300")] = None,
    max_marks: Annotated[float | None, _gate("0.01", 1, "share of words whose mark changes")] = None,
    force: Annotated[
        bool, typer.Option("--force", help="Replace an older bundle, after success; default: off.")
    ] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON instead of a table; default: off.")] = False,
) -> None:
    """Export a checkpoint to a bundle that gives the same scores.

    The bundle is opened by the runtime and compared with the checkpoint in torch, word by word. Where a gate fails,
    nothing is written. An fp32 bundle may differ by 0.05 of 300 on any word.
    """
    from escore import OutputError
    from escore.bundle.writer import check_output
    from escore_cli import signals
    from escore_cli.extras import extra
    from escore_cli.output.destination import open_output
    from escore_export.verification import read_verification_text

    folder, outputs = _folder_and_outputs(output)
    meaning = _meaning(outputs, number_range, entity_labels)
    check_output(folder, force)  # before torch is loaded, which takes a while
    if verify_on is not None:
        read_verification_text(verify_on)
    if calibrate_on:
        from escore_evaluation.calibrate_bundle import check_labels

        check_labels(calibrate_on)
    with extra("export"):
        from escore_export.checkpoint.model import Meaning
        from escore_export.export import Options, export_checkpoint
    signals.clean_up_first()
    gates = max_mean, max_p99, max_marks
    options = Options(
        precision.value,
        verify_on,
        name,
        license or licence,
        max_tokens,
        *gates,
        force,
        meaning=Meaning(**meaning),
        is_logit=outputs == "sigmoid",
    )
    report = export_checkpoint(checkpoint, folder, options, partial(_calibrate, files=calibrate_on or ()))
    try:
        with open_output(None) as write:
            write(json.dumps(report.as_json(), indent=2) + "\n" if as_json else report.as_table())
    except OutputError as error:
        raise OutputError(error.problem, f"the bundle {folder} is written all the same") from error
