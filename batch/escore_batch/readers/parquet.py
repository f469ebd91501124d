"""Parquet, a row group at a time, and of that some rows at a time."""

import posixpath
from collections.abc import Iterator
from typing import Any

import pyarrow as pa
import pyarrow.dataset as ds
import pyarrow.parquet as pq

from escore_batch.fields import check_named, check_single, id_values, text_values, time_values
from escore_batch.inputs import File
from escore_batch.rows import Item, Position, Problem, Ranges, make_row
from escore_batch.settings import Columns

_BUFFER = 1 << 20  # bytes of a column that are read ahead
_BATCH_BYTES = 1 << 18  # of a batch of rows, by the mean size of the row group's
_MAX_BATCH = 1024
_ERRORS = (OSError, pa.ArrowException)  # of damaged files; ArrowInvalid is a ValueError besides
_BAD_PARTITION = "__HIVE_DEFAULT_PARTITION__"  # what Hive writes for null


def read_parquet(
    file: File, columns: Columns, done: Ranges, position: Position, groups: range | None
) -> Iterator[Item]:
    """As read_source."""
    name = file.place.name
    try:
        with file.place.open() as opened, _open(opened) as table:
            yield from _read(file, table, columns, done, position, groups)
    except _ERRORS as error:
        yield Problem(name, reason_of(error))


def row_groups(file: File) -> list[tuple[int, int]]:
    """Rows and bytes (unpacked) of each row group; none where the file is no Parquet. Raises nothing."""
    try:
        with file.place.open() as opened, pq.ParquetFile(opened) as table:
            groups = map(table.metadata.row_group, range(table.num_row_groups))
            return [(group.num_rows, group.total_byte_size) for group in groups]
    except _ERRORS:
        return []


def _open(file: Any) -> Any:
    """A Parquet file that is read a little at a time; checksums of pages, where it has them, are compared."""
    return pq.ParquetFile(file, buffer_size=_BUFFER, pre_buffer=False, page_checksum_verification=True)


def _read(
    file: File, table: Any, columns: Columns, done: Ranges, position: Position, groups: range | None
) -> Iterator[Item]:
    name, partition = file.place.name, partition_of(file.place.path)
    names = table.schema_arrow.names
    check_named(columns, [*names, *partition], name)
    check_single(columns, names, name)
    stored = [column for column in dict.fromkeys(columns.names) if column in names]
    first = 0
    for group in range(table.num_row_groups):
        metadata = table.metadata.row_group(group)
        end = first + metadata.num_rows
        if (groups is None or group in groups) and not done.cover(first, end):
            size = max(1, min(_MAX_BATCH, _BATCH_BYTES * metadata.num_rows // max(1, metadata.total_byte_size)))
            index = first
            try:
                for batch in table.iter_batches(size, row_groups=[group], columns=stored):
                    position.share = (index + batch.num_rows) / table.metadata.num_rows
                    if not done.cover(index, index + batch.num_rows):
                        yield from _rows(name, index, batch, partition, columns, done)
                    index += batch.num_rows
            except (*_ERRORS, UnicodeDecodeError) as error:
                yield Problem(f"{name}: rows {index + 1:,} to {end:,}, of row group {group}", reason_of(error))
        first = end


def _rows(
    name: str, first: int, batch: pa.RecordBatch, partition: dict[str, str | None], columns: Columns, done: Ranges
) -> Iterator[Item]:
    table = pa.Table.from_batches([batch])
    for key, value in partition.items():
        if key not in table.column_names:
            table = table.append_column(key, pa.array([value] * len(batch), pa.string()))
    texts = text_values(table, columns.text, name)
    ids = id_values(table, columns.id, name) or [None] * len(texts)
    times = time_values(table, columns.time, name)
    for index, fields in enumerate(zip(ids, texts, times, strict=True), first):
        if not done.touch(index, index + 1):
            place = f"{name}: row {index + 1}"
            yield make_row(index, place, f"{name}:{index + 1}", *fields)


def partition_of(path: str) -> dict[str, str | None]:
    """What the folders of a path say as key=value, as Hive writes it."""
    keys = [folder.partition("=")[0] for folder in posixpath.dirname(path).split("/") if "=" in folder]
    if not keys:
        return {}
    partitioning = ds.HivePartitioning(
        pa.schema([(key, pa.string()) for key in dict.fromkeys(keys)]), null_fallback=_BAD_PARTITION
    )
    return dict(ds.get_partition_keys(partitioning.parse(path)))


def reason_of(error: Exception) -> str:
    """The first line of what pyarrow says."""
    return (getattr(error, "strerror", None) or str(error)).partition("\n")[0].rstrip(".")
