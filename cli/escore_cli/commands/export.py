"""`escore export`: a checkpoint in, a bundle out."""

import json
import shlex
from dataclasses import asdict
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

if TYPE_CHECKING:
    from escore_export.export import Report

EXAMPLES = """\b
Examples:
  escore export checkpoint -o bundle && escore run --model bundle report.txt
  escore export checkpoint -o bundle --verify-on report.txt --max-mean 0.5
"""


class Precision(StrEnum):
    """In what numbers the bundle's weights are kept."""

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


def _gate(usual: str, most: int, what: str) -> Any:
    def within(value: float | None) -> float | None:
        if value is not None and not 0 <= value <= most:
            raise typer.BadParameter(f"{value} is not a number from 0 to {most}")
        return value

    return typer.Option(metavar="X", show_default=usual, callback=within, help=f"Gate: most that {what}.")


def export(
    checkpoint: Annotated[
        Path,
        typer.Argument(
            metavar="CHECKPOINT",
            help="Folder of a fine-tuned RoBERTa: RobertaForTokenClassification with one output, or the seed's layout.",
        ),
    ],
    output: Annotated[Path, typer.Option("-o", "--output", metavar="DIR", help="Folder to write.")],
    precision: Annotated[
        Precision, typer.Option(help="int8 is small and quick on processors, fp16 is for CUDA.")
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
            metavar="L", show_default="the training's, or 'not stated'", callback=_line, help="Of the weights."
        ),
    ] = None,
    max_tokens: Annotated[
        int | None,
        typer.Option(
            min=16,
            metavar="N",
            show_default="the training's; 192 for the seed's layout; else 512",
            help="Longest window that the model reads.",
        ),
    ] = None,
    max_mean: Annotated[float | None, _gate("1.5; 0.3 for fp16", 300, "scores may differ in the mean, of 300")] = None,
    max_p99: Annotated[float | None, _gate("12", 300, "99 of 100 scores may differ, of 300")] = None,
    max_marks: Annotated[float | None, _gate("0.01", 1, "words may change their mark, as a share")] = None,
    force: Annotated[
        bool, typer.Option("--force", help="Replace an older bundle, after success; default: off.")
    ] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON instead of a table; default: off.")] = False,
) -> None:
    """Export a checkpoint to a bundle that is proved equal to it.

    The bundle is opened by the runtime and compared with the checkpoint in torch, word by word. Where a gate fails,
    nothing is written. An fp32 bundle may differ by 0.05 of 300 on any word.
    """
    from escore import OutputError
    from escore.bundle.writer import check_output
    from escore_cli import signals
    from escore_cli.extras import extra
    from escore_cli.output.destination import open_output
    from escore_export import texts

    check_output(output, force)  # before torch is loaded, which takes a while
    if verify_on is not None:
        texts.given(verify_on)
    with extra("export"):
        from escore_export.export import Options, export_checkpoint
    signals.clean_up_first()
    options = Options(precision.value, verify_on, name, license, max_tokens, max_mean, max_p99, max_marks, force)
    report = export_checkpoint(checkpoint, output, options)
    try:
        with open_output(None) as say:
            say(json.dumps(_record(output, report), indent=2) + "\n" if as_json else _table(output, report))
    except OutputError as error:
        raise OutputError(f"{str(error).partition(';')[0]}; the bundle {output} is written all the same") from error


def _record(output: Path, report: "Report") -> dict[str, Any]:
    manifest = report.manifest
    return {
        "bundle": str(output),
        "name": manifest.name,
        "version": manifest.version,
        "license": manifest.license,
        "checkpoint": report.kind,
        "precision": manifest.precision,
        "layers": report.layers,
        "fused": report.fused,
        "bytes": {"weights_fp32": report.sizes[0], "model": report.sizes[1]},
        "parity": asdict(manifest.parity),
        "gates": asdict(report.gates),
        "words_per_second": asdict(report.speed),
        "next": _next(output),
    }


def _next(output: Path) -> str:
    return f"escore run --model {shlex.quote(str(output))} FILE"


def _table(output: Path, report: "Report") -> str:
    manifest, gates, speed = report.manifest, report.gates, report.speed
    parity = manifest.parity
    fused = report.fused
    norms = fused["SkipLayerNormalization"]
    rows = [
        ("bundle", f"{output}: {manifest.name} {manifest.version}, license: {manifest.license}"),
        (
            "size",
            f"{report.sizes[1] / 1e6:.1f} MB in {manifest.precision}; weights in fp32: {report.sizes[0] / 1e6:.1f} MB",
        ),
        (
            "fused",
            f"attention {fused['Attention']} and GELU {fused['BiasGelu']} of {report.layers}, layer norm {norms} of "
            f"{2 * report.layers}, embedding {fused['EmbedLayerNormalization']} of 1",
        ),
        (
            "parity",
            f"{parity.words} words: mean {parity.mean:g} of 300, 99th percentile {parity.p99:g}, "
            f"largest {parity.max:g}, marks changed {parity.marks_changed:.2%}",
        ),
        ("fp32 graph", f"largest {parity.fp32_max:g} of 300, at most 0.05"),
        (
            "words/s",
            f"{speed.torch:,.0f} in torch, {speed.bundle:,.0f} here: {speed.bundle / speed.torch:.1f} times as many",
        ),
        ("next", _next(output)),
    ]
    if manifest.precision != "fp32":
        limits = f"mean {gates.mean:g}, 99th percentile {gates.p99:g}, marks changed {gates.marks_changed:.2%}"
        rows.insert(4, ("at most", limits))
    return "".join(f"{name:<11} {value}\n" for name, value in rows)
