"""Figures for Prometheus: requests, their time, words, the queue, errors."""

from flask import Response
from prometheus_client import CONTENT_TYPE_LATEST, CollectorRegistry, Counter, Gauge, Histogram, generate_latest

from escore_service.queue import ScoringQueue

METHODS = ("GET", "HEAD", "POST", "DELETE")
# Seconds: 16 words take a millisecond, a megabyte ten seconds.
BUCKETS = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60)
DISCONNECTED = 499  # status under which a client that disconnected is counted (nginx' code); nothing is sent

_REASONS = {500: "internal", 503: "busy", DISCONNECTED: "left"}


class Metrics:
    """The figures of one application. In several processes each has its own."""

    def __init__(self, queue: ScoringQueue) -> None:
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
        self._children: dict[tuple[str, str, int], tuple[Counter, Histogram]] = {}  # labels() itself is slower
        for reason in ("refused", "busy", "left", "internal"):
            self._errors.labels(reason)
        waiting = Gauge("escore_queue_length", "Requests that wait to be scored.", registry=registry)
        waiting.set_function(lambda: queue.waiting)
        in_flight = Gauge("escore_in_flight", "Requests that are being scored.", registry=registry)
        in_flight.set_function(lambda: queue.in_flight)

    def count_request(self, route: str, method: str, status: int, seconds: float) -> None:
        """Count a request that was answered."""
        key = route, method if method in METHODS else "other", status
        if (children := self._children.get(key)) is None:
            children = self._children[key] = self._requests.labels(*key), self._seconds.labels(route)
        requests, histogram = children
        requests.inc()
        histogram.observe(seconds)
        if status >= 400:
            self._errors.labels(_REASONS.get(status, "refused")).inc()

    def count_words(self, texts: int, words: int) -> None:
        """Count texts, and the words in them, that were scored."""
        self._texts.inc(texts)
        self._words.inc(words)

    def page(self) -> Response:
        """All figures in Prometheus' text format."""
        return Response(generate_latest(self._registry), content_type=CONTENT_TYPE_LATEST)
