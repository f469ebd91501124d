"""The formats of labels: one table, one way in and one way out."""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import msgspec

from escore import EscoreError, WordLengthError
from escore_labels.detect import detect_format
from escore_labels.notes import Broken, Report, ignore, raise_error
from escore_labels.readers.brat import read_brat
from escore_labels.readers.docbin import read_docbin
from escore_labels.readers.doccano import read_doccano
from escore_labels.readers.json_objects import convert
from escore_labels.readers.label_studio import read_label_studio
from escore_labels.readers.prodigy import read_prodigy
from escore_labels.readers.run_output import read_run
from escore_labels.readers.scored_parquet import read_scored
from escore_labels.readers.source import EMPTY, Placed, Source
from escore_labels.readers.tagged_text import read_conllu, read_word_tag
from escore_labels.readers.text import read_lines, read_text_file
from escore_labels.readers.token_columns import read_columns, read_gmb
from escore_labels.record import Record, RecordError, Span, render_record, without_surrogates
from escore_labels.tag_map import USUAL_TAGS, TagMap
from escore_labels.tokens import CorpusError
from escore_labels.writers.annotation_tools import write_doccano, write_label_studio, write_prodigy
from escore_labels.writers.brat import write_brat
from escore_labels.writers.columns import write_conll, write_conll2003, write_conllu, write_gmb, write_word_tag
from escore_labels.writers.docbin import write_docbin
from escore_labels.writers.sink import Scheme, Sink, output_errors
from escore_labels.writers.text import write_csv, write_lines


def _read_records(source: Source) -> Iterator[Placed]:
    return source.read_objects(_read_record)


def _read_record(source: Source, place: str, value: Any) -> Placed:
    record = convert(value, Record, place)
    if not record.text.strip():
        source.note(place, "empty", EMPTY)
    return place, record


def _write_records(sink: Sink, records: Iterable[Record]) -> None:
    with sink.open() as file:
        for record in records:
            file.write(render_record(record))


@dataclass(frozen=True, slots=True)
class Writer:
    """How a format is written, the suffixes of its files, and the fields of records and spans that it keeps."""

    write: Callable[[Sink, Iterable[Record]], None]
    suffixes: tuple[str, ...]
    keeps: frozenset[str]


_LABELS = frozenset({"label", "kind"})
_CLAIMS = frozenset({"label", "target", "kind", "by", "model", "score", "probability", "span.time", "settles"})
_ALL = _CLAIMS | {"id", "time", "source", "held_out"}

READERS = {
    "records": _read_records,
    "run": read_run,
    "batch": read_scored,
    "prodigy": read_prodigy,
    "doccano": read_doccano,
    "label-studio": read_label_studio,
    "brat": read_brat,
    "spacy": read_docbin,
    "conllu": read_conllu,
    "conll": read_columns,
    "gmb": read_gmb,
    "word-tag": read_word_tag,
    "text": read_text_file,
    "lines": read_lines,
}


WRITERS = {
    "records": Writer(_write_records, (".jsonl",), _ALL | {"any kind"}),
    "prodigy": Writer(write_prodigy, (), _ALL),
    "doccano": Writer(write_doccano, (), _ALL),
    "label-studio": Writer(write_label_studio, (".json",), _ALL),
    "brat": Writer(write_brat, (), _LABELS | {"id"}),
    "spacy": Writer(write_docbin, (".spacy",), _LABELS),
    "conllu": Writer(write_conllu, (".conllu",), _LABELS | {"id"}),
    "conll": Writer(write_conll, (".conll", ".tsv", ".bio", ".iob", ".iob2"), _LABELS),
    "conll2003": Writer(write_conll2003, (), _LABELS),
    "gmb": Writer(write_gmb, (), _LABELS),
    "word-tag": Writer(write_word_tag, (), frozenset({"label"})),
    "lines": Writer(write_lines, (".txt",), frozenset()),
    "csv": Writer(write_csv, (".csv",), _CLAIMS | {"id", "any kind"}),
}


