"""What `escore serve --review` reads, labels or texts, which the model labels first."""

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import typer

from escore import EscoreError

if TYPE_CHECKING:
    from escore import Scorer
    from escore_labels.notes import Report
    from escore_labels.readers.source import Placed
    from escore_labels.record import Record

TRAININGS = ".training"  # ending of the folder with the trainings of a review
_TABLES = (".csv", ".tsv", ".parquet")


class ReviewFileError(EscoreError, ValueError):
    """What cannot be put up for review."""


def review_records(paths: Sequence[Path], scorer: "Scorer", feedback: Path | None) -> tuple[list["Record"], list[Path]]:
    """The records of files and folders, each text once, in order; and the files in which people said something.

    What had to change is printed. Texts without labels get the model's, as `escore label` writes them, but for those
    that are held out: the model must not sway whoever labels what it is measured on. The file of decisions is no input,
    though it may lie in a folder that is one. Raises what reading the files raises.
    """
    from escore_cli.label_files import noted
    from escore_labels.merge import merge_records
    from escore_labels.suggest import suggest
    from escore_labels.unlabeled import text_of

    with noted() as report:
        try:
            read = {path: list(_read(path, report, feedback)) for path in dict.fromkeys(paths)}
        except EscoreError as error:
            if "--" not in error.advice:  # an option that only other commands have
                raise
            raise ReviewFileError(error.problem, "label it first, with: escore label FILE -o labels.jsonl") from error
        records = merge_records((placed for placed_records in read.values() for placed in placed_records), report)
    if not records:
        raise ReviewFileError(f"{', '.join(map(str, paths))}: no text in it", "give a file or folder with texts")
    labels = [path for path, placed in read.items() if any(record.is_labeled for _, record in placed)]
    open_places = [i for i, record in enumerate(records) if not (record.spans or record.reviewed or record.held_out)]
    texts = ((records[i].text, i) for i in open_places)
    model = scorer.bundle.manifest.model_name
    for document, i in scorer.stream(texts, as_tuples=True):
        records[i] = suggest(document, text_of(records[i]), model)
    return records, labels


def _read(path: Path, report: "Report", feedback: Path | None) -> Iterator["Placed"]:
    from escore_cli.label_files import read
    from escore_cli.texts import Format, Source
    from escore_labels.unlabeled import unlabeled_record

    if path.is_dir() and not any(path.rglob("*.ann")):  # else it is brat's
        for file in sorted(path.iterdir()):
            is_ours = feedback is not None and file.resolve().name.startswith(feedback.name)  # also its -wal and -shm
            if not (file.name.startswith(".") or is_ours or file.suffix == TRAININGS):
                yield from _read(file, report, feedback)
    elif path.suffix.lower() in _TABLES and not _has_tags(path):
        source = Source(Format.AUTO, False, "text", "text", "utf-8", report)
        for text in source.read([str(path)]):
            yield text.id, unlabeled_record(text)
    else:
        yield from read([path], None, None, report)


def _has_tags(path: Path) -> bool:
    """Whether a table is one of CoNLL's, in columns of words and tags."""
    from escore_labels.detect import detect_format

    try:
        return path.suffix.lower() == ".tsv" and detect_format(path) in ("conll", "gmb", "conllu")
    except ValueError:
        return False


def decisions_file(path: Path) -> Path:
    """Where the decisions about a file or folder go if nothing else is said: beside it, with the ending .db."""
    whole = path.resolve()
    if not whole.name:
        raise typer.BadParameter(f"{path}: where are decisions to be kept? give --feedback FILE")
    return whole.with_name(f"{whole.name}.db") if whole.is_dir() else whole.with_suffix(".db")


def check_review(files: list[Path] | None, reviewer: str | None, *, importance: bool, train: bool) -> None:
    """Check the options of a review. Raises BadParameter, and MissingExtraError where nothing can train."""
    for option, is_given in {"--as": reviewer is not None, "--importance": importance, "--train": train}.items():
        if is_given and not files:
            raise typer.BadParameter(f"{option} goes with --review FILE")
    if reviewer is not None:
        from escore_service.errors import RefusedError
        from escore_service.person import check_name

        try:
            check_name(reviewer)
        except RefusedError as error:
            raise typer.BadParameter(error.problem.replace("by must", "it must"), param_hint="'--as'") from error
    if train:
        from escore_cli.review_training import check_torch

        check_torch()
