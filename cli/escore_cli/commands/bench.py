"""`escore bench`: how quick this machine is."""

import json
import sys
from typing import Annotated

import typer

from escore_cli.options import Model, Threads

EXAMPLES = """\b
Examples:
  escore bench
  escore bench --text report.txt --threads 4 --json > bench.json
  escore bench --text report.txt --threads 4 --compare bench.json
"""

MAX_SECONDS = 3600.0


def _seconds(text: str) -> float:
    try:
        value = float(text)
    except ValueError:
        value = 0.0
    if not 1 <= value <= MAX_SECONDS:  # also refuses nan
        raise typer.BadParameter(f"'{text}' is not a number of seconds from 1 to {MAX_SECONDS:.0f}")
    return value


def bench(
    model: Model = None,
    text: Annotated[
        str | None,
        typer.Option(
            metavar="FILE",
            show_default="one that ships",
            help="Text in UTF-8 to measure with; of a long one, the first 32,768 characters.",
        ),
    ] = None,
    threads: Threads = None,
    seconds: Annotated[
        float,
        typer.Option(
            parser=_seconds,
            metavar="S",
            help="How long to measure, about; each part takes a minimum number of rounds.",
        ),
    ] = 30,
    as_json: Annotated[
        bool, typer.Option("--json", help="Print JSON with every measured value instead of a table; default: off.")
    ] = False,
    compare: Annotated[
        str | None,
        typer.Option(
            metavar="OLD.json",
            show_default="none",
            help="Compare with what --json wrote; exit 3 if a figure is worse by more than 10 % in its whole interval.",
        ),
    ] = None,
) -> None:
    """Measure speed and memory on this machine's CPU.

    The time of one text by its length in words; words and tokens a second in bulk, with 1, 2, 4 and so on up to
    --threads; the start of a new process; memory. Before that, scores with one thread and with all must be the same to
    the bit.

    With --compare, each figure is shown beside that of the earlier report, whose text and threads must be the same.
    """
    from escore.concurrency.cores import usable_cores
    from escore_cli import signals
    from escore_cli.input_bytes import name_of
    from escore_cli.inputs import whole
    from escore_cli.output.destination import open_output
    from escore_cli.output.stages import stage_line
    from escore_evaluation.speed import bench_comparison
    from escore_evaluation.speed.bench import run_bench
    from escore_evaluation.speed.bench_report import to_table

    signals.clean_up_first()
    with open_output(None) as write:  # before anything is measured, so that a closed output is an error at once
        content = _text(text)
        old = None
        if compare is not None:
            old = bench_comparison.read_report(name_of(compare), whole(compare, "utf-8"))
            bench_comparison.check_settings(name_of(compare), old, content, text, threads or usable_cores())
        with stage_line(sys.stderr) as show:
            report = run_bench(model, content, text, threads, seconds, lambda name: show(f"measuring: {name} ..."))
        compared = bench_comparison.compare_reports(old, report) if old else None
        if as_json:
            report |= {"comparison": compared.to_dict()} if compared else {}
            write(json.dumps(report, ensure_ascii=False) + "\n")
        else:
            write(to_table(report) + ("\n" + bench_comparison.to_table(compared) if compared else ""))
    if compared and compared.worse:
        raise typer.Exit(3)


def _text(file: str | None) -> str:
    if file is None:
        from escore.sample_text import paragraphs

        return "\n\n".join(paragraphs())
    from escore_cli import inputs
    from escore_evaluation.speed.timing import MAX_CHARACTERS

    try:
        return inputs.start(file, "utf-8", MAX_CHARACTERS)
    except inputs.InputError as error:
        if isinstance(error.__cause__, UnicodeError):  # the usual advice, --encoding, is no option here
            raise inputs.InputError(error.problem, "give a text in UTF-8") from error
        raise
