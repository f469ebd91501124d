"""Entities over time: counts of scored documents by day, what is new, rising and falling, and drift."""

from escore_monitor.errors import ReportError, ScoredRecordError, StoreError
from escore_monitor.observation import Mention, Observation, observe
from escore_monitor.store import Added, Store
from escore_monitor.surprise import Background, Surprise

__all__ = [
    "Added",
    "Background",
    "Mention",
    "Observation",
    "ReportError",
    "ScoredRecordError",
    "Store",
    "StoreError",
    "Surprise",
    "observe",
]
