"""How `escore run` writes what it has scored: as it comes, or as one summary at the end."""

import sys
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Literal, Protocol

import typer

from escore import Document, Manifest
from escore_cli.output import columns, formats, terminal
from escore_cli.output.capabilities import can_color
from escore_cli.output.destination import Write
from escore_cli.output.tables import Layout, table

_FLUSH = 1 << 16  # characters that are written at once at least, but at the end of a document


@dataclass(frozen=True, slots=True)
class Settings:
    """What the options of `escore run` say of its output.

    format: "auto", "tsv", "csv", "jsonl" or "json".
    minimum: 0..300.
    summary: what is said of all texts together, if that is wanted.
    columns: names with commas between them; None: the usual ones.
    color: "auto", "always" or "never".
    terminal: whether a person sees the output at once.
    lines: whether each line is a document.
    headings: whether each file's name goes before its text.
    typed: whether a person types the texts.
    """

    format: str
    minimum: float
    entities: bool
    summary: Literal["count", "explain-min"] | None
    columns: str | None
    header: bool
    color: str
    terminal: bool
    lines: bool
    headings: bool
    typed: bool

    def check(self) -> None:
        """Raise BadParameter for columns that do not exist or do not fit."""
        if self.columns is None:
            return
        if self.format in ("json", "jsonl") or self.summary == "explain-min":
            raise typer.BadParameter("--columns goes with tsv and csv of words, entities or counts")
        known = self._known_columns()
        for name in self.columns.split(","):
            if name not in known:
                raise typer.BadParameter(f"--columns: '{name}' is not one of {', '.join(known)}")

    def column_names(self) -> tuple[str, ...]:
        """The columns that are written."""
        if self.columns is not None:
            return tuple(self.columns.split(","))
        return columns.COUNTS if self.summary == "count" else columns.DEFAULT

    def _known_columns(self) -> tuple[str, ...]:
        if self.summary == "count":
            return columns.ALL_COUNTS
        return columns.NAMES if self.entities else tuple(name for name in columns.NAMES if name != "kind")

    @property
    def shows_text(self) -> bool:
        """Whether the text itself is written, for a person."""
        return self.format == "auto" and self.summary is None and (self.terminal or self.color == "always")

    @property
    def in_color(self) -> bool:
        """Whether marks are shown by color."""
        return self.color == "always" or (self.color == "auto" and can_color())


class Writer(Protocol):
    """Writes scored documents.

    skips_blank: whether a document without words would write nothing.
    """

    skips_blank: bool

    def add(self, name: str, document: Document) -> None:
        """Write a document, or keep what is needed of it."""
        ...

    def end(self, complete: bool) -> None:
        """Write what comes after the last one; `complete` is whether any text could be read."""
        ...


def make_writer(settings: Settings, manifest: Manifest, write: Write) -> Writer:
    """The writer for what the options say."""
    if settings.summary is not None:
        return SummaryWriter(settings, write)
    if settings.shows_text:
        return TextWriter(settings, manifest, write)
    if settings.format in ("json", "jsonl"):
        return JsonWriter(settings, manifest.model_name, write)
    return TableWriter(settings, write)


class TableWriter:
    """Rows as they come."""

    skips_blank = True

    def __init__(self, settings: Settings, write: Write) -> None:
        self._layout: Layout = "csv" if settings.format == "csv" else "tsv"
        self._settings, self._write, self._columns = settings, write, settings.column_names()
        if settings.header:
            _write_all(write, table(self._layout, [self._columns]))

    def add(self, name: str, document: Document) -> None:
        """Write the rows of a document."""
        minimum, entities = self._settings.minimum, self._settings.entities
        _write_all(self._write, table(self._layout, columns.rows(name, document, minimum, entities, self._columns)))

    def end(self, complete: bool) -> None:
        """Nothing comes after the last row."""


class JsonWriter:
    """An object a document, on a line each or in one array."""

    skips_blank = False

    def __init__(self, settings: Settings, model: str, write: Write) -> None:
        self._settings, self._model, self._write = settings, model, write
        self._is_array, self._is_first = settings.format == "json", True
        if self._is_array:
            write("[")

    def add(self, name: str, document: Document) -> None:
        """Write the object of a document."""
        render = formats.json_object if self._is_array else formats.jsonl
        chunks = render(name, document, self._model, self._settings.minimum, self._settings.entities)
        between = ",\n" if self._is_array and not self._is_first else ""
        self._is_first = False
        _write_all(self._write, _after(between, chunks))

    def end(self, complete: bool) -> None:
        """Close the array."""
        if self._is_array:
            self._write("]\n")


class TextWriter:
    """The texts themselves, for a person."""

    skips_blank = False

    def __init__(self, settings: Settings, manifest: Manifest, write: Write) -> None:
        self._settings, self._write, self._file = settings, write, ""
        if settings.terminal and sys.stderr is not None and sys.stderr.isatty():
            print(terminal.legend(manifest.marks, settings.minimum, settings.in_color), file=sys.stderr)
            if settings.typed:
                print("Type a line of text, then Enter; Ctrl-D ends.", file=sys.stderr, flush=True)

    def add(self, name: str, document: Document) -> None:
        """Write a text, below its file's name where there are several files."""
        settings = self._settings
        chunks = terminal.marked_text(document, settings.minimum, settings.entities, settings.in_color)
        _write_all(self._write, _after(self._heading(name), chunks))

    def end(self, complete: bool) -> None:
        """Nothing comes after the last text."""

    def _heading(self, name: str) -> str:
        """`==> name <==`, as `head` writes it, where another file begins."""
        file = name.rpartition(":")[0] if self._settings.lines else name
        if not self._settings.headings or file == self._file:
            return ""
        before, self._file = self._file, file
        return f"{chr(10) if before else ''}==> {terminal.visible(file)} <==\n"


class SummaryWriter:
    """What is said of all documents together."""

    skips_blank = True

    def __init__(self, settings: Settings, write: Write) -> None:
        from escore_cli.output.summaries import Counts, Minimums, Summary

        self._settings, self._write = settings, write
        self._summary: Summary = (
            Counts(settings.minimum, settings.column_names()) if settings.summary == "count" else Minimums()
        )

    def add(self, name: str, document: Document) -> None:
        """Take a document."""
        self._summary.add(document)

    def end(self, complete: bool) -> None:
        """Write the summary."""
        settings = self._settings
        is_for_person = settings.terminal or settings.summary == "explain-min"
        kind = ("text" if is_for_person else "tsv") if settings.format == "auto" else settings.format
        if complete or kind == "json":
            _write_all(self._write, self._summary.render(kind, settings.header))


def _after(first: str, chunks: Iterable[str]) -> Iterator[str]:
    yield first
    yield from chunks


def _write_all(write: Write, chunks: Iterable[str]) -> None:
    """Write chunks, small ones together, since each is a call of the system."""
    waiting: list[str] = []
    size = 0
    for chunk in chunks:
        waiting.append(chunk)
        size += len(chunk)
        if size >= _FLUSH:
            write("".join(waiting))
            waiting, size = [], 0
    if size:
        write("".join(waiting))
