"""`escore labels`: labels from one tool's format to another's, united, split, and checked."""

import sys
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from escore_cli import signals
from escore_cli.output.messages import print_error

if TYPE_CHECKING:
    from escore_labels.notes import Note, Report
    from escore_labels.readers.source import Placed
    from escore_labels.record import Record

app = typer.Typer(
    help="Convert, unite, split and check labels.",
    rich_markup_mode=None,
    invoke_without_command=True,
    add_completion=False,
)


class Readable(StrEnum):
    """Formats that are read."""

    RECORDS = "records"
    RUN = "run"
    PRODIGY = "prodigy"
    DOCCANO = "doccano"
    LABEL_STUDIO = "label-studio"
    BRAT = "brat"
    SPACY = "spacy"
    CONLLU = "conllu"
    CONLL = "conll"
    GMB = "gmb"
    WORD_TAG = "word-tag"
    TEXT = "text"
    LINES = "lines"


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
    list[Path], typer.Argument(metavar="IN...", readable=False, help="Files of labels; a folder of brat's files.")
]
Output = Annotated[
    Path, typer.Option("-o", "--output", metavar="OUT", readable=False, help="What to write, whole or not at all.")
]
From = Annotated[
    Readable | None, typer.Option("--from", show_default="found by looking", help="Format of what is read.")
]
To = Annotated[
    Writable | None, typer.Option("--to", show_default="from the suffix of OUT", help="Format of what is written.")
]
Tags = Annotated[
    Path | None,
    typer.Option(
        "--tags",
        metavar="FILE",
        readable=False,
        show_default="the usual tags",
        help="TOML file that says what tags are worth.",
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
    output: Output,
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

    with _notes() as report:
        records = (record for _, record in _read(inputs, read_as, tags, report))
        if reviewed:
            records = (replace(record, reviewed=True) for record in records)
        _write(output, records, write_as, scheme, report)


@app.command(epilog=MERGE)
def merge(inputs: Inputs, output: Output, read_as: From = None, write_as: To = None, tags: Tags = None) -> None:
    """Unite labels: all spans of a text come into one record."""
    from escore_labels.merge import merge_records

    with _notes() as report:
        records = merge_records(_read(inputs, read_as, tags, report), report)
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
    from escore_labels.split import write_split

    if output.absolute() == held_out.absolute():
        raise typer.BadParameter("give two different files", param_hint="'-o' and '--held-out'")
    signals.clean_up_first()
    with _notes() as report:
        records = (record for _, record in _read(inputs, read_as, tags, report))
        train_count, held_out_count = write_split(records, output, held_out)
        print_error(f"{train_count} texts to {output}, {held_out_count} to {held_out}")


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

    A line each for texts that are held out too, people who disagree, one text with different labels, texts without
    words, unknown tags, spans across word edges, and labels of one class only. The last line counts texts and spans.
    """
    from escore.printable import printable
    from escore_cli.output.destination import open_output
    from escore_labels.check import check_labels, summarize
    from escore_labels.notes import WRONG, Notes, ignore

    wrong, tag_notes, others = Notes(), Notes(), Notes()
    with open_output(None) as write:

        def report(note: "Note") -> None:
            if note.kind == "unknown tag":
                tag_notes.add(note)  # a line a tag, not a line a span
            elif note.kind in WRONG:
                wrong.add(note)
                write(f"{printable(str(note))}\n")
            else:
                others.add(note)

        placed = list(_read(inputs, read_as, tags, report))
        held_out = _read([against], None, tags, ignore) if against else ()
        for line in tag_notes.lines():
            write(f"{printable(line)}\n")
        for note in check_labels(placed, held_out):
            report(note)
        write(summarize(record for _, record in placed) + "\n")
    for line in others.lines():
        print_error(line)
    if wrong.lines() or tag_notes.lines():
        raise typer.Exit(1)


@app.command()
def schema() -> None:
    """Print the JSON Schema of a record."""
    import json

    from escore_cli.output.destination import open_output
    from escore_labels.record import record_schema

    with open_output(None) as write:
        write(json.dumps(record_schema(), indent=2) + "\n")


def _read(inputs: list[Path], read_as: Readable | None, tags: Path | None, report: "Report") -> Iterator["Placed"]:
    """The records of all files with their places."""
    from escore_labels.formats import read_placed
    from escore_labels.tag_map import USUAL_TAGS, read_tag_map

    tag_map = USUAL_TAGS if tags is None else read_tag_map(tags)
    for path in inputs:
        yield from read_placed(path, read_as.value if read_as else None, tag_map, report)


def _write(
    output: Path, records: Iterable["Record"], write_as: Writable | None, scheme: TagScheme, report: "Report"
) -> None:
    from escore_labels.formats import write_labels

    signals.clean_up_first()
    write_labels(output, records, write_as.value if write_as else None, scheme.value, report)


@contextmanager
def _notes() -> Iterator["Report"]:
    """A report whose notes are counted, and printed at the end."""
    from escore_labels.notes import Notes

    notes = Notes()
    yield notes.add
    for line in notes.lines():
        print_error(line)
