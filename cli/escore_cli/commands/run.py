"""`escore run`: texts in, scored words out."""

import sys
import warnings
from collections.abc import Callable, Iterator
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from escore_cli.options import (
    Always,
    Device,
    Encoding,
    Errors,
    Model,
    Never,
    OnDevice,
    OnErrors,
    Output,
    Threads,
    read_terms,
)
from escore_cli.output.language import note_other_languages
from escore_cli.output.messages import print_error, show_warning

if TYPE_CHECKING:
    from escore import Manifest
    from escore_cli.inputs import InputError
    from escore_cli.output.destination import Write
    from escore_cli.output.run_writers import Settings, Writer

EXAMPLES = """\b
Examples:
  escore run --min 10 < input.txt
  escore run --entities --format jsonl -o out.jsonl report.txt notes.txt
  escore run --count reports/*.txt
"""


class Format(StrEnum):
    """How words are written."""

    AUTO = "auto"
    TSV = "tsv"
    CSV = "csv"
    JSONL = "jsonl"
    JSON = "json"


class Color(StrEnum):
    """When to color."""

    AUTO = "auto"
    ALWAYS = "always"
    NEVER = "never"


def parse_score(text: str) -> float:
    """The score that a text names. Raises BadParameter."""
    from escore.scale import MAX_SCORE, is_score

    try:
        score = float(text)
    except ValueError:
        score = -1.0
    if not is_score(score):
        raise typer.BadParameter(f"'{text}' is not a score from 0 to {MAX_SCORE:.0f}")
    return score


Minimum = Annotated[
    float | None,
    typer.Option(
        "--min",
        metavar="SCORE",
        parser=parse_score,
        show_default="80, or 220 with --entities",
        help="Minimum score of a word, 0 to 300.",
    ),
]


def run(
    files: Annotated[
        list[str] | None, typer.Argument(metavar="FILES", help="Text files; - or none: standard input.")
    ] = None,
    minimum: Minimum = None,
    entities: Annotated[
        bool, typer.Option("--entities", help="Join neighboring words into entities; default: off.")
    ] = False,
    lines: Annotated[
        bool,
        typer.Option("--lines", help="Treat each line as a document, scored as it arrives; default: off."),
    ] = False,
    count: Annotated[
        bool, typer.Option("--count", help="Write how often each entity is named in all texts; default: off.")
    ] = False,
    explain_min: Annotated[
        bool,
        typer.Option(
            "--explain-min", help="Write what each minimum is expected to find and miss in these texts; default: off."
        ),
    ] = False,
    rank: Annotated[
        Path | None,
        typer.Option(
            metavar="STORE",
            readable=False,
            show_default="in the order of the text",
            help="Write the entities of each text by surprise: those first that few documents in STORE mention, which "
            "'escore watch add' has counted.",
        ),
    ] = None,
    format: Annotated[
        Format, typer.Option(help="How to write words; auto: colored text on a terminal, tsv elsewhere.")
    ] = Format.AUTO,
    columns: Annotated[
        str | None,
        typer.Option(
            metavar="NAMES",
            show_default="id,start,end,score,mark,text; with --count count,documents,score,text",
            help="Columns of tsv and csv, with commas between them; also probability, kind, by; variants.",
        ),
    ] = None,
    header: Annotated[
        bool | None,
        typer.Option("--header/--no-header", show_default="with csv", help="Write the columns' names first, or not."),
    ] = None,
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
    errors: OnErrors = Errors.STRICT,
    no_personal_head: Annotated[
        bool,
        typer.Option(
            "--no-personal-head", help="Score as the model did before 'escore adapt' changed it; default: off."
        ),
    ] = False,
) -> None:
    """Score texts, and write the words that reach a minimum score.

    Offsets are in characters (code points), end exclusive. Files may be compressed by gzip, bzip2 or zstd.
    """
    is_typed = sys.stdin is not None and sys.stdin.isatty()
    if not files:
        if sys.stdin is None or (is_typed and not lines):
            print_error(
                "no input: give a file, text on standard input, or --lines to type some; see 'escore run --help'"
            )
            raise typer.Exit(2)
        files = ["-"]
    from escore import Scorer
    from escore.scale import ENTITY_MINIMUM, WORD_MINIMUM
    from escore_cli import signals
    from escore_cli.inputs import handler, places_text, replaced_places
    from escore_cli.output.destination import STANDARD_STREAM, check_outputs, open_output
    from escore_cli.output.progress import WordCounter
    from escore_cli.output.run_writers import Settings, make_writer

    check_outputs({"-o": output}, [*files, *(always or ()), *(never or ()), rank])
    if rank is not None and (count or explain_min or columns is not None):
        raise typer.BadParameter("--rank goes without --count, --explain-min and --columns")
    terminal = output in (None, STANDARD_STREAM) and sys.stdout is not None and sys.stdout.isatty()
    settings = Settings(
        format=format.value,
        minimum=(ENTITY_MINIMUM if entities or count or rank else WORD_MINIMUM) if minimum is None else minimum,
        entities=entities or count,
        summary="count" if count else "explain-min" if explain_min else None,
        columns=columns,
        header=format is Format.CSV if header is None else header,
        color=color.value,
        terminal=terminal,
        lines=lines,
        headings=terminal and len(files) > 1,
        typed=is_typed and lines and "-" in files,
    )
    if count and explain_min:
        raise typer.BadParameter("give --count or --explain-min, not both")
    settings.check()
    signals.clean_up_first()
    warnings.showwarning = show_warning
    counter = WordCounter(sys.stderr)
    problems: list[InputError] = []

    def report(error: "InputError") -> None:
        problems.append(error)
        counter.clear()
        print_error(str(error))

    terms = read_terms(always, never)
    with open_output(output) as write:  # before the model is loaded, so that a bad -o is reported at once
        scorer = Scorer(model, threads, device.value, terms, not no_personal_head)
        manifest = scorer.bundle.manifest
        writer = (
            make_writer(settings, manifest, write) if rank is None else _rank_writer(rank, settings, manifest, write)
        )
        texts = _texts(files, lines, encoding, handler(errors), writer.skips_blank, report)
        scored = 0
        for document, name in note_other_languages(
            scorer.stream(texts, as_tuples=True, progress=counter.add), counter.clear
        ):
            scored += 1
            if terminal:
                counter.clear()
            writer.add(name, document)
        counter.clear()
        if problems and not scored:
            writer.end(False)
            raise typer.Exit(1)  # inside, so that a file that exists already stays as it is
        writer.end(True)
    if replaced := replaced_places():
        print_error(f"{places_text(replaced, encoding)} read as U+FFFD")
    if problems:
        raise typer.Exit(1)


def _rank_writer(store: Path, settings: "Settings", manifest: "Manifest", write: "Write") -> "Writer":
    from escore_cli.output.rank_writer import RankWriter

    return RankWriter(store, settings.format, settings.minimum, settings.header, manifest.model_name, write)


def _texts(
    files: list[str],
    by_line: bool,
    encoding: str,
    errors: str,
    skip_blank: bool,
    report: Callable[["InputError"], None],
) -> Iterator[tuple[str, str]]:
    """The texts of all files with their ids; what cannot be read is reported."""
    from escore_cli import inputs

    for file in files:
        try:
            if by_line:
                for number, line in enumerate(inputs.lines(file, encoding, errors), 1):
                    if line.strip(" \t\r") or not skip_blank:
                        yield line, f"{file}:{number}"
            else:
                yield inputs.whole(file, encoding, errors), file
        except inputs.InputError as error:
            report(error)
