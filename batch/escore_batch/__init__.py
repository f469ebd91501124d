"""Corpora larger than memory, or than one machine: texts in, scored words or entities out, resumable."""

from escore_batch.errors import BatchError, ColumnError, WorkerError
from escore_batch.finish import Summary
from escore_batch.progress import Progress
from escore_batch.run import BatchOptions, run_batch
from escore_batch.schema import SCHEMA
from escore_batch.score_batch import ScoreBatch
from escore_batch.settings import SCHEMA_VERSION, Columns

__all__ = [
    "SCHEMA",
    "SCHEMA_VERSION",
    "BatchError",
    "BatchOptions",
    "ColumnError",
    "Columns",
    "Progress",
    "ScoreBatch",
    "Summary",
    "WorkerError",
    "run_batch",
]
