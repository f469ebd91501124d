"""What `escore batch` writes: parts in Parquet, or the folder of them."""

import importlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from escore_labels.readers.run_output import read_scored_object
from escore_labels.readers.source import Placed, Source
from escore_labels.record import RecordError

_VERSION = b"escore.schema_version"
_KNOWN = b"1"  # versions that are read
_ROWS = 256  # that are read at once


def read_scored(source: Source) -> Iterator[Placed]:
    """A record a row, as of what `escore run` writes."""
    return source.read_each(_read, scored_rows(source.path))


def parquet_parts(folder: Path) -> list[Path]:
    """The parts in a folder, in order."""
    return sorted(path for path in folder.glob("*.parquet") if not path.name.startswith(("_", ".")))


def scored_rows(path: Path) -> Iterator[tuple[str, dict[str, Any]]]:
    """Each row of a part, or of all parts in a folder, with its place, as `escore run` writes it in JSON.

    Raises RecordError for what `escore batch` has not written.
    """
    for part in parquet_parts(path) if path.is_dir() else [path]:
        yield from _rows(part)


def _rows(path: Path) -> Iterator[tuple[str, dict[str, Any]]]:
    try:
        parquet = importlib.import_module("pyarrow.parquet")
    except ImportError as error:
        raise RecordError(f"{path}: pyarrow is not installed", "pip install pyarrow") from error
    try:
        with path.open("rb") as opened, parquet.ParquetFile(opened) as table:
            metadata = table.schema_arrow.metadata or {}
            version = metadata.get(_VERSION)
            if version is None:
                raise RecordError(f"{path}: a Parquet file that 'escore batch' has not written", "score it first")
            if version != _KNOWN:
                raise RecordError(f"{path}: of version {version.decode()} of the columns", "install a newer escore")
            minimum = float(metadata[b"escore.minimum"])
            number = 0
            for batch in table.iter_batches(_ROWS):
                for row in batch.to_pylist():
                    number += 1
                    yield f"{path}: row {number}", _object(row, minimum)
    except RecordError:
        raise
    except (OSError, ValueError) as error:  # pyarrow's own errors are one or the other
        problem = getattr(error, "strerror", None) or str(error).partition("\n")[0].rstrip(".")
        raise RecordError(f"{path}: {problem}", "give a part that 'escore batch' has written") from error


def _object(row: dict[str, Any], minimum: float) -> dict[str, Any]:
    fields = {name: value for name, value in row.items() if value is not None} | {"minimum": minimum}
    if "time" in fields:
        fields["time"] = row["time"].isoformat()
    return {"words": []} | fields


def _read(source: Source, item: tuple[str, dict[str, Any]]) -> Placed:
    place, fields = item
    if "text" not in fields:
        raise RecordError(f"{place}: has no text", "run 'escore batch' without --no-text")
    return read_scored_object(source, place, fields)
