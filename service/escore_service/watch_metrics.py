"""Figures for Prometheus of what `escore serve --watch` has counted, and of its last report."""

import math
from collections.abc import Mapping
from typing import Any

from prometheus_client import CollectorRegistry, Counter, Gauge

from escore_monitor.signals import SIGNALS

CHANGES = ("new", "rising", "falling")


class WatchMetrics:
    """The figures, in the registry of a service's others."""

    def __init__(self, registry: CollectorRegistry) -> None:
        self._documents = Counter("escore_watch_documents", "Texts counted in the watch store.", registry=registry)
        self._lost = Counter(
            "escore_watch_lost",
            "Texts that were scored but could not be counted in the watch store.",
            registry=registry,
        )
        self._entities = Gauge(
            "escore_watch_entities",
            "Entities that the last report of seven days names as changed by more than chance.",
            ["change"],
            registry=registry,
        )
        self._psi = Gauge(
            "escore_watch_psi", "Population stability index of the last report.", ["signal"], registry=registry
        )
        self._drift = Gauge(
            "escore_watch_drift",
            "1 if anything drifts in the last report, else 0; NaN: not judged.",
            registry=registry,
        )
        for change in CHANGES:
            self._entities.labels(change).set(math.nan)
        for signal in SIGNALS:
            self._psi.labels(signal).set(math.nan)
        self._drift.set(math.nan)

    def count_documents(self, documents: int) -> None:
        """Count texts that are in the store."""
        self._documents.inc(documents)

    def count_lost(self, documents: int) -> None:
        """Count texts that are not."""
        self._lost.inc(documents)

    def set_report(self, report: Mapping[str, Any]) -> None:
        """Show what a report says; NaN is what it cannot tell."""
        for change in CHANGES:
            self._entities.labels(change).set(_number(report["counts"][change]))
        psi = {row["signal"]: row["psi"] for row in report["drift"]}
        for signal in SIGNALS:
            self._psi.labels(signal).set(_number(psi.get(signal)))
        self._drift.set(_number(report["has_drift"]))


def _number(value: float | None) -> float:
    return math.nan if value is None else value
