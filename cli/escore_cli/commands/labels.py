"""`escore labels`: labels from one tool's format to another's, united, split, and checked."""

import sys
from collections.abc import Iterable
from enum import StrEnum
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Annotated

import typer

from escore_cli import signals
from escore_cli.label_files import From, Tags, noted, read
from escore_cli.output.messages import print_error

if TYPE_CHECKING:
    from escore import EscoreError
    from escore_labels.notes import Note, Report
    from escore_labels.record import Record

BLOCK = 1 << 20  # characters that are written at once
SHOWN = 20  # lines that cannot be read, of which `check` tells

app = typer.Typer(
    help="Convert, unite, split and check labels.",
    rich_markup_mode=None,
    invoke_without_command=True,
    add_completion=False,
)


class Writable(StrEnum):
    """Formats that are written."""

    RECORDS = "records"
    PRODIGY = "prodigy"
    DOCCANO = "doccano"
    LABEL_STUDIO = "label-studio"
    BRAT = "brat"
    SPACY = "spacy"
    CONLLU = "conllu"
    CONLL = "conll"
    CONLL2003 = "conll2003"
    GMB = "gmb"
    WORD_TAG = "word-tag"
    LINES = "lines"
    CSV = "csv"


class TagScheme(StrEnum):
    """How entity tags mark where entities begin and end."""

    BIO = "bio"
    BIOES = "bioes"
    IOB1 = "iob1"


Inputs = Annotated[
    list[Path],
    typer.Argument(
        metavar="IN...", readable=False, help="Files of labels, - for standard input; a folder of brat's files."
    ),
]
Output = Annotated[
    Path | None,
    typer.Option(
        "-o",
        "--output",
        metavar="OUT",
        readable=False,
        show_default="standard output",
        help="What to write, whole or not at all: a file that is no input, or a new folder.",
    ),
]
To = Annotated[
    Writable | None,
    typer.Option(
        "--to",
        show_default="from the suffix of OUT; records on standard output",
        help="Format of what is written.",
    ),
]
CONVERT = """\b
Examples:
  escore labels convert export.json -o labels.jsonl
  escore labels convert labels.jsonl -o train.spacy
  escore labels convert corpus.conll -o labels.jsonl --tags tags.toml
"""
MERGE = """\b
Example:
  escore labels merge ann.jsonl bob.jsonl -o labels.jsonl
"""
SPLIT = """\b
Example:
  escore labels split labels.jsonl -o train.jsonl --held-out held-out.jsonl
"""
CHECK = """\b
Examples:
  escore labels check labels.jsonl
  escore labels check train.jsonl --against held-out.jsonl
"""


@app.callback()
def _options(context: typer.Context) -> None:
    if context.invoked_subcommand is None:
        print(context.get_help(), file=sys.stderr)
        raise typer.Exit(2)


@app.command(epilog=CONVERT)
def convert(
    inputs: Inputs,
    output: Output = None,
    read_as: From = None,
    write_as: To = None,
    tags: Tags = None,
    scheme: Annotated[TagScheme, typer.Option(help="Entity tags of conll and conll2003.")] = TagScheme.BIO,
    reviewed: Annotated[
        bool,
        typer.Option("--reviewed", help="People have read all texts: words in no span are in no entity; default: off."),
    ] = False,
) -> None:
    """Write labels in another format. What it cannot say is counted and named on standard error."""
    from msgspec.structs import replace

    from escore_cli.output.destination import check_outputs
    from escore_labels.inputs import with_files_beside

    check_outputs({"-o": output}, [*with_files_beside(inputs), tags])
    with noted() as report:
        records = (record for _, record in read(inputs, read_as, tags, report))
        if reviewed:
            records = (replace(record, reviewed=True) for record in records)
        _write(output, records, write_as, scheme, report)


@app.command(epilog=MERGE)
def merge(inputs: Inputs, output: Output = None, read_as: From = None, write_as: To = None, tags: Tags = None) -> None:
    """Unite labels: all spans of a text come into one record."""
    from escore_cli.output.destination import check_outputs
    from escore_labels.inputs import with_files_beside
    from escore_labels.merge import merge_records

    check_outputs({"-o": output}, [*with_files_beside(inputs), tags])
    with noted() as report:
        records = merge_records(read(inputs, read_as, tags, report), report)
        _write(output, records, write_as, TagScheme.BIO, report)


