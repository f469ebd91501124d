"""Figures for Prometheus: requests, their time, words and scores, the queue, errors, corrections, the process."""

from collections.abc import Iterator

import numpy as np
from flask import Response
from prometheus_client import (
    CONTENT_TYPE_LATEST,
    CollectorRegistry,
    Counter,
    Gauge,
    Histogram,
    ProcessCollector,
    generate_latest,
)
from prometheus_client.core import InfoMetricFamily
from prometheus_client.registry import Collector

import escore
from escore import Document
from escore.scale import ENTITY_MINIMUM
from escore_labels.record import LABELS
from escore_service.current_model import CurrentModel
from escore_service.histogram import BulkHistogram
from escore_service.queue import ScoringQueue

METHODS = ("GET", "HEAD", "POST", "DELETE")
# Seconds: 16 words take a millisecond, a megabyte ten seconds.
BUCKETS = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60)
SCORES = range(25, 301, 25)  # the edges of the classes, 50, 150 and 250, are among them
RATIOS = (0, 0.01, 0.02, 0.05, 0.1, 0.15, 0.2, 0.3, 0.4, 0.5, 0.75, 1)
DISCONNECTED = 499  # status under which a client that disconnected is counted (nginx' code); nothing is sent

_REASONS = {500: "internal", 503: "busy", DISCONNECTED: "left"}


class Metrics:
    """The figures of one application. In several processes each has its own."""

    def __init__(self, queue: ScoringQueue, model: CurrentModel) -> None:
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
        self._scores = BulkHistogram("escore_word_score", "Scores of words, 0 to 300.", SCORES)
        registry.register(self._scores)
        self._ratios = Histogram(
            "escore_text_entity_ratio",
            f"Share of a text's words that score {ENTITY_MINIMUM:g} or more.",
            buckets=RATIOS,
            registry=registry,
        )
        registry.register(_BuildInfo(model))
        ProcessCollector(registry=registry)
        self._stored = Counter(
            "escore_corrections_stored", "Corrections stored, by their label.", ["label"], registry=registry
        )
        self._undone = Counter(
            "escore_corrections_undone", "Corrections taken back, by their label.", ["label"], registry=registry
        )
        for label in LABELS:
            self._stored.labels(label)
            self._undone.labels(label)

    @property
    def registry(self) -> CollectorRegistry:
        """Where others add figures."""
        return self._registry

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

    def count_scores(self, documents: list[Document]) -> int:
        """Count texts that were scored, and their words; returns how many words."""
        texts = [document.scores for document in documents if len(document.scores)]
        self._texts.inc(len(documents))
        if not texts:
            return 0
        scores = texts[0] if len(texts) == 1 else np.concatenate(texts)
        self._words.inc(len(scores))
        self._scores.observe(scores)
        for text in texts:
            self._ratios.observe(np.count_nonzero(text >= ENTITY_MINIMUM) / len(text))
        return len(scores)

    def count_correction(self, label: str) -> None:
        """Count a correction that was stored."""
        self._stored.labels(label).inc()

    def count_undo(self, label: str) -> None:
        """Count a correction that was taken back; its label is "target" where it gives a number instead."""
        self._undone.labels(label).inc()

    def page(self) -> Response:
        """All figures in Prometheus' text format."""
        return Response(generate_latest(self._registry), content_type=CONTENT_TYPE_LATEST)


class _BuildInfo(Collector):
    """escore's version and the model in use, as labels of a figure that is always 1."""

    def __init__(self, model: CurrentModel) -> None:
        self._model = model

    def collect(self) -> Iterator[InfoMetricFamily]:
        manifest = self._model.scorer.bundle.manifest
        info = {"version": escore.__version__, "model": self._model.name, "precision": manifest.precision}
        yield InfoMetricFamily("escore_build", "The version of escore, and the model in use.", info)
