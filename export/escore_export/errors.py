"""Errors of an export, each with the builtin that a caller may already catch as its second parent."""

from escore import EscoreError


class CheckpointError(EscoreError, ValueError):
    """A folder without a checkpoint that can be exported."""


class ParityError(EscoreError, ValueError):
    """A graph that is not what a bundle needs, or whose scores are too far from the checkpoint's."""


class ExportError(EscoreError, OSError):
    """A text to verify on that cannot be read, or a graph that is too large to be written."""
