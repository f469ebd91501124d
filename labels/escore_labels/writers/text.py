"""Texts without their labels, a line each; and spans as a table."""

import csv
from collections.abc import Iterable

from escore.printable import protect_cell
from escore_labels.record import Record, Span
from escore_labels.writers.sink import Sink

COLUMNS = (
    "id", "start", "end", "text", "label", "target", "kind", "by", "model", "score", "probability", "time", "settles",
)  # fmt: skip


def write_lines(sink: Sink, records: Iterable[Record]) -> None:
    """The texts, a line each; a line's end inside a text becomes a blank."""
    with sink.open() as file:
        for record in records:
            line = " ".join(record.text.splitlines())
            if line != record.text:
                sink.lost(record, "a line's end in a text is written as a blank")
            if record.spans:
                sink.lost(record, "spans are not written")
            file.write(line + "\n")


def write_csv(sink: Sink, records: Iterable[Record]) -> None:
    """A row a span, with a header; `text` is the span's."""
    with sink.open() as file:
        table = csv.writer(file, lineterminator="\r\n")  # with "\n" alone, a cell with "\r" would not be quoted
        table.writerow(COLUMNS)
        for record in records:
            if not record.spans:
                sink.lost(record, "a text without spans has no row")
            for span in record.spans:
                table.writerow(_row(record, span))


def _row(record: Record, span: Span) -> list[object]:
    fields = {"id": record.id, "text": record.text[span.start : span.end]}
    values = (fields[name] if name in fields else getattr(span, name) for name in COLUMNS)
    return ["" if value is False else protect_cell(value) for value in values]
