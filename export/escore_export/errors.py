"""What can go wrong in an export, each with the builtin that a caller may already catch as its second parent."""

from escore import EscoreError


class CheckpointError(EscoreError, ValueError):
    """A folder that is no checkpoint that can be exported."""


class ParityError(EscoreError, ValueError):
    """A graph that is not what a bundle needs, or whose scores lie too far from the checkpoint's."""


class ExportError(EscoreError, OSError):
    """A bundle that cannot be written where it should be, or a text to verify on that cannot be read."""
