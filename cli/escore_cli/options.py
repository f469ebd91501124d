"""Options that several commands share."""

from typing import Annotated

import typer


def _threads(text: str) -> int:
    if not (text.isascii() and text.isdigit() and int(text) >= 1):
        raise typer.BadParameter(f"'{text}' is not a number of threads, 1 or more")
    return int(text)


Threads = Annotated[
    int | None,
    typer.Option(
        parser=_threads,
        metavar="N",
        envvar="ESCORE_THREADS",
        show_default="all cores",
        help="Windows to score side by side.",
    ),
]
