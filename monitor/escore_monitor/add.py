"""Records from lines to the store, a batch at a time: each is on the disk whole, or not at all."""

import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from queue import Empty, Full, Queue
from threading import Event, Thread

from escore_labels.notes import Note, Report
from escore_monitor.errors import ScoredRecordError
from escore_monitor.observation import Observation
from escore_monitor.records import Reader
from escore_monitor.store import Store

BATCH = 2000  # records
SECONDS = 1.0  # that a record waits for others, at most
_AHEAD = 4096  # lines that are read before they are needed

Line = tuple[str, bytes | str]  # its place, and what it says
Progress = Callable[[int], None]


@dataclass(slots=True)
class Total:
    """How many documents were counted, how many had been before, and how many records were not.

    changed: that have another text than was counted under their id; refused: that cannot be counted.
    """

    documents: int = 0
    known: int = 0
    changed: int = 0
    refused: int = 0


def add_records(
    store: Store, reader: Reader, lines: Iterator[Line], report: Report, total: Total, progress: Progress | None = None
) -> None:
    """Count the records of lines as they come; what cannot be counted is reported, and left out.

    total: is added to as batches get to the disk, so that it is right whatever ends this.

    Raises StoreError, and what reading the lines raises, after the lines before that are counted.
    """
    batch: list[tuple[str, Observation]] = []
    due = 0.0

    def flush() -> None:
        if batch:
            added = store.add([observation for _, observation in batch])
            total.documents += added.documents
            total.known += added.known
            total.changed += len(added.changed)
            for place in added.changed:
                problem = "another text than before under the same id is not counted"
                report(Note(batch[place][0], "lost", problem, "--by-content counts it"))
            if progress is not None:
                progress(len(batch))
            batch.clear()

    source = _Ahead(lines)
    try:
        while (line := source.get(max(0.0, due - time.monotonic()) if batch else None)) is not None:
            if line != _Ahead.NOTHING:
                place, content = line
                try:
                    observation = reader.read(content, place)
                except ScoredRecordError as error:
                    total.refused += 1
                    text = error.problem.removeprefix(f"{place}: ")
                    report(Note(place, "lost", f"left out: {text}", error.advice))
                else:
                    if not batch:
                        due = time.monotonic() + SECONDS
                    batch.append((place, observation))
            if len(batch) >= BATCH or (batch and time.monotonic() >= due):
                flush()
    finally:  # also when somebody interrupts it: what was read is counted
        source.stop()
        flush()


class _Ahead:
    """Lines read in a thread of their own, so that a batch need not wait for the next one."""

    NOTHING: Line = ("", b"")

    def __init__(self, lines: Iterator[Line]) -> None:
        self._lines = lines
        self._queue: Queue[Line | BaseException | None] = Queue(_AHEAD)
        self._stopped = Event()
        Thread(target=self._read, daemon=True, name="escore-watch-lines").start()

    def get(self, timeout: float | None) -> Line | None:
        """The next line, NOTHING if none comes in time, None after the last. Raises what the lines raise."""
        try:
            item = self._queue.get(timeout=timeout) if timeout != 0 else self._queue.get_nowait()
        except Empty:
            return self.NOTHING
        if isinstance(item, BaseException):
            raise item
        return item

    def stop(self) -> None:
        self._stopped.set()

    def _read(self) -> None:
        try:
            for line in self._lines:
                self._put(line)
                if self._stopped.is_set():
                    return
            self._put(None)
        except BaseException as error:
            self._put(error)

    def _put(self, item: Line | BaseException | None) -> None:
        while not self._stopped.is_set():
            try:
                return self._queue.put(item, timeout=1)
            except Full:
                pass
