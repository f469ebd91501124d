"""`escore run`: texts in, scored words out."""

import sys
import warnings
from collections.abc import Callable, Iterator
from enum import StrEnum
from functools import partial
from typing import TYPE_CHECKING, Annotated

import typer

from escore_cli.options import Always, Device, Encoding, Model, Never, OnDevice, Output, Threads, read_terms
from escore_cli.output.messages import print_error, show_warning

if TYPE_CHECKING:
    from escore import Document
    from escore_cli.inputs import InputError

EXAMPLES = """\b
Examples:
  escore run --min 10 < input.txt
  escore run --entities --format jsonl -o out.jsonl report.txt notes.txt
"""

Render = Callable[[str, "Document"], Iterator[str]]


class Format(StrEnum):
    """How words are written."""

    AUTO = "auto"
    TSV = "tsv"
    JSONL = "jsonl"
    JSON = "json"


class Color(StrEnum):
    """When to color."""

    AUTO = "auto"
    ALWAYS = "always"
    NEVER = "never"


def _score(text: str) -> float:
    from escore.scale import MAX_SCORE, is_score

    try:
        score = float(text)
    except ValueError:
        score = -1.0
    if not is_score(score):
        raise typer.BadParameter(f"'{text}' is not a score from 0 to {MAX_SCORE:.0f}")
    return score


def run(
    files: Annotated[
        list[str] | None, typer.Argument(metavar="FILES", help="Text files; - or none: standard input.")
    ] = None,
    minimum: Annotated[
        float | None,
        typer.Option(
            "--min",
            metavar="SCORE",
            parser=_score,
            show_default="80, or 220 with --entities",
            help="Minimum score of a word, 0 to 300.",
        ),
    ] = None,
    entities: Annotated[
        bool, typer.Option("--entities", help="Join neighboring words into entities; default: off.")
    ] = False,
    lines: Annotated[
        bool,
        typer.Option("--lines", help="Treat each line as a document, scored as it arrives; default: off."),
    ] = False,
    format: Annotated[
        Format, typer.Option(help="How to write words; auto: colored text on a terminal, tsv elsewhere.")
    ] = Format.AUTO,
    output: Output = None,
    always: Always = None,
    never: Never = None,
    model: Model = None,
    threads: Threads = None,
    device: OnDevice = Device.AUTO,
    color: Annotated[
        Color, typer.Option(help="When to color; auto: on a terminal, unless NO_COLOR is set or TERM is dumb.")
    ] = Color.AUTO,
    encoding: Encoding = "utf-8",
    no_personal_head: Annotated[
        bool,
        typer.Option(
            "--no-personal-head", help="Score as the model did before 'escore adapt' changed it; default: off."
        ),
    ] = False,
) -> None:
    """Score texts, and write the words that reach a minimum score.

    Columns of tsv: id, start, end, score, mark, text. Offsets are in characters (code points), end exclusive.
    """
    if not files:
        if sys.stdin is None or sys.stdin.isatty():
            print_error("no input: give a file, or text on standard input; see 'escore run --help'")
            raise typer.Exit(2)
        files = ["-"]
    from escore import Scorer
    from escore.scale import ENTITY_MINIMUM, WORD_MINIMUM
    from escore_cli import signals
    from escore_cli.inputs import InputError
    from escore_cli.output.destination import STANDARD_STREAM, check_outputs, open_output
    from escore_cli.output.progress import WordCounter

    check_outputs({"-o": output}, [*files, *(always or ()), *(never or ())])
    if minimum is None:
        minimum = ENTITY_MINIMUM if entities else WORD_MINIMUM
    terminal = output in (None, STANDARD_STREAM) and sys.stdout is not None and sys.stdout.isatty()
    signals.clean_up_first()
    warnings.showwarning = show_warning
    counter = WordCounter(sys.stderr)
    errors: list[InputError] = []

    def report(error: InputError) -> None:
        errors.append(error)
        counter.clear()
        print_error(str(error))

    terms = read_terms(always, never)
    with open_output(output) as write:  # before the model is loaded, so that a bad -o is reported at once
        scorer = Scorer(model, threads, device.value, terms, not no_personal_head)
        manifest = scorer.bundle.manifest
        render = _render(format, color, terminal, minimum, entities, f"{manifest.name} {manifest.version}")
        start, between, end = ("[", ",\n", "]\n") if format is Format.JSON else ("", "", "")
        write(start)
        scored = 0
        texts = _texts(files, lines, encoding, report)
        for document, name in scorer.stream(texts, as_tuples=True, progress=counter.add):
            if terminal:
                counter.clear()
            if scored:
                write(between)
            scored += 1
            for chunk in render(name, document):
                write(chunk)
        write(end)
        counter.clear()
        if errors and not scored:
            raise typer.Exit(1)  # inside, so that a file that exists already stays as it is
    if errors:
        raise typer.Exit(1)


def _texts(
    files: list[str], by_line: bool, encoding: str, report: Callable[["InputError"], None]
) -> Iterator[tuple[str, str]]:
    """The texts of all files with their ids; what cannot be read is reported."""
    from escore_cli import inputs

    for file in files:
        try:
            if by_line:
                for number, line in enumerate(inputs.lines(file, encoding), 1):
                    yield line, f"{file}:{number}"
            else:
                yield inputs.whole(file, encoding), file
        except inputs.InputError as error:
            report(error)


def _render(format: Format, color: Color, terminal: bool, minimum: float, entities: bool, model: str) -> Render:
    from escore_cli.output import formats
    from escore_cli.output.capabilities import can_color
    from escore_cli.output.terminal import marked_text

    if format is Format.AUTO and (terminal or color is Color.ALWAYS):
        in_color = color is Color.ALWAYS or (color is Color.AUTO and can_color())
        return lambda _, document: marked_text(document, minimum, entities, in_color)
    if format in (Format.JSONL, Format.JSON):
        write = formats.jsonl if format is Format.JSONL else formats.json_object
        return partial(write, model=model, minimum=minimum, entities=entities)
    return partial(formats.tsv, minimum=minimum, entities=entities)
