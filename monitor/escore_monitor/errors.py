"""Errors of the monitor."""

from pathlib import Path

from escore import EscoreError


class StoreError(EscoreError, OSError):
    """A store that cannot be used. `reason` is the message without the file's name."""

    def __init__(self, path: Path, problem: str, advice: str = "") -> None:
        super().__init__(f"{path}: {problem}", advice)
        self.reason = f"{problem}; {advice}" if advice else problem


class ScoredRecordError(EscoreError, ValueError):
    """A record that cannot be counted."""


class ReportError(EscoreError, ValueError):
    """A report that cannot be made of a store."""
