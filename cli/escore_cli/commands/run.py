"""`escore run`: texts in, scored words out."""

import os
import sys
import warnings
from collections import deque
from collections.abc import Callable, Iterator
from enum import StrEnum
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from escore_cli.options import Device, Model, OnDevice, Threads
from escore_cli.output.messages import complain, show_warning

if TYPE_CHECKING:
    from escore import Document

EXAMPLES = """\b
Examples:
  escore run --min 10 < input.txt
  escore run --entities --format jsonl -o out.jsonl report.txt notes.txt
"""

Render = Callable[[str, "Document"], Iterator[str]]

WORDS_MINIMUM = 80.0  # the page of the original model starts its slider there
ENTITIES_MINIMUM = 220.0


class Format(StrEnum):
    """How words are written."""

    AUTO = "auto"
    TSV = "tsv"
    JSONL = "jsonl"
    JSON = "json"


class Color(StrEnum):
    """When to colour."""

    AUTO = "auto"
    ALWAYS = "always"
    NEVER = "never"


def _score(text: str) -> float:
    try:
        value = float(text)
    except ValueError:
        value = -1.0
    if not 0 <= value <= 300:  # also refuses nan
        raise typer.BadParameter(f"'{text}' is not a score from 0 to 300")
    return value


def _encoding(value: str) -> str:
    try:
        b"text".decode(value)
    except UnicodeError:
        return value  # an encoding of text, if not of this one
    except (LookupError, ValueError) as error:
        raise typer.BadParameter(f"'{value}' is not an encoding of text that Python knows") from error
    return value


def run(
    files: Annotated[
        list[str] | None, typer.Argument(metavar="FILES", help="Text files; none or - is standard input.")
    ] = None,
    minimum: Annotated[
        float | None,
        typer.Option(
            "--min",
            metavar="SCORE",
            parser=_score,
            show_default="80, or 220 with --entities",
            help="Least score of a word, 0 to 300.",
        ),
    ] = None,
    entities: Annotated[
        bool, typer.Option("--entities", help="Join neighbouring words into entities; default: off.")
    ] = False,
    lines: Annotated[
        bool,
        typer.Option("--lines", help="Take each line as a document, scored as it comes; default: off."),
    ] = False,
    format: Annotated[
        Format, typer.Option(help="How to write words; auto: coloured text on a terminal, tsv elsewhere.")
    ] = Format.AUTO,
    output: Annotated[
        Path | None,
        typer.Option(
            "-o",
            "--output",
            metavar="FILE",
            readable=False,
            show_default="standard output",
            help="File to write, whole or not at all.",
        ),
    ] = None,
    model: Model = None,
    threads: Threads = None,
    device: OnDevice = Device.AUTO,
    color: Annotated[
        Color, typer.Option(help="When to colour; auto: on a terminal, unless NO_COLOR is set.")
    ] = Color.AUTO,
    encoding: Annotated[str, typer.Option(metavar="NAME", callback=_encoding, help="Encoding of the input.")] = "utf-8",
) -> None:
    """Score the words of texts, and write those from a least score on.

    Columns of tsv: id, start, end, score, mark, text. Offsets are in characters (code points), half open.
    """
    if not files:
        if sys.stdin is None or sys.stdin.isatty():
            complain("no input: give a file, or text on standard input; see 'escore run --help'")
            raise typer.Exit(2)
        files = ["-"]
    from escore import Scorer
    from escore_cli import signals
    from escore_cli.output.destination import sink
    from escore_cli.output.progress import Progress

    if own := next((file for file in files if output is not None and _same(file, output)), None):
        complain(f"{own}: is the output too, and would be lost; give another file to -o")
        raise typer.Exit(2)
    if minimum is None:
        minimum = ENTITIES_MINIMUM if entities else WORDS_MINIMUM
    terminal = output is None and sys.stdout is not None and sys.stdout.isatty()
    render = _render(format, color, terminal, minimum, entities)
    signals.clean_up_first()
    warnings.showwarning = show_warning
    with sink(output) as write:  # before the model is loaded, so that a bad -o is told at once
        scorer = Scorer(model, threads, device.value)
        names: deque[str] = deque()
        failed: list[str] = []
        progress = Progress(sys.stderr)

        def fail(file: str, reason: str) -> None:
            failed.append(file)
            progress.clear()
            complain(reason)

        sources = _sources(files, lines, encoding, names, fail)
        if format is Format.JSON:
            write("[")
        scored = 0
        for document in scorer.stream(sources, progress=progress.add):
            if terminal:
                progress.clear()
            if format is Format.JSON and scored:
                write(",\n")
            scored += 1
            for piece in render(names.popleft(), document):
                write(piece)
        if format is Format.JSON:
            write("]\n")
        progress.clear()
        if failed and not scored:
            raise typer.Exit(1)  # nothing was read, so a file that is there already stays as it is
    if failed:
        raise typer.Exit(1)


def _same(file: str, output: Path) -> bool:
    """Whether both are one regular file."""
    try:
        return output.is_file() and os.path.samefile(file, output)
    except OSError:  # a file that is not there is told later
        return False


def _sources(
    files: list[str], by_line: bool, encoding: str, names: deque[str], fail: Callable[[str, str], None]
) -> Iterator[str]:
    """The texts of all files; each one's id goes to `names`, a file that cannot be read and the reason to `fail`."""
    from escore_cli import inputs

    for file in files:
        try:
            if by_line:
                for number, line in enumerate(inputs.lines(file, encoding), 1):
                    names.append(f"{file}:{number}")
                    yield line
            else:
                text = inputs.whole(file, encoding)
                names.append(file)
                yield text
        except inputs.InputError as error:
            fail(file, str(error))


def _render(format: Format, color: Color, terminal: bool, minimum: float, entities: bool) -> Render:
    from escore_cli.output import formats
    from escore_cli.output import terminal as chips

    if format is Format.AUTO and (terminal or color is Color.ALWAYS):
        colour = color is Color.ALWAYS or (color is Color.AUTO and not os.environ.get("NO_COLOR"))
        return lambda _, document: chips.chips(document, minimum, entities, colour)
    written = {Format.JSONL: formats.jsonl, Format.JSON: formats.json_object}.get(format, formats.tsv)
    return partial(written, minimum=minimum, entities=entities)
