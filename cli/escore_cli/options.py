"""Options that several commands share."""

from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from escore import Terms


class Device(StrEnum):
    """What runs the model."""

    AUTO = "auto"
    CPU = "cpu"
    CUDA = "cuda"


def _threads(text: str) -> int:
    from escore.concurrency.cores import MAX_THREADS

    if not (text.isascii() and text.isdigit() and len(text) <= 4 and 1 <= int(text) <= MAX_THREADS):
        raise typer.BadParameter(f"'{text}' is not a number of threads from 1 to {MAX_THREADS}")
    return int(text)


def _encoding(name: str) -> str:
    try:
        b"text".decode(name)
    except UnicodeError:
        return name  # an encoding of text, if not of this one
    except (LookupError, ValueError) as error:
        raise typer.BadParameter(f"'{name}' is not an encoding of text that Python knows") from error
    return name


Threads = Annotated[
    int | None,
    typer.Option(
        parser=_threads,
        metavar="N",
        envvar="ESCORE_THREADS",
        show_default="all cores",
        help="Number of windows to score in parallel.",
    ),
]

Model = Annotated[
    str | None,
    typer.Option(
        metavar="MODEL",
        envvar="ESCORE_MODEL",
        show_default="default, the larger one",
        help="Folder of a bundle, or fast, the smaller model that ships.",
    ),
]
_TERMS = "File of terms, one a line, that are {}; may be given again."
Always = Annotated[
    list[Path] | None,
    typer.Option(metavar="FILE", readable=False, show_default="none", help=_TERMS.format("always entities")),
]
Never = Annotated[
    list[Path] | None,
    typer.Option(metavar="FILE", readable=False, show_default="none", help=_TERMS.format("never part of one")),
]
Output = Annotated[
    Path | None,
    typer.Option(
        "-o",
        "--output",
        metavar="FILE",
        readable=False,
        show_default="standard output",
        help="File to write, whole or not at all; - for standard output.",
    ),
]
OnDevice = Annotated[Device, typer.Option(envvar="ESCORE_DEVICE", help="What runs the model; cuda is experimental.")]
Encoding = Annotated[str, typer.Option(metavar="NAME", callback=_encoding, help="Encoding of the input.")]


class Errors(StrEnum):
    """What happens to bytes that are no text."""

    STRICT = "strict"
    REPLACE = "replace"


OnErrors = Annotated[
    Errors,
    typer.Option(
        "--errors", help="What to do with bytes that are no text in the encoding: leave the file out, or read U+FFFD."
    ),
]


def read_terms(always: list[Path] | None, never: list[Path] | None) -> "Terms | None":
    """The terms of --always and --never. Raises TermsError."""
    from escore import Terms

    return Terms.read(always or (), never or ()) if always or never else None
