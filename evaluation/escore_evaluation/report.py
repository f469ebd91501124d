"""The report of `escore evaluate`: as a dict for JSON (see docs/reference/formats.md), and as Markdown."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from escore import Manifest
from escore.bundle.manifest import Calibration
from escore.bundle.quality import EXPECTATIONS, FIGURES
from escore.difference import ScoreDifference
from escore_evaluation.expectations import Results
from escore_evaluation.figures import Figures
from escore_evaluation.machine import read_machine
from escore_evaluation.speed.bench_report import model_identity, rates, report_header
from escore_evaluation.speed.timing import BulkTiming
from escore_evaluation.suite import Row

SCHEMA = 1
_DIFFERENCES = ("words", "mean", "p99", "marks_changed")  # of a ScoreDifference, those that the report has


@dataclass(frozen=True, slots=True)
class Measurement:
    """The figures of a row, or of one genre in it."""

    row: Row
    genre: str | None
    figures: Figures


def build_report(
    model: Manifest,
    settings: Mapping[str, object],
    measurements: Sequence[Measurement],
    calibration: Calibration | None,
    fitted_on: Sequence[str],
    speed: BulkTiming | None,
    comparison: tuple[Manifest, ScoreDifference] | None,
    expectations: Results | None,
) -> dict[str, Any]:
    """All that was measured, with what and where.

    fitted_on: labels of the rows that `calibration` was fitted on; none for a bundle's own.
    speed: passes over the texts of the first row.
    comparison: another model, and the difference from its scores on the texts of the first row.
    """
    label = measurements[0].row.label
    return report_header(SCHEMA, read_machine(), model, settings) | {
        "rows": [_row(measurement) for measurement in measurements],
        "calibration": None
        if calibration is None
        else {"fitted_on": list(fitted_on) or "the bundle's own"} | asdict(calibration),
        "words_per_second": None
        if speed is None
        else {"row": label, "words": speed.words} | rates(speed.words, speed.seconds),
        "against": None if comparison is None else _comparison(label, *comparison),
        "expectations": None if expectations is None else _expectations(expectations),
    }


def bundle_quality(report: Mapping[str, Any]) -> dict[str, dict[str, float]]:
    """The figures of a report that a bundle's manifest keeps: by row, without genres and intervals."""
    quality = {
        row["label"]: {name: row[name]["value"] for name in FIGURES if row[name] is not None}
        for row in report["rows"]
        if row["genre"] is None
    }
    if report["expectations"] is not None:
        quality[EXPECTATIONS] = {key: float(report["expectations"][key]) for key in ("sentences", "passed")}
    return quality


def _row(measurement: Measurement) -> dict[str, Any]:
    row, figures = measurement.row, asdict(measurement.figures)
    for name in FIGURES:
        if figures[name] is not None:
            figures[name] = {key: round(value, 6) for key, value in figures[name].items()}
    return {
        "label": row.label,
        "genre": measurement.genre,
        "files": ["/".join(file.parts[-2:]) for file in row.files],
        "change": row.change,
        "fits_by_half": row.calibrates,
    } | figures


def _comparison(label: str, model: Manifest, difference: ScoreDifference) -> dict[str, Any]:
    values = {name: round(getattr(difference, name), 6) for name in _DIFFERENCES}
    return {"model": model_identity(model), "row": label} | values


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


def to_markdown(report: Mapping[str, Any]) -> str:
    """A report as Markdown: the table of rows, that of genres if there are any, and notes."""
    rows = [row for row in report["rows"] if row["genre"] is None]
    genres = [row for row in report["rows"] if row["genre"] is not None]
    intervals = report["settings"]["resamples"] > 0
    tables = [_table(part, intervals) for part in (rows, genres) if part]
    notes = (write(report) for write in (_about_note, _ece_note, _speed_note, _comparison_note, _expectations_note))
    return "\n\n".join([*tables, "\n".join(f"- {note}" for note in notes if note)]) + "\n"


def _table(rows: Sequence[Mapping[str, Any]], intervals: bool) -> str:
    head = ["words of", "words", *FIGURES.values()]
    lines = [head, ["---"] * len(head)]
    for row in rows:
        label = row["label"] + ("" if row["genre"] is None else f": {row['genre']}")
        half = "†" if row["fits_by_half"] and row["ece"] is not None else ""
        cells = [_figure(row[name], intervals) + (half if name == "ece" else "") for name in FIGURES]
        lines.append([label.replace("|", "\\|"), str(row["words"]), *cells])
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


def _figure(figure: Mapping[str, float] | None, intervals: bool) -> str:
    if figure is None:
        return "–"
    value, low, high = (f"{figure[name]:.3f}".removeprefix("0") for name in ("value", "low", "high"))
    return f"{value} ({low}–{high})" if intervals else value


def _about_note(report: Mapping[str, Any]) -> str:
    machine, model = report["machine"], report["model"]
    versions = ", ".join(f"{name} {version}" for name, version in report["versions"].items())
    samples = report["settings"]["resamples"]
    return (
        f"{model['name']} {model['version']} ({model['precision']}, {model['sha256'][:12]}), {report['date'][:10]}, "
        f"{machine['processor']} ({machine['kind']}), {report['settings']['threads']} threads, {versions}."
    ) + (f" In brackets: 95 % intervals of {samples} bootstrap samples." if samples else "")


def _ece_note(report: Mapping[str, Any]) -> str:
    table = report["calibration"]
    if table is None:
        return ""
    rows = table["fitted_on"]
    note = f"ECE: by {rows} table" if isinstance(rows, str) else f"ECE: by a table fitted on half of {'; '.join(rows)}"
    if any(row["fits_by_half"] for row in report["rows"]):
        note += "; †: that of the other half, whose documents (or texts) fit no table"
    return note + "."


def _speed_note(report: Mapping[str, Any]) -> str:
    speed = report["words_per_second"]
    if speed is None:
        return ""
    return (
        f"{speed['median']:,.0f} words/s, the median of five passes over {speed['row']} "
        f"(least {speed['least']:,.0f}, most {speed['most']:,.0f})."
    )


def _comparison_note(report: Mapping[str, Any]) -> str:
    other = report["against"]
    if other is None:
        return ""
    model = other["model"]
    return (
        f"Against {model['name']} {model['version']} ({model['precision']}), {other['words']} words of {other['row']}: "
        f"mean {other['mean']:.3f} of 300, 99th percentile {other['p99']:.2f}, marks changed "
        f"{other['marks_changed']:.2%}."
    )


def _expectations_note(report: Mapping[str, Any]) -> str:
    results = report["expectations"]
    if results is None:
        return ""
    must = results["must"]
    return (
        f"Expectations: {results['passed']} of {results['sentences']} sentences pass, {must['passed']} of the "
        f"{must['sentences']} that any decent model passes."
    )
