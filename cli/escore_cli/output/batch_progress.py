"""What `escore batch` says on standard error: how far it is, and what has come of it."""

import time
from collections.abc import Iterator
from typing import TYPE_CHECKING, TextIO

from escore_cli.output.capabilities import can_move_cursor
from escore_cli.output.messages import print_error

if TYPE_CHECKING:
    from escore_batch import Progress, Summary

TERMINAL, LOG = 0.5, 60.0  # seconds between lines
_SHOWN = 20  # reasons


class BatchLine:
    """One line on a terminal, kept up to date; elsewhere a line a minute."""

    def __init__(self, stream: TextIO | None) -> None:
        self._terminal = stream if stream is not None and can_move_cursor(stream) else None
        self._interval = LOG if self._terminal is None else TERMINAL
        self._next = time.monotonic() + self._interval
        self._is_shown = False

    def show(self, progress: "Progress") -> None:
        """Show how far it is, if it is time to."""
        if time.monotonic() < self._next:
            return
        self._next = time.monotonic() + self._interval
        if self._terminal is None:
            print_error(progress_text(progress))
            return
        self._terminal.write(f"\r\x1b[K{progress_text(progress)}")
        self._terminal.flush()
        self._is_shown = True

    def clear(self) -> None:
        """Erase the line, so that something else can be written."""
        if self._is_shown and self._terminal is not None:
            self._terminal.write("\r\x1b[K")
            self._terminal.flush()
            self._is_shown = False


def progress_text(progress: "Progress") -> str:
    """Share, documents, words a second, time left."""
    parts = [f"{progress.share:.0%}", f"{progress.documents:,} documents"]
    parts.append(f"{progress.words_per_second:,.0f} words/s")
    if progress.errors:
        parts.append(f"{progress.errors:,} errors")
    if progress.seconds_left is not None:
        parts.append(f"{duration(progress.seconds_left)} left")
    return ", ".join(parts)


def duration(seconds: float) -> str:
    """As h:mm:ss."""
    minutes, rest = divmod(round(seconds), 60)
    return f"{minutes // 60}:{minutes % 60:02}:{rest:02}"


def summary_lines(summary: "Summary", output: str) -> Iterator[str]:
    """What has come of a run, a line each."""
    reasons = summary.reasons()
    yield from reasons[:_SHOWN]
    if len(reasons) > _SHOWN:
        yield f"and {len(reasons) - _SHOWN:,} problems of other kinds"
    if summary.repeated_ids:
        ids = "1 id stands" if summary.repeated_ids == 1 else f"{summary.repeated_ids:,} ids stand"
        yield f"{ids} in several rows, such as {summary.repeated_id!r}; each row is scored"
    counts = f"{summary.documents:,} documents, {summary.words:,} words"
    speed = f"{duration(summary.seconds)}, {summary.words_per_second:,.0f} words/s in this run"
    count = "1 error" if summary.errors == 1 else f"{summary.errors:,} errors"
    errors = f"; {count}, in {output}/_escore/errors.parquet" if summary.errors else ""
    yield f"{output}: {counts} ({speed}){errors}"
