"""`escore feedback`: the corrections that a service has kept, for training."""

from pathlib import Path
from typing import Annotated

import typer

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
    """Write the corrections of a service as records, one line for each text. The service may be running.

    Records are what 'escore labels' reads; docs/reference/records.md describes them.
    """
    from escore_cli import signals
    from escore_cli.output.destination import check_outputs, open_output
    from escore_labels.record import render_record
    from escore_service.feedback import records

    check_outputs({"-o": output}, [file])
    signals.clean_up_first()
    with open_output(output) as write:
        for record in records(file):
            write(render_record(record))
