"""Small corpora of real sentences, in every format that a batch reads."""

import csv
import gzip
import io
import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
from tests.conftest import EXAMPLES

SENTENCES = [line for path in EXAMPLES for line in path.read_text("utf-8").splitlines() if len(line) > 40]


def rows(count: int, first: int = 0) -> list[dict[str, Any]]:
    """Rows with an id, a time and a text of a sentence or two."""
    return [
        {
            "id": f"d{number}",
            "time": f"2026-05-{number % 28 + 1:02}T10:00:00Z",
            "text": " ".join(SENTENCES[(number * 7 + i) % len(SENTENCES)] for i in range(number % 2 + 1)),
        }
        for number in range(first, first + count)
    ]


def write_parquet(path: Path, of: Sequence[dict[str, Any]], row_group: int = 1000, **options: Any) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    pq.write_table(pa.Table.from_pylist(list(of)), path, row_group_size=row_group, use_dictionary=False, **options)
    return path


def write_jsonl(path: Path, of: Sequence[dict[str, Any]]) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(packed(path, "".join(json.dumps(row) + "\n" for row in of).encode()))
    return path


def write_csv(path: Path, of: Sequence[dict[str, Any]]) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    file = io.StringIO(newline="")
    writer = csv.DictWriter(file, ["id", "time", "text"], dialect="excel-tab" if ".tsv" in path.name else "excel")
    writer.writeheader()
    writer.writerows(of)
    path.write_bytes(packed(path, file.getvalue().encode()))
    return path


def packed(path: Path, data: bytes) -> bytes:
    """Compressed as the ending says."""
    if path.suffix == ".gz":
        return gzip.compress(data)
    if path.suffix == ".zst":
        compressed: bytes = pa.compress(data, "zstd", asbytes=True)
        return compressed
    return data


def output_rows(folder: Path) -> list[dict[str, Any]]:
    """All rows of a batch's output, in the order of their ids."""
    return sorted(pq.read_table(folder).to_pylist(), key=lambda row: str(row["id"]))


def errors_of(folder: Path) -> list[dict[str, Any]]:
    """What errors.parquet says."""
    return pq.read_table(folder / "_escore" / "errors.parquet").to_pylist()  # type: ignore[no-any-return]
