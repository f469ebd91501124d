"""The report of `escore evaluate` as a dict for JSON: see docs/reference/formats.md."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from escore import Manifest
from escore.bundle.manifest import Calibration
from escore.bundle.quality import ALL_FIGURES, EXPECTATIONS
from escore.difference import ScoreDifference
from escore_evaluation.calibration import Tables
from escore_evaluation.comparison import Difference
from escore_evaluation.details import Details
from escore_evaluation.expectations import Results
from escore_evaluation.figures import Samples
from escore_evaluation.machine import read_machine
from escore_evaluation.speed.bench_report import model_identity, rates, report_header
from escore_evaluation.speed.timing import BulkTiming
from escore_evaluation.suite import Row

SCHEMA = 2
_DIFFERENCES = ("words", "mean", "p99", "marks_changed")  # of a ScoreDifference, those that the report has


@dataclass(frozen=True, slots=True)
class Measurement:
    """The figures of a row, or of one genre in it."""

    row: Row
    genre: str | None
    samples: Samples


@dataclass(frozen=True, slots=True)
class Comparison:
    """Another bundle: its manifest, how far its scores lie apart on the first row, and the figures of rows of files."""

    model: Manifest
    scores: ScoreDifference
    figures: list[tuple[Row, dict[str, Difference]]]


def build_report(
    model: Manifest,
    settings: Mapping[str, object],
    measurements: Sequence[Measurement],
    tables: Tables,
    fitted_on: Sequence[str],
    speed: BulkTiming | None,
    comparison: Comparison | None,
    expectations: Results | None,
    details: Details | None,
) -> dict[str, Any]:
    """All that was measured, with what and where.

    fitted_on: labels of the rows that `tables` were fitted on; none for a bundle's own.
    speed: passes over the texts of the first row.
    """
    label = measurements[0].row.label
    return report_header(SCHEMA, read_machine(), model, settings) | {
        "rows": [_row(measurement) for measurement in measurements],
        "calibration": _table(tables.words, fitted_on),
        "entity_calibration": _table(tables.entities, fitted_on),
        "words_per_second": None
        if speed is None
        else {"row": label, "words": speed.words} | rates(speed.words, speed.seconds),
        "against": None if comparison is None else _comparison(label, comparison),
        "expectations": None if expectations is None else _expectations(expectations),
        "details": None if details is None else _rounded(asdict(details)),
    }


def _table(table: Calibration | None, fitted_on: Sequence[str]) -> dict[str, Any] | None:
    return None if table is None else {"fitted_on": list(fitted_on) or "the bundle's own"} | asdict(table)


def bundle_quality(report: Mapping[str, Any]) -> dict[str, dict[str, float]]:
    """The figures of a report that a bundle's manifest keeps: by row, without genres and intervals."""
    quality = {
        row["label"]: {name: row[name]["value"] for name in ALL_FIGURES if row[name] is not None}
        for row in report["rows"]
        if row["genre"] is None
    }
    if report["expectations"] is not None:
        quality[EXPECTATIONS] = {key: float(report["expectations"][key]) for key in ("sentences", "passed")}
    return quality


def _row(measurement: Measurement) -> dict[str, Any]:
    row = measurement.row
    about = {
        "label": row.label,
        "genre": measurement.genre,
        "files": ["/".join(file.parts[-2:]) for file in row.files],
        "change": row.change,
        "fits_by_half": row.calibrates,
    }
    figures: dict[str, Any] = _rounded(asdict(measurement.samples.estimates()))
    return about | figures | {"reasons": measurement.samples.reasons}


def _comparison(label: str, comparison: Comparison) -> dict[str, Any]:
    values = {name: _rounded(getattr(comparison.scores, name)) for name in _DIFFERENCES}
    figures = [
        {"label": row.label, "figures": {name: _difference(figure) for name, figure in differences.items()}}
        for row, differences in comparison.figures
    ]
    return {"model": model_identity(comparison.model), "row": label} | values | {"rows": figures}


def _difference(figure: Difference) -> dict[str, Any]:
    content: dict[str, Any] = _rounded(
        {
            "value": figure.value,
            "other": figure.other,
            "difference": figure.difference.value,
            "low": figure.difference.low,
            "high": figure.difference.high,
        }
    )
    return content | {"verdict": figure.verdict}


def _expectations(results: Results) -> dict[str, Any]:
    def counts(part: Results) -> dict[str, int]:
        return {"sentences": len(part.results), "passed": part.passed}

    groups = {name: counts(part) for name, part in results.by_group().items()}
    failures = {
        result.expectation.text: [str(failure) for failure in result.failures]
        for result in results.results
        if not result.passed
    }
    return counts(results) | {"must": counts(results.must()), "groups": groups, "failures": failures}


def _rounded(value: Any) -> Any:
    """The same with all numbers rounded to six digits."""
    if isinstance(value, float):
        return round(value, 6)
    if isinstance(value, dict):
        return {key: _rounded(item) for key, item in value.items()}
    return [_rounded(item) for item in value] if isinstance(value, list | tuple) else value
