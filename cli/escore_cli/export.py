"""`escore export`: a checkpoint in, a bundle out."""

from pathlib import Path
from typing import Annotated

import typer

EXAMPLE = """\b
Example:
  escore export checkpoint -o bundle && escore run --model bundle report.txt
"""


def export(
    checkpoint: Annotated[Path, typer.Argument(metavar="CHECKPOINT", help="Folder that 'escore train' wrote.")],
    output: Annotated[
        Path, typer.Option("-o", "--output", metavar="DIR", help="Folder to write; it must not exist yet.")
    ],
) -> None:
    """Export a checkpoint to an int8 bundle.

    The bundle is compared with the checkpoint in torch; where they do not agree, nothing is written.
    """
    from escore_cli import signals
    from escore_cli.extras import extra

    with extra("export"):
        from escore_export.export import export as write
    signals.clean_up_first()
    write(checkpoint, output)
