"""Options that several commands share."""

from enum import StrEnum
from typing import Annotated

import typer


class Device(StrEnum):
    """What runs the model."""

    AUTO = "auto"
    CPU = "cpu"
    CUDA = "cuda"


# As in escore.scorer, which is not imported before a command runs.
MOST_THREADS = 1024


def _threads(text: str) -> int:
    if not (text.isascii() and text.isdigit() and len(text) <= 4 and 1 <= int(text) <= MOST_THREADS):
        raise typer.BadParameter(f"'{text}' is not a number of threads from 1 to {MOST_THREADS}")
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

Model = Annotated[
    str | None,
    typer.Option(metavar="DIR", envvar="ESCORE_MODEL", show_default="the one that ships", help="Folder of a bundle."),
]
OnDevice = Annotated[Device, typer.Option(help="What runs the model.")]