def read_labels(
    path: Path, format: str | None = None, tags: TagMap = USUAL_TAGS, report: Report = ignore
) -> Iterator[Record]:
    """The records of a file or folder of any format that READERS names; None finds the format by looking.

    `tags` says what the tags of foreign formats are worth. `report` is called with a Note for everything that a record
    cannot say or that had to change. Raises RecordError or CorpusError, and MissingSpacyError for spaCy's files.
    """
    for _, record in read_placed(path, format, tags, report):
        yield record


def read_placed(
    path: Path,
    format: str | None = None,
    tags: TagMap = USUAL_TAGS,
    report: Report = ignore,
    broken: Broken = raise_error,
) -> Iterator[Placed]:
    """As read_labels, each record with its place: the file, and the line or the id.

    `broken` is called with the error of each line, or text, or whole file that cannot be read; unless it raises that,
    the reading goes on with the next one.
    """
    if format is not None and format not in READERS:
        raise RecordError(f"{path}: format '{format}' cannot be read", f"give one of {', '.join(READERS)}")
    is_empty = True

    def note_broken(error: EscoreError) -> None:
        nonlocal is_empty
        is_empty = False
        broken(error)

    try:
        name = format or detect_format(path)
        for placed in READERS[name](Source(path, tags, report, "" if format else name, note_broken)):
            yield placed
            is_empty = False
        if is_empty:
            raise RecordError(f"{path}: no text in it", "give a file with texts")
    except (RecordError, CorpusError) as error:
        broken(error)
    except WordLengthError as error:
        broken(RecordError(f"{path}: {error.problem}", error.advice))


def write_labels(
    path: Path,
    records: Iterable[Record],
    format: str | None = None,
    scheme: Scheme = "bio",
    report: Report = ignore,
) -> None:
    """Write records in a format that WRITERS names, whole or not at all; None takes it from the file's suffix.

    `scheme` is that of the entity tags of conll and conll2003. `report` is called with a Note for everything that the
    format cannot say. Raises RecordError, OutputError, and MissingSpacyError for spaCy's files.
    """
    name = format or next((name for name, writer in WRITERS.items() if path.suffix in writer.suffixes), "")
    if name not in WRITERS:
        if not name:
            problem = f"{path}: no format has the suffix '{path.suffix}'" if path.suffix else f"{path}: has no suffix"
            raise RecordError(problem, f"name the format with --to: {', '.join(WRITERS)}")
        raise RecordError(f"{path}: format '{name}' cannot be written", f"give one of {', '.join(WRITERS)}")
    writer = WRITERS[name]
    with output_errors(path):
        sink = Sink(path.resolve(), scheme, report)
        writer.write(sink, (_noted(record, writer.keeps, sink) for record in records))


def _noted(record: Record, keeps: frozenset[str], sink: Sink) -> Record:
    """The record without what a format does not keep, which is reported, and without lone surrogates."""
    record = without_surrogates(record)
    for field in ("id", "time", "source", "held_out"):
        if field not in keeps and getattr(record, field):
            sink.lost(record, f"{field} of a text is not written")
    for span in record.spans:
        if "target" not in keeps and span.target is not None:
            sink.lost(record, "a span with a target is left out")
            continue
        for field in ("kind", "by", "model", "score", "probability"):
            if field not in keeps and getattr(span, field) is not None:
                is_suggestion = field == "by" and not span.by_person and "label" in keeps
                what = f"what a {span.by} says is written as if a person said it"
                sink.lost(record, what if is_suggestion else f"{field} of a span is not written")
        if "span.time" not in keeps and span.time is not None:
            sink.lost(record, "time of a span is not written")
        if "settles" not in keeps and span.settles:
            sink.lost(record, "that a span settles a conflict is not written")
        if "any kind" not in keeps and span.kind is not None and span.label != "entity":
            sink.lost(record, "kind of a span that is no entity is not written")
    if "target" in keeps:
        return record
    targets = [span for span in record.spans if span.target is not None]
    spans = tuple(span for span in record.spans if span.target is None and not _is_overruled(span, targets))
    return record if len(spans) == len(record.spans) else msgspec.structs.replace(record, spans=spans)


def _is_overruled(span: Span, targets: Iterable[Span]) -> bool:
    """Whether a person gave words of a suggestion a number instead."""
    return not span.by_person and any(
        target.by_person and target.start < span.end and span.start < target.end for target in targets
    )
