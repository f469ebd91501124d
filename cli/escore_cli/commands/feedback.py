"""`escore feedback`: the corrections that a service has kept, for training."""

import json
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from escore_service.feedback import Correction

EXAMPLES = """\b
Example:
  escore feedback corrections.db -o corrections.jsonl
"""


def feedback(
    file: Annotated[
        Path, typer.Argument(metavar="FILE", readable=False, help="File that 'escore serve --feedback' writes.")
    ],
    output: Annotated[
        Path | None,
        typer.Option(
            "-o",
            "--output",
            metavar="OUT",
            readable=False,
            show_default="standard output",
            help="File to write, whole or not at all.",
        ),
    ] = None,
) -> None:
    """Write the corrections that a service has kept as JSON lines, one line for each text. The service may be running.

    Labels are none, noun, proper and entity; offsets are in characters (code points), half open.
    """
    if output is not None and output.exists() and output.samefile(file):
        raise typer.BadParameter(f"{output} holds the corrections; give another file", param_hint="'-o'")
    from escore_cli import signals
    from escore_cli.output.destination import open_output
    from escore_service.feedback import texts

    signals.clean_up_first()
    with open_output(output) as write:
        for sha256, text, corrections in texts(file):
            record = {"text": text, "sha256": sha256, "corrections": list(map(_json_object, corrections))}
            write(json.dumps(record, ensure_ascii=False) + "\n")


def _json_object(correction: "Correction") -> dict[str, object]:
    return {
        "start": correction.start,
        "end": correction.end,
        "text": correction.word,
        "label": correction.label,
        "score": correction.score,
        "model": correction.model,
        "time": correction.time,
    }