@app.command(epilog=SPLIT)
def split(
    inputs: Inputs,
    output: Annotated[
        Path, typer.Option("-o", "--output", metavar="TRAIN", readable=False, help="Records to train on.")
    ],
    held_out: Annotated[
        Path, typer.Option("--held-out", metavar="HELD", readable=False, help="Records to measure on.")
    ],
    read_as: From = None,
    tags: Tags = None,
) -> None:
    """Hold back every fifth text, always the same ones.

    A text's hash decides, whatever other texts there are; those marked as held out are held back too. Both files are
    written whole, or neither.
    """
    from escore_cli.output.destination import check_outputs
    from escore_labels.inputs import with_files_beside
    from escore_labels.notes import count
    from escore_labels.split import write_split

    check_outputs({"-o": output, "--held-out": held_out}, [*with_files_beside(inputs), tags])
    signals.clean_up_first()
    with noted() as report:
        records = (record for _, record in read(inputs, read_as, tags, report))
        train_count, held_out_count = write_split(records, output, held_out)
        print_error(f"{count(train_count, 'text')} to {output}, {held_out_count} to {held_out}")


@app.command(epilog=CHECK)
def check(
    inputs: Inputs,
    against: Annotated[
        Path | None,
        typer.Option(metavar="HELD", readable=False, show_default="none", help="Held-out labels, of other texts."),
    ] = None,
    read_as: From = None,
    tags: Tags = None,
) -> None:
    """Find what is wrong with labels; exit 1 if anything is.

    A line each for what cannot be read (the first 20), texts that are held out too, people who disagree, one text with
    different labels, texts without words, unknown tags, spans across word edges, and labels of one class only. Spans of
    one person that overlap, and what cannot be read as it is, are counted too, but are not wrong. The last line counts
    texts and spans, and the errors of reading.
    """
    from escore.printable import printable
    from escore_cli.output.destination import open_output
    from escore_labels.check import check_labels, summarize
    from escore_labels.notes import WRONG, Notes, count, ignore

    wrong, tag_notes, others = Notes(), Notes(), Notes()
    errors = 0
    with open_output(None) as write:

        def broken(error: "EscoreError") -> None:
            nonlocal errors
            errors += 1
            if errors <= SHOWN:
                write(f"{printable(str(error))}\n")

        def report(note: "Note") -> None:
            if note.kind == "unknown tag":
                tag_notes.add(note)  # a line a tag, not a line a span
            elif note.kind in WRONG:
                wrong.add(note)
                write(f"{printable(str(note))}\n")
            else:
                others.add(note)

        def report_read(note: "Note") -> None:
            if note.kind != "overlap":  # check_labels finds those that matter
                report(note)

        placed = list(read(inputs, read_as, tags, report_read, broken))
        held_out = list(read([against], None, tags, ignore, broken)) if against else []
        for line in tag_notes.lines():
            write(f"{printable(line)}\n")
        for note in check_labels(placed, held_out):
            report(note)
        for line in others.lines():
            write(f"{printable(line)}\n")
        shown = f", {SHOWN} of them shown" if errors > SHOWN else ""
        said = f"; {count(errors, 'error')} of reading{shown}" if errors else ""
        write(f"{summarize(record for _, record in placed)}{said}\n")
    if errors or wrong.lines() or tag_notes.lines():
        raise typer.Exit(1)


@app.command()
def schema() -> None:
    """Print the JSON Schema of a record."""
    import json

    from escore_cli.output.destination import open_output
    from escore_labels.record import record_schema

    with open_output(None) as write:
        write(json.dumps(record_schema(), indent=2) + "\n")


def _write(
    output: Path | None, records: Iterable["Record"], write_as: Writable | None, scheme: TagScheme, report: "Report"
) -> None:
    from escore_cli.output.destination import STANDARD_STREAM, open_output
    from escore_labels.formats import write_labels

    signals.clean_up_first()
    if output is not None and output != STANDARD_STREAM:
        write_labels(output, records, write_as.value if write_as else None, scheme.value, report)
        return
    if write_as in (Writable.BRAT, Writable.SPACY):
        raise typer.BadParameter(f"{write_as} does not go to standard output; name it with -o OUT")
    with TemporaryDirectory() as folder, open_output(None) as write:
        path = Path(folder) / "labels"
        write_labels(path, records, (write_as or Writable.RECORDS).value, scheme.value, report)
        with path.open(encoding="utf-8", newline="") as file:
            for block in iter(lambda: file.read(BLOCK), ""):
                write(block)
