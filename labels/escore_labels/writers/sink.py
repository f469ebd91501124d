"""What all writers share: a file that appears whole or not at all, and notes of what its format cannot say."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Literal, TextIO

from escore import EscoreError, OutputError
from escore.atomic import atomic_file
from escore_labels.notes import Note, NoteKind, Report
from escore_labels.record import Record

Scheme = Literal["bio", "bioes", "iob1"]


@dataclass(frozen=True, slots=True)
class Sink:
    """A file or folder to write, the scheme of its entity tags, and who is told of what it cannot say."""

    path: Path
    scheme: Scheme
    report: Report

    @contextmanager
    def open(self) -> Iterator[TextIO]:
        """The file, to write text to; it replaces an older one at the end. Raises what the system raises."""
        with atomic_file(self.path) as part, part.open("w", encoding="utf-8", newline="") as file:
            yield file

    def lost(self, record: Record, what: str, kind: NoteKind = "lost") -> None:
        """Report what is not written of a record."""
        self.report(Note(record.id or record.text[:40], kind, what))


@contextmanager
def output_errors(path: Path) -> Iterator[None]:
    """Raise the system's errors as OutputError that names `path`."""
    try:
        yield
    except EscoreError:
        raise
    except OSError as error:
        advice = "make the folder first" if isinstance(error, FileNotFoundError) else "nothing was written"
        raise OutputError(f"{path}: {error.strerror or error}", advice) from error
