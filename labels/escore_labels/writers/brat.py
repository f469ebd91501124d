"""brat's standoff format: a folder with NAME.txt and NAME.ann for each text, and the list of types."""

import re
from collections.abc import Iterable
from pathlib import Path, PurePosixPath

from escore import OutputError
from escore.atomic import atomic_dir
from escore_labels.record import Record, Span
from escore_labels.tag_map import KIND_TAGS, LABEL_TAGS, tag_of
from escore_labels.writers.sink import Sink

_PART = re.compile(r"\w[\w .-]{0,100}")  # of a path that is safe in any file system
_CONFIGURATION = "[entities]\n{}\n[relations]\n[events]\n[attributes]\n"


def write_brat(sink: Sink, records: Iterable[Record]) -> None:
    """A new folder, or an empty one. A text's id is its path there, if it can be one."""
    paths: set[str] = set()
    with atomic_dir(sink.path, _check) as folder:
        for number, record in enumerate(records, 1):
            name = record.id if _is_path(record.id, paths) else f"{number:06}.txt"
            if name != record.id:
                sink.lost(record, "an id that is no name of a .txt file is replaced by a number")
            if record.reviewed != bool(record.spans):
                sink.lost(record, f"reviewed is read back as {str(bool(record.spans)).lower()}")
            path = folder / name
            paths |= {name.lower(), *(str(parent).lower() + "/" for parent in PurePosixPath(name).parents)}
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(record.text.encode())
            lines = [_line(record.text, i, span) for i, span in enumerate(record.spans, 1)]
            path.with_suffix(".ann").write_bytes("".join(lines).encode())
        types = [*KIND_TAGS.values(), *LABEL_TAGS.values()]
        (folder / "annotation.conf").write_text(_CONFIGURATION.format("\n".join(types)))


def _line(text: str, number: int, span: Span) -> str:
    """A span; one that goes over a line's end has a part for each line."""
    parts = [
        (span.start + match.start(), span.start + match.end())
        for match in re.finditer(r"[^\r\n]+", text[span.start : span.end])
    ]
    places = ";".join(f"{start} {end}" for start, end in parts)
    return f"T{number}\t{tag_of(span)} {places}\t{' '.join(text[start:end] for start, end in parts)}\n"


def _is_path(id: str, paths: set[str]) -> bool:
    """Whether an id can be the path of a text: plain names, .txt at the end, not that of an earlier text."""
    parts = id.split("/")
    return (
        id.endswith(".txt")
        and id.lower() not in paths
        and id.lower() + "/" not in paths
        and all(_PART.fullmatch(part) for part in parts)
        and not any("/".join(parts[:i]).lower() in paths for i in range(1, len(parts)))
    )


def _check(target: Path) -> None:
    """Raise OutputError for what is there already: a person may have annotated it."""
    if target.exists() and not target.is_dir():
        raise OutputError(f"{target}: is a file", "give a new folder")
    if target.exists() and (other := next(target.iterdir(), None)):
        raise OutputError(f"{target}: holds {other.name}, which would be lost", "give a new folder")
