"""Counts of scored texts for `escore watch`: no text is kept, and no request waits for the store."""

import logging
from collections import deque
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from threading import Condition, Thread
from time import monotonic

from escore import Document, Scorer
from escore_monitor import Observation, Store, StoreError, observe
from escore_monitor.errors import ReportError
from escore_monitor.report import make_report
from escore_service.watch_metrics import WatchMetrics

SOURCE = "service"
BATCH = 2000  # documents
MAX_CHARACTERS = 1 << 26  # of texts that wait to be counted; more are lost
WAIT = 1.0  # seconds that a text waits for others
REPORT_SECONDS = 60.0  # between two reports

_logger = logging.getLogger("escore_service")
_Scored = tuple[Document, Scorer, datetime]


class Watcher:
    """Counts texts in a store, in a thread of its own, which starts with the first one.

    Raises StoreError for a file that is no store.
    """

    def __init__(self, path: Path, metrics: WatchMetrics) -> None:
        self._path, self._metrics = path, metrics
        self._store = Store(path)
        self._waiting: deque[_Scored] = deque()
        self._characters = 0
        self._changed = Condition()
        self._thread: Thread | None = None
        self._is_closed = False
        self._next_report = 0.0
        self._has_failed = False

    def add(self, documents: Sequence[Document], scorer: Scorer) -> None:
        """Have documents counted. Returns at once."""
        day = datetime.now(UTC).replace(hour=0, minute=0, second=0, microsecond=0)  # the same text counts once a day
        with self._changed:
            for document in documents:
                if self._is_closed or self._characters + len(document.text) > MAX_CHARACTERS:
                    self._metrics.count_lost(1)
                else:
                    self._characters += len(document.text)
                    self._waiting.append((document, scorer, day))
            if self._thread is None or not self._thread.is_alive():  # after a fork too
                self._thread = Thread(target=self._run, daemon=True, name="escore-watch")
                self._thread.start()
            self._changed.notify()

    def close(self) -> None:
        """Count what waits, and close the store."""
        with self._changed:
            self._is_closed = True
            self._changed.notify()
        if self._thread is not None:
            self._thread.join(10)
        self._store.close()

    def _run(self) -> None:
        while True:
            with self._changed:
                while not self._waiting and not self._is_closed:
                    self._changed.wait()
                if not self._is_closed and len(self._waiting) < BATCH:
                    self._changed.wait(WAIT)
                batch = [self._waiting.popleft() for _ in range(min(BATCH, len(self._waiting)))]
                self._characters -= sum(len(document.text) for document, _, _ in batch)
                ends = self._is_closed and not self._waiting
            self._count(batch)
            if ends:
                return

    def _restore(self) -> None:
        """Make a new store where somebody has deleted or moved the file. Raises StoreError."""
        if not self._store.is_in_place():
            self._store.close()
            self._store = Store(self._path)
            _logger.warning("%s: deleted or replaced; counting goes on in the file of that name", self._path)

    def _count(self, batch: Sequence[_Scored]) -> None:
        try:
            if batch:
                self._restore()
                self._metrics.count_documents(self._store.add([_observation(*item) for item in batch]).documents)
            if monotonic() >= self._next_report:
                self._next_report = monotonic() + REPORT_SECONDS
                self._metrics.set_report(make_report(self._path))
            self._has_failed = False
        except ReportError:
            pass  # nothing is counted yet
        except StoreError as error:
            self._metrics.count_lost(len(batch))
            if not self._has_failed:  # once, until it goes well again
                _logger.error("%s", error)
            self._has_failed = True


def _observation(document: Document, scorer: Scorer, day: datetime) -> Observation:
    bundle = scorer.bundle
    return observe(document, bundle.manifest.model_name, bundle.tokenizer, time=day, source=SOURCE)
