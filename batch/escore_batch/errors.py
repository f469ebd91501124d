"""What stops a batch before it is done."""

from escore import EscoreError


class BatchError(EscoreError, ValueError):
    """An input, an output or a setting that a batch cannot go on with."""


class ColumnError(BatchError):
    """A file without a column that was named, or where it is of no use."""


class WorkerError(EscoreError, RuntimeError):
    """A worker process that ended before its work was done."""
