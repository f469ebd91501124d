"""The columns of a part, typed and versioned: the fields of a record (see escore_labels.record), one row a text."""

from collections.abc import Sequence
from datetime import datetime
from itertools import accumulate, chain
from typing import Any

import numpy as np
import pyarrow as pa

import escore
from escore import Document
from escore.text_hash import text_hash
from escore_batch.settings import SCHEMA_VERSION, Settings, Unit

# Offsets are code points, half open. `probability` and `kind` are null where the bundle does not say them.
ITEM = pa.struct(
    [
        pa.field("text", pa.string(), nullable=False),
        pa.field("start", pa.int32(), nullable=False),
        pa.field("end", pa.int32(), nullable=False),
        pa.field("score", pa.float32(), nullable=False),  # 0..300
        pa.field("probability", pa.float32()),  # 0..1
        pa.field("kind", pa.string()),
    ]
)
_LIST = pa.list_(pa.field("element", ITEM, nullable=False))
# `words` or `entities` is null, whichever was not asked for, and both where there was no text.
SCHEMA = pa.schema(
    [
        pa.field("id", pa.string(), nullable=False),
        pa.field("text_hash", pa.int64()),  # escore.text_hash.text_hash
        pa.field("time", pa.timestamp("us", tz="UTC")),
        pa.field("words", _LIST),
        pa.field("entities", _LIST),
        pa.field("model", pa.string(), nullable=False),  # name and version
        pa.field("model_hash", pa.string(), nullable=False),  # SHA-256 of its files
        pa.field("text", pa.string()),  # null without --text
    ]
)
PREFIX = b"escore."  # of the keys of a part's metadata


def schema(settings: Settings) -> pa.Schema:
    """SCHEMA with the version and the settings in its metadata."""
    values = {
        "schema_version": SCHEMA_VERSION,
        "unit": settings.unit,
        "minimum": f"{settings.minimum:.10g}",
        "version": escore.__version__,
    }
    return SCHEMA.with_metadata({PREFIX + name.encode(): str(value).encode() for name, value in values.items()})


def to_table(
    ids: Sequence[str], times: Sequence[datetime | None], documents: Sequence[Document | None], settings: Settings
) -> pa.Table:
    """Scored documents as a table of `schema(settings)`, a row each; None is a row without a text."""
    items = _items(documents, settings.unit, settings.minimum)
    nothing = pa.nulls(len(documents), _LIST)
    texts = [None if document is None else document.text for document in documents]
    columns = {
        "id": pa.array(ids, pa.string()),
        "text_hash": pa.array([None if text is None else text_hash(text) for text in texts], pa.int64()),
        "time": pa.array(times, pa.timestamp("us", tz="UTC")),
        "words": items if settings.unit == "words" else nothing,
        "entities": items if settings.unit == "entities" else nothing,
        "model": pa.repeat(pa.scalar(settings.model), len(documents)),
        "model_hash": pa.repeat(pa.scalar(settings.model_hash), len(documents)),
        "text": pa.array(texts if settings.keep_text else [None] * len(documents), pa.string()),
    }
    return pa.table([columns[field.name] for field in SCHEMA], schema=schema(settings))


def _items(documents: Sequence[Document | None], unit: Unit, minimum: float) -> pa.Array:
    """A list of ITEM a document."""
    columns = _word_columns if unit == "words" else _entity_columns
    lists = [None if document is None else columns(document, minimum) for document in documents]
    there = [rows for rows in lists if rows is not None]
    arrays = [_column(there, place, field.type) for place, field in enumerate(ITEM)]
    counts = [0 if rows is None else len(rows[0]) for rows in lists]
    return pa.ListArray.from_arrays(
        pa.array(list(accumulate(counts, initial=0)), pa.int32()),
        pa.StructArray.from_arrays(arrays, fields=list(ITEM)),
        type=_LIST,
        mask=pa.array([rows is None for rows in lists], pa.bool_()) if len(there) < len(lists) else None,
    )


def _column(lists: list[tuple[Any, ...]], place: int, type: pa.DataType) -> pa.Array:
    """One field of all items, end to end."""
    values = [rows[place] for rows in lists]
    if values and isinstance(values[0], np.ndarray):
        return pa.array(np.concatenate(values), type)
    return pa.array(list(chain.from_iterable(values)), type)


def _word_columns(document: Document, minimum: float) -> tuple[Any, ...]:
    indices = document.above(minimum)
    starts, ends = document.starts[indices], document.ends[indices]
    probabilities = document.probabilities(indices)
    texts = [document.text[start:end] for start, end in zip(starts.tolist(), ends.tolist(), strict=True)]
    nothing = [None] * len(indices)
    known = nothing if probabilities is None else probabilities.astype(np.float32)
    return texts, starts, ends, document.scores[indices], known, nothing


def _entity_columns(document: Document, minimum: float) -> tuple[Any, ...]:
    entities = document.entities(minimum)
    names = ("text", "start", "end", "score", "probability", "kind")
    return tuple([getattr(entity, name) for entity in entities] for name in names)
