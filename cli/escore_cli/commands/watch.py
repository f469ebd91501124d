"""`escore watch`: how often which entities are mentioned, what is new, rising and falling, and what drifts."""

import json
import sys
from collections.abc import Iterator
from itertools import chain
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from escore_cli.options import Model
from escore_cli.output.messages import print_error

if TYPE_CHECKING:
    from escore_monitor.add import Line, Total

SHOWN = 20  # lines about records that are not counted as they are
ADD = """\b
Examples:
  escore run --entities --format jsonl notes/*.txt | escore watch add log.db
  tail -F app.log | escore run --lines --format jsonl | escore watch add log.db
  escore watch add log.db scored/*.jsonl --time-field published
"""
REPORT = """\b
Examples:
  escore watch report log.db
  escore watch report log.db --since 1d --html report.html
  escore watch report log.db --since 2026-05-01 --until 2026-05-31 --json
"""

app = typer.Typer(
    help="Watch entities over time: count scored texts in a store, and report what changes.",
    rich_markup_mode=None,
    invoke_without_command=True,
    add_completion=False,
)

Store = Annotated[Path, typer.Argument(metavar="STORE", readable=False, help="File of counts (SQLite).")]


@app.callback()
def _options(context: typer.Context) -> None:
    if context.invoked_subcommand is None:
        print(context.get_help(), file=sys.stderr)
        raise typer.Exit(2)


@app.command(epilog=ADD)
def add(
    store: Store,
    files: Annotated[
        list[str] | None,
        typer.Argument(
            metavar="[FILES]",
            help="Scored records, JSON lines, or what 'escore batch' wrote; - or none: standard input.",
        ),
    ] = None,
    time_field: Annotated[
        str, typer.Option(metavar="NAME", help="Field that holds a record's time: ISO 8601, or seconds since 1970.")
    ] = "time",
    at: Annotated[
        str | None,
        typer.Option(metavar="TIME", show_default="now", help="Time of records that have none, as in --time-field."),
    ] = None,
    source: Annotated[
        str, typer.Option(metavar="NAME", show_default="none", help="Source of records that name none.")
    ] = "",
    by_content: Annotated[
        bool,
        typer.Option(
            "--by-content",
            help="Count a record with the id of another but another text; default: it is the same document.",
        ),
    ] = False,
    model: Model = None,
) -> None:
    """Count scored texts in STORE, which keeps entities and figures by day, and no texts; it is made if need be.

    Records are what 'escore run', 'batch' and 'label' write. A record that names no model is taken to be of --model,
    whose tokenizer counts words. What was counted before is not counted again: it goes by id and model, or without an
    id by text, source and time.
    """
    if not files:
        if sys.stdin is None or sys.stdin.isatty():
            print_error("no input: give a file, or records on standard input; see 'escore watch add --help'")
            raise typer.Exit(2)
        files = ["-"]
    from escore import EscoreError, SettingError
    from escore_cli import signals
    from escore_labels.notes import Notes
    from escore_monitor.add import Total, add_records
    from escore_monitor.days import document_time
    from escore_monitor.records import Reader
    from escore_monitor.store import Store as OpenStore
    from escore_monitor.vocabulary import Vocabulary

    try:
        time = None if at is None else document_time(at, f"'{at}'")
    except SettingError as error:
        raise typer.BadParameter(str(error), param_hint="'--at'") from error
    signals.clean_up_first()
    errors: list[EscoreError] = []

    def report_error(error: EscoreError) -> None:
        errors.append(error)
        print_error(str(error))

    notes, total = Notes(), Total()
    vocabulary = Vocabulary(model)
    lines = _lines(files, report_error)
    if not store.exists():  # then no store is made for files that cannot be read
        first = next(lines, None)
        if first is None and errors:
            raise typer.Exit(1)
        lines = lines if first is None else chain([first], lines)
    with OpenStore(store) as opened:
        reader = Reader(vocabulary, notes.add, time_field, time, source, by_content)
        try:
            add_records(opened, reader, lines, notes.add, total)
        finally:
            _print_total(store, total, notes.lines())
    if errors or total.refused:
        raise typer.Exit(1)


