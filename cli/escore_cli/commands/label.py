"""`escore label`: texts in, records with the model's own labels out."""

import sys
from contextlib import nullcontext
from pathlib import Path
from typing import Annotated

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
from escore_cli.output.messages import print_error
from escore_cli.texts import Format

EXAMPLES = """\b
Examples:
  escore label --precision .95 notes/*.txt -o labels.jsonl
  escore label --review 100 --held-out 50 --held-out-to test.jsonl mails.jsonl -o review.jsonl
"""


def _precision(text: str) -> float:
    try:
        value = float(text)
    except ValueError:
        value = -1.0
    if not 0.5 <= value <= 1:
        raise typer.BadParameter(f"'{text}' is not a probability from .5 to 1")
    return value


def label(
    files: Annotated[
        list[str] | None, typer.Argument(metavar="TEXTS", help="Files of texts; - or none: standard input.")
    ] = None,
    output: Output = None,
    precision: Annotated[
        float | None,
        typer.Option(
            metavar="P",
            parser=_precision,
            show_default="all entities",
            help="Label only what is right with probability P, by the model's calibration.",
        ),
    ] = None,
    review: Annotated[
        int | None,
        typer.Option(
            min=1,
            metavar="N",
            show_default="all texts",
            help="Write only the N texts most worth a person's look, the best first.",
        ),
    ] = None,
    held_out: Annotated[
        int,
        typer.Option(
            min=0,
            metavar="N",
            help="Draw N texts at random to measure on; written first, without labels, and marked held_out.",
        ),
    ] = 0,
    held_out_to: Annotated[
        Path | None,
        typer.Option(
            metavar="FILE", readable=False, show_default="before the others", help="File for the held-out texts."
        ),
    ] = None,
    skip: Annotated[
        list[Path] | None,
        typer.Option(
            metavar="FILE",
            readable=False,
            show_default="none",
            help="Labeled file whose texts, and near-duplicates of them, are left out; may be given again.",
        ),
    ] = None,
    format: Annotated[
        Format, typer.Option("--from", help="How to read TEXTS; auto: by the ending of the name, text if it has none.")
    ] = Format.AUTO,
    lines: Annotated[bool, typer.Option("--lines", help="Treat each line of text as a text; default: off.")] = False,
    text_field: Annotated[str, typer.Option(metavar="NAME", help="Field of jsonl that holds the text.")] = "text",
    column: Annotated[str, typer.Option(metavar="NAME", help="Column of csv, tsv, parquet that holds it.")] = "text",
    seed: Annotated[int, typer.Option(metavar="N", help="Seed of the random draw.")] = 0,
    force: Annotated[
        bool, typer.Option("--force", help="Replace a file that holds what a person said; default: off.")
    ] = False,
    always: Always = None,
    never: Never = None,
    model: Model = None,
    threads: Threads = None,
    device: OnDevice = Device.AUTO,
    encoding: Encoding = "utf-8",
    errors: OnErrors = Errors.STRICT,
) -> None:
    """Write the model's own labels of texts as records (JSON lines), for a person to review and for training.

    Labels are entities, as 'escore run --entities' joins them, and words that are clearly in none; words in between are
    open. Fields or columns named id, time and source are kept. With --review or --held-out, near-duplicates count once.
    """
    if not files:
        if sys.stdin is None or sys.stdin.isatty():
            print_error("no input: give a file, or texts on standard input; see 'escore label --help'")
            raise typer.Exit(2)
        files = ["-"]
    if held_out_to is not None and not held_out:
        raise typer.BadParameter("--held-out-to goes with --held-out N")
    from escore import Scorer
    from escore_cli import signals
    from escore_cli.inputs import handler, places_text, replaced_places
    from escore_cli.output.destination import check_outputs, open_output
    from escore_cli.output.progress import WordCounter
    from escore_cli.texts import Source
    from escore_labels.formats import read_labels
    from escore_labels.label import LabelOptions, label_texts
    from escore_labels.notes import Notes
    from escore_labels.overwrite import check_unreviewed
    from escore_labels.pool import near_duplicate_key
    from escore_labels.record import render_record

    outputs = {"-o": output, "--held-out-to": held_out_to}
    check_outputs(outputs, [*files, *(skip or ()), *(always or ()), *(never or ())])
    for path in (output, held_out_to):
        if path is not None and not force:
            check_unreviewed(path)
    signals.clean_up_first()
    counter = WordCounter(sys.stderr)

    def warn(line: str) -> None:
        counter.clear()
        print_error(line)

    notes, terms = Notes(), read_terms(always, never)
    skipped = {near_duplicate_key(record.text) for path in skip or () for record in read_labels(path)}
    source = Source(format, lines, text_field, column, encoding, notes.add, handler(errors))
    texts = (text for text in source.read(files) if not skipped or near_duplicate_key(text.text) not in skipped)
    with (
        open_output(output) as write,  # before the model is loaded, so that a bad -o is reported at once
        open_output(held_out_to) if held_out_to is not None else nullcontext(write) as write_held_out,
    ):
        scorer = Scorer(model, threads, device.value, terms)
        options = LabelOptions(precision, review, held_out, seed)
        for record in label_texts(scorer, texts, options, warn, counter.add):
            counter.clear()
            (write_held_out if record.held_out else write)(render_record(record))
    if replaced := replaced_places():
        print_error(f"{places_text(replaced, encoding)} read as U+FFFD")
    for line in notes.lines():
        print_error(line)
