"""Options that several commands share."""

from typing import Annotated

import typer

Threads = Annotated[
    int | None,
    typer.Option(
        min=1, metavar="N", envvar="ESCORE_THREADS", show_default="all cores", help="Windows to score side by side."
    ),
]
