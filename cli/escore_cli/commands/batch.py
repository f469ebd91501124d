"""`escore batch`: corpora larger than memory, or than one machine."""

import sys
import warnings
from enum import StrEnum
from typing import TYPE_CHECKING, Annotated

import typer

from escore_cli.commands.run import Minimum
from escore_cli.options import Model
from escore_cli.output.messages import print_error, show_warning

if TYPE_CHECKING:
    from escore_batch import BatchOptions, Summary

EXAMPLES = """\b
Examples:
  escore batch articles/ -o scored
  escore batch 'news/year=*/*.parquet' -o scored --entities --text-column body --resume
  escore batch s3://bucket/articles -o s3://bucket/scored --engine ray --address auto
"""


class Engine(StrEnum):
    """Where texts are scored."""

    LOCAL = "local"
    RAY = "ray"


class Format(StrEnum):
    """How parts are written."""

    PARQUET = "parquet"
    JSONL = "jsonl"


def batch(
    inputs: Annotated[
        list[str],
        typer.Argument(
            metavar="INPUT...",
            help="Files, folders, globs, or URLs of such: Parquet; JSON Lines and CSV, also .gz, .bz2, .zst; text.",
        ),
    ],
    output: Annotated[str, typer.Option("-o", "--output", metavar="OUTPUT", help="Folder for the parts, or its URL.")],
    engine: Annotated[Engine, typer.Option(help="Where to score: processes of this machine, or a Ray cluster.")] = (
        Engine.LOCAL
    ),
    text_column: Annotated[str, typer.Option(metavar="NAME", help="Column or field of texts.")] = "text",
    id_column: Annotated[
        str | None,
        typer.Option(metavar="NAME", show_default="id if there is one, else FILE:ROW", help="Column or field of ids."),
    ] = None,
    time_column: Annotated[
        str | None,
        typer.Option(metavar="NAME", show_default="time if there is one", help="Column or field of times."),
    ] = None,
    entities: Annotated[
        bool, typer.Option("--entities/--words", help="Write neighboring words joined into entities, or words.")
    ] = False,
    minimum: Minimum = None,
    format: Annotated[Format, typer.Option(help="How to write parts.")] = Format.PARQUET,
    text: Annotated[
        bool, typer.Option("--text/--no-text", help="Write texts too, which 'label' and 'labels' need, or not.")
    ] = True,
    workers: Annotated[
        int | None,
        typer.Option(
            min=1, max=4096, metavar="N", show_default="all cores, on Ray the cluster's", help="Number of processes."
        ),
    ] = None,
    address: Annotated[
        str | None,
        typer.Option(
            metavar="ADDRESS", show_default="that in RAY_ADDRESS, else this machine alone", help="Ray cluster, or auto."
        ),
    ] = None,
    resume: Annotated[
        bool, typer.Option("--resume", help="Go on where an earlier run, of the same options, ended; default: off.")
    ] = False,
    overwrite: Annotated[
        bool, typer.Option("--overwrite", help="Remove what an earlier run wrote to OUTPUT; default: off.")
    ] = False,
    model: Model = None,
) -> None:
    """Score a corpus of any size into a folder of parts, in Parquet or JSON Lines, which pandas, DuckDB or Spark open.

    Each part appears whole or not at all: after a kill, --resume goes on, and no row is lost or there twice. Rows and
    files that cannot be read are listed in OUTPUT/_escore/errors.parquet; the rest goes on, and the exit code is 1.

    Memory, whatever the size of the corpus: about 250 MB, as much for each of several workers, and 60 times the longest
    text.
    """
    if resume and overwrite:
        raise typer.BadParameter("give --resume or --overwrite, not both")
    if engine is Engine.LOCAL and address is not None:
        raise typer.BadParameter("--address goes with --engine ray")
    from escore_cli import signals
    from escore_cli.extras import extra

    with extra("batch"):
        from escore_batch import BatchOptions, Columns
    if engine is Engine.RAY:
        with extra("ray"):
            import ray  # noqa: F401
    signals.clean_up_first()
    warnings.showwarning = show_warning
    options = BatchOptions(
        inputs=tuple(inputs),
        output=output,
        engine="ray" if engine is Engine.RAY else "local",
        model=model,
        unit="entities" if entities else "words",
        minimum=minimum,
        columns=Columns(text_column, id_column, time_column),
        format="jsonl" if format is Format.JSONL else "parquet",
        keep_text=text,
        workers=workers,
        address=address,
        resume=resume,
        overwrite=overwrite,
    )
    if _run(options).errors:
        raise typer.Exit(1)


def _run(options: "BatchOptions") -> "Summary":
    from escore_batch import run_batch
    from escore_cli.output.batch_progress import BatchLine, summary_lines

    line = BatchLine(sys.stderr)

    def note(message: str) -> None:
        line.clear()
        print_error(message)

    try:
        summary = run_batch(options, note, line.show)
    except (KeyboardInterrupt, SystemExit):
        note("interrupted; go on with --resume")
        raise
    finally:
        line.clear()
    for message in summary_lines(summary, options.output):
        print_error(message)
    return summary
