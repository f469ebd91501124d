"""What Prometheus is told: requests, how long they took, words, the queue, errors."""

from flask import Response
from prometheus_client import CONTENT_TYPE_LATEST, CollectorRegistry, Counter, Gauge, Histogram, generate_latest

from escore_service.queue import Turns

METHODS = ("GET", "HEAD", "POST", "DELETE")
# Seconds: 16 words take a millisecond, a megabyte ten seconds.
BUCKETS = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60)


class Metrics:
    """The figures of one application. In several processes each has its own."""

    def __init__(self, turns: Turns) -> None:
        self._registry = registry = CollectorRegistry()
        self._requests = Counter(
            "escore_requests", "Requests answered.", ["route", "method", "status"], registry=registry
        )
        self._seconds = Histogram(
            "escore_request_seconds",
            "Time from a whole request to its answer, waiting included.",
            ["route"],
            buckets=BUCKETS,
            registry=registry,
        )
        self._texts = Counter("escore_texts", "Texts scored.", registry=registry)
        self._words = Counter("escore_words", "Words scored.", registry=registry)
        self._errors = Counter(
            "escore_errors", "Requests without the answer asked for, by reason.", ["reason"], registry=registry
        )
        self._known: dict[tuple[str, str, int], tuple[Counter, Histogram]] = {}  # to look these up takes longer
        for reason in ("refused", "busy", "left", "internal"):
            self._errors.labels(reason)
        waiting = Gauge("escore_queue_length", "Requests that wait for their turn.", registry=registry)
        waiting.set_function(lambda: turns.waiting)
        working = Gauge("escore_in_flight", "Requests that are being scored.", registry=registry)
        working.set_function(lambda: turns.working)

    def count_request(self, route: str, method: str, status: int, seconds: float) -> None:
        """A request was answered."""
        key = route, method if method in METHODS else "other", status
        if (figures := self._known.get(key)) is None:
            figures = self._known[key] = self._requests.labels(*key), self._seconds.labels(route)
        requests, times = figures
        requests.inc()
        times.observe(seconds)
        if status >= 400:
            self._errors.labels(_REASONS.get(status, "refused")).inc()

    def count_words(self, texts: int, words: int) -> None:
        """So many texts, of so many words, were scored."""
        self._texts.inc(texts)
        self._words.inc(words)

    def page(self) -> Response:
        """All figures in Prometheus' text format."""
        return Response(generate_latest(self._registry), content_type=CONTENT_TYPE_LATEST)


LEFT = 499  # the status under which a client that left is counted; nothing is sent

_REASONS = {500: "internal", 503: "busy", LEFT: "left"}
