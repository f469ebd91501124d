"""The local engine: this process reads and writes, workers score.

At most 2 slices a worker are held at a time: one that it scores, and one that waits.
"""

from collections.abc import Callable
from concurrent.futures import Future
from dataclasses import dataclass

from escore_batch.inputs import Source
from escore_batch.output import Output, Part
from escore_batch.pool import Pool, open_pool
from escore_batch.progress import Meter
from escore_batch.readers import read_or_tell
from escore_batch.rows import LONG, Position, Problem, Ranges
from escore_batch.settings import Settings
from escore_batch.slices import Slice, cut
from escore_batch.work import ScoredSlice

AHEAD = 2  # slices a worker


@dataclass(frozen=True, slots=True)
class Work:
    """What an engine has to do.

    sources: with the keys of their parts. size: characters of a slice. model: as Scorer takes it.
    note: is told, in a line, of what a person should know.
    """

    sources: tuple[tuple[str, Source], ...]
    settings: Settings
    model: str | None
    workers: int
    size: int
    note: Callable[[str], None]


def run_local(work: Work, output: Output, meter: Meter) -> list[Problem]:
    """Score all that is not done yet; what could not be read. Raises WorkerError, OutputError."""
    problems: list[Problem] = []
    with open_pool(work.settings, work.model, work.workers) as pool:
        under_way = _UnderWay(pool, output, meter, work.settings, {})
        for key, source in work.sources:
            done, position = output.done.get(key, Ranges()), Position()
            share = Share(source.size)
            for item in cut(read_or_tell(source, work.settings.columns, done, position), done, work.size):
                if isinstance(item, Problem):
                    problems.append(item)
                    continue
                note_long(item, work.note)
                size, skipped = share.of(item, position)
                meter.skip(skipped)
                under_way.limit(AHEAD * work.workers - 1)
                under_way.submit(key, source, item, size)
            meter.skip(share.rest())
        under_way.limit(0)
    return problems


def note_long(slice: Slice, note: Callable[[str], None]) -> None:
    """Say which texts will take long."""
    for row in slice.rows:
        if len(row.text) >= LONG:
            note(f"{row.place}: a text of {len(row.text):,} characters; it may take minutes")


@dataclass(slots=True)
class Share:
    """Divides the size of a source, from one share of it (0..1) to another, among its slices."""

    size: float
    share: float = 0.0
    end: float = 1.0
    row: int = 0

    def of(self, slice: Slice, position: Position) -> tuple[float, float]:
        """What belongs to a slice that was just cut, and what to rows before it that are not in it."""
        size = max(0.0, position.share - self.share) * self.size
        own = (slice.end - slice.first) / max(1, slice.end - self.row)
        self.share, self.row = position.share, slice.end
        return size * own, size * (1 - own)

    def rest(self) -> float:
        """What is after the last slice."""
        return max(0.0, self.end - self.share) * self.size


@dataclass(slots=True)
class _UnderWay:
    """Slices that are being scored, each with its source, the key of that, and its size."""

    pool: Pool
    output: Output
    meter: Meter
    settings: Settings
    pending: dict[Future[ScoredSlice], tuple[str, Source, Slice, float]]

    def submit(self, key: str, source: Source, slice: Slice, size: float) -> None:
        self.pending[self.pool.submit(slice)] = key, source, slice, size

    def limit(self, most: int) -> None:
        """Write what is done, until no more than `most` slices are under way."""
        while len(self.pending) > most:
            for future in self.pool.wait(set(self.pending)):
                key, source, rows, size = self.pending.pop(future)
                scored = future.result()
                part = Part(key, rows.first, rows.end, self.settings.format)
                self.output.writer.write(part, source, scored)
                self.meter.add(scored.receipt, size)
