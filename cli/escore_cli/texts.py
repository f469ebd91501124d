"""Unlabeled texts from files in several formats, and from standard input."""

from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path, PurePath
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from escore_labels.notes import Report
    from escore_labels.unlabeled import Text


class Format(StrEnum):
    """How texts are read."""

    AUTO = "auto"
    TEXT = "text"
    JSONL = "jsonl"
    CSV = "csv"
    TSV = "tsv"
    PARQUET = "parquet"


_ENDINGS = {f".{kind}": kind for kind in Format} | {".ndjson": Format.JSONL}


@dataclass(frozen=True, slots=True)
class Source:
    """How files are read as texts.

    format: of all files; AUTO goes by the ending of each name.
    lines: whether each line of a file in format TEXT is a text, instead of the whole file.
    field, column: what holds the text in JSON lines, and in tables.
    report: is called with a Note for everything that is left out.
    errors: what happens to bytes that are no text, as of inputs.whole.
    """

    format: Format
    lines: bool
    field: str
    column: str
    encoding: str
    report: "Report"
    errors: str = "strict"

    def read(self, files: list[str]) -> Iterator["Text"]:
        """The texts of all files, `-` for standard input. Raises InputError, TextError."""
        from escore_labels.notes import Note
        from escore_labels.unlabeled import TextError

        empty = []
        files = [name for file in files for name in _parts(file)]
        for file in files:
            texts = self._read(file)
            if (first := next(texts, None)) is None:
                empty.append(file)
            else:
                yield first
                yield from texts
        if len(empty) == len(files):
            raise TextError(
                f"{', '.join(empty[:3])}{', …' * (len(empty) > 3)}: no text in it", "give a file with texts"
            )
        for file in empty:
            self.report(Note(file, "empty", "no text in it"))

    def _read(self, file: str) -> Iterator["Text"]:
        from escore_cli import inputs
        from escore_cli.input_bytes import ENDINGS
        from escore_labels import unlabeled

        kind = self.format
        if kind is Format.AUTO:
            name = PurePath(file)
            name = name.with_suffix("") if name.suffix.lower() in ENDINGS else name
            kind = _ENDINGS.get(name.suffix.lower(), Format.TEXT)
        if kind is Format.PARQUET:
            yield from unlabeled.parquet_texts(file, self.column, self.report)
        elif kind is Format.TEXT and not self.lines:
            text = inputs.whole(file, self.encoding, self.errors)
            if text.strip():
                yield unlabeled.Text(text, file, file)
        else:
            lines = inputs.lines(file, self.encoding, self.errors)
            if kind is Format.TEXT:
                yield from unlabeled.line_texts(lines, file)
            elif kind is Format.JSONL:
                yield from unlabeled.jsonl_texts(lines, file, self.field, self.report)
            else:
                delimiter = "," if kind is Format.CSV else "\t"
                yield from unlabeled.table_texts(lines, file, self.column, delimiter, self.report)


def _parts(file: str) -> list[str]:
    """The parts in a folder that `escore batch` has written; else the file itself."""
    if not Path(file).is_dir():
        return [file]
    from escore_labels.readers.scored_parquet import parquet_parts

    return [str(path) for path in parquet_parts(Path(file))] or [file]
