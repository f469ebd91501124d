"""What a worker does with a slice: scores it, and makes the bytes of its part."""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from io import BytesIO
from typing import Any

import pyarrow.parquet as pq

from escore import Document, WordLengthError
from escore.json_output import entity_objects, json_items, quoted, word_objects
from escore.text_hash import text_hash
from escore_batch.rows import Error, Row
from escore_batch.schema import to_table
from escore_batch.score_batch import ScoreBatch
from escore_batch.settings import Settings
from escore_batch.slices import Slice


@dataclass(frozen=True, slots=True)
class ScoredSlice:
    """A slice's part as the bytes of its file, and what its receipt says of it."""

    data: bytes
    receipt: dict[str, Any]


def score_slice(scorer: ScoreBatch, slice: Slice) -> ScoredSlice:
    """Score a slice of a source."""
    scored: list[tuple[Row, Document]] = []
    errors = list(slice.errors)
    for row in slice.rows:
        try:
            scored.append((row, scorer.document(row.text)))
        except WordLengthError as error:
            errors.append(Error(row.place, error.problem))
    settings = scorer.settings
    receipt = {
        "documents": len(scored),
        "words": sum(len(document.scores) for _, document in scored),
        "characters": sum(len(document.text) for _, document in scored),
        "errors": [error._asdict() for error in errors],
    }
    data = _parquet(scored, settings) if settings.format == "parquet" else _jsonl(scored, settings)
    return ScoredSlice(data, receipt)


def _parquet(scored: list[tuple[Row, Document]], settings: Settings) -> bytes:
    ids, times = [row.id for row, _ in scored], [row.time for row, _ in scored]
    buffer = BytesIO()
    table = to_table(ids, times, [document for _, document in scored], settings)
    pq.write_table(table, buffer, compression="zstd")
    return buffer.getvalue()


def _jsonl(scored: list[tuple[Row, Document]], settings: Settings) -> bytes:
    return "".join(part for row, document in scored for part in _object(row, document, settings)).encode()


def _object(row: Row, document: Document, settings: Settings) -> Iterator[str]:
    """As `escore run --format jsonl` writes it, with what else a part of Parquet says."""
    yield f'{{"id": {quoted(row.id)}, "model": {quoted(settings.model)}, "model_hash": "{settings.model_hash}", '
    yield f'"minimum": {settings.minimum:.10g}, "text_hash": {text_hash(row.text)}, '
    if row.time is not None:
        yield f'"time": {json.dumps(row.time.isoformat())}, '
    if settings.keep_text:
        yield f'"text": {quoted(row.text)}, '
    yield '"words": ['
    if settings.unit == "words":
        yield from json_items(word_objects(document, settings.minimum))
    else:
        yield '], "entities": ['
        yield from json_items(entity_objects(document, settings.minimum))
    yield "]}\n"