def _lines(files: list[str], report: "type | object") -> "Iterator[Line]":
    from escore_cli import inputs
    from escore_labels.record import RecordError

    for file in files:
        try:
            if file.endswith(".parquet") or Path(file).is_dir():
                yield from _rows(Path(file))
                continue
            for number, line in enumerate(inputs.lines(file, "utf-8", inputs.REPLACE), 1):
                if line.strip():
                    yield f"{file}: line {number}", line
        except (inputs.InputError, RecordError) as error:
            report(error)  # type: ignore[operator]


def _rows(path: Path) -> "Iterator[Line]":
    import msgspec

    from escore_labels.readers.scored_parquet import scored_rows

    for place, fields in scored_rows(path):
        yield place, msgspec.json.encode(fields)


def _print_total(store: Path, total: "Total", notes: list[str]) -> None:
    from escore_cli.inputs import places_text, replaced_places
    from escore_labels.notes import count

    for line in notes[:SHOWN]:
        print_error(line)
    if replaced := replaced_places():
        print_error(f"{places_text(replaced, 'UTF-8')} read as U+FFFD")
    if len(notes) > SHOWN:
        print_error(f"and {count(len(notes) - SHOWN, 'problem')} of other kinds")
    parts = [f"{count(total.documents, 'document')} added", f"{total.known:,} known before"]
    parts += [f"{total.changed:,} not counted for another text"] if total.changed else []
    parts += [f"{total.refused:,} left out"] if total.refused else []
    print_error(f"{store}: {', '.join(parts)}")


@app.command(epilog=REPORT)
def report(
    store: Store,
    since: Annotated[
        str,
        typer.Option(metavar="SPAN", help="What to report: days or weeks back from the newest record, or a date."),
    ] = "7d",
    until: Annotated[
        str | None,
        typer.Option(metavar="DATE", show_default="the newest record's", help="Last day of the report."),
    ] = None,
    reference: Annotated[
        str, typer.Option(metavar="SPAN", help="Days or weeks before, which the report compares with.")
    ] = "28d",
    source: Annotated[
        str | None, typer.Option(metavar="NAME", show_default="all", help="Only documents of this source.")
    ] = None,
    model: Annotated[
        str | None,
        typer.Option(metavar="NAME", show_default="the newest record's", help="Only what this model scored."),
    ] = None,
    kind: Annotated[
        str | None, typer.Option(metavar="NAME", show_default="all", help="Only entities of this kind.")
    ] = None,
    limit: Annotated[int, typer.Option(min=1, max=1000, metavar="N", help="Most entities in each list.")] = 10,
    feedback: Annotated[
        list[Path] | None,
        typer.Option(
            metavar="FILE",
            readable=False,
            show_default="none",
            help="Also whether people agree: the corrections that 'escore serve --feedback' keeps; may be given again.",
        ),
    ] = None,
    html: Annotated[
        Path | None,
        typer.Option(metavar="FILE", readable=False, show_default="none", help="Write a page with plots to FILE."),
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON instead of text; default: off.")] = False,
) -> None:
    """Report the entities that are most mentioned, new, rising and falling, and whether texts or scores drift.

    Exits with 3 where something drifts: then label some of the new texts, and train. docs/how-to/watch.md says what is
    tested, and how.
    """
    from escore import SettingError
    from escore_cli import signals
    from escore_cli.extras import extra
    from escore_cli.label_files import noted, read_feedback
    from escore_cli.output.destination import STANDARD_STREAM, check_outputs, open_output

    with extra("watch"):
        from escore_monitor.html_report import to_html
        from escore_monitor.report import ReportOptions, make_report
        from escore_monitor.text_report import to_text
    if as_json and html == STANDARD_STREAM:
        raise typer.BadParameter("--json and '--html -' both write to standard output; give --html a file")
    check_outputs({"--html": html}, [store, *(feedback or ())])
    with noted() as note:
        corrections = [record for _, record in read_feedback(feedback or (), note)]
    options = ReportOptions(since, until, reference, source, model, kind, limit, corrections)
    signals.clean_up_first()
    try:
        content = make_report(store, options)
    except SettingError as error:  # its problem begins with the option's name
        raise typer.BadParameter(f"--{error}") from error
    if html is not None:
        with open_output(html) as write:
            write(to_html(content))
    if html is None or as_json:
        with open_output(None) as write:
            write(json.dumps(content, indent=2, ensure_ascii=False) + "\n" if as_json else to_text(content))
    else:
        print_error(content["verdict"] + ("" if html == STANDARD_STREAM else f"; the report is in {html}"))
    if content["has_drift"]:
        raise typer.Exit(3)
