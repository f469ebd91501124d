"""Files of labels, as several commands read them: their options, and what is said of what had to change."""

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from enum import StrEnum
from itertools import chain
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from escore_cli.output.messages import print_error

if TYPE_CHECKING:
    from escore_labels.notes import Broken, Report
    from escore_labels.readers.source import Placed
    from escore_labels.record import Record


class Readable(StrEnum):
    """Formats that are read."""

    RECORDS = "records"
    RUN = "run"
    BATCH = "batch"
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


From = Annotated[
    Readable | None, typer.Option("--from", show_default="found by looking", help="Format of what is read.")
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
Feedback = Annotated[
    list[Path] | None,
    typer.Option(
        metavar="FILE",
        readable=False,
        show_default="none",
        help="Also the corrections that 'escore serve --feedback FILE' keeps; may be given again.",
    ),
]
Prefer = Annotated[
    str | None,
    typer.Option(
        metavar="NAME", show_default="such words are left out", help="Whose labels win where two people differ."
    ),
]
Name = Annotated[str | None, typer.Option(metavar="N", show_default="the folder's", help="Name of the new model.")]


def read_merged(inputs: Iterable[Path], feedback: Iterable[Path], tags: Path | None) -> list["Record"]:
    """The records of all files and feedback files, each text once; what had to change is printed."""
    from escore_labels.merge import merge_records

    with noted() as report:
        placed = chain(read(inputs, None, tags, report), read_feedback(feedback, report))
        return merge_records(placed, report)


def read(
    inputs: Iterable[Path],
    read_as: Readable | None,
    tags: Path | None,
    report: "Report",
    broken: "Broken | None" = None,
) -> Iterator["Placed"]:
    """The records of all files with their places; `broken` is told of what cannot be read, or that is raised."""
    from escore_labels.formats import read_placed
    from escore_labels.notes import raise_error
    from escore_labels.tag_map import USUAL_TAGS, read_tag_map

    tag_map = USUAL_TAGS if tags is None else read_tag_map(tags)
    for path in inputs:
        yield from read_placed(path, read_as.value if read_as else None, tag_map, report, broken or raise_error)


def read_feedback(files: Iterable[Path], report: "Report") -> Iterator["Placed"]:
    """The corrected texts of all feedback files with their places; a file without any is reported."""
    from escore_labels.notes import Note
    from escore_service.feedback import records

    for file in files:
        number = 0
        for number, record in enumerate(records(file), 1):
            yield f"{file}: text {number}", record
        if not number:
            report(Note(str(file), "empty", "no corrections in it"))


@contextmanager
def noted() -> Iterator["Report"]:
    """A report whose notes are counted, and printed at the end."""
    from escore_labels.notes import Notes

    notes = Notes()
    yield notes.add
    for line in notes.lines():
        print_error(line)
