"""What `escore evaluate` found: as a record for JSON (docs/evaluation.md tells its fields), and that as Markdown."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from escore import Manifest
from escore.bundle.manifest import Calibration
from escore.bundle.quality import EXPECTATIONS, FIGURES
from escore_evaluation.difference import Difference
from escore_evaluation.evaluate import Figures
from escore_evaluation.expectations import Report
from escore_evaluation.machine import machine
from escore_evaluation.speed.bench_report import identity, opening, rates
from escore_evaluation.speed.timing import Bulk
from escore_evaluation.suite import Row

SCHEMA = 1


@dataclass(frozen=True, slots=True)
class Speed:
    """Passes over the texts of the row `label`."""

    label: str
    passes: Bulk


def record(
    model: Manifest,
    settings: Mapping[str, object],
    measured: Iterable[tuple[Row, str | None, Figures]],
    calibration: Calibration | None,
    fitted_on: Sequence[str],
    speed: Speed | None,
    other: tuple[Manifest, str, Difference] | None,
    expected: Report | None,
) -> dict[str, Any]:
    """All that was measured, with what and where; `measured` gives each row, one of its genres or None, and figures."""
    return opening(SCHEMA, machine(), model, settings) | {
        "rows": [_row(*each) for each in measured],
        "calibration": None
        if calibration is None
        else {"fitted_on": list(fitted_on) or "the bundle's own"} | asdict(calibration),
        "words_per_second": None if speed is None else _speed(speed),
        "against": None
        if other is None
        else {"model": identity(other[0]), "row": other[1]}
        | {name: round(value, 6) for name, value in asdict(other[2]).items()},
        "expectations": None if expected is None else _expectations(expected),
    }


def quality(found: Mapping[str, Any]) -> dict[str, dict[str, float]]:
    """The figures of a record that a bundle keeps: by row, genres left out, without intervals."""
    kept = {
        row["label"]: {name: row[name]["value"] for name in FIGURES if row[name] is not None}
        for row in found["rows"]
        if row["genre"] is None
    }
    expected = found["expectations"]
    return (
        kept
        if expected is None
        else kept | {EXPECTATIONS: {key: float(expected[key]) for key in ("sentences", "passed")}}
    )


def table(found: Mapping[str, Any]) -> str:
    """A record as Markdown."""
    rows = found["rows"]
    genres = [row for row in rows if row["genre"] is not None]
    told = (note(found) for note in (_about, _calibrated, _fast, _compared, _passed))
    notes = [note for note in told if note]
    intervals = found["settings"]["resamples"] > 0
    parts = [_table([row for row in rows if row["genre"] is None], intervals)]
    if genres:
        parts.append(_table(genres, intervals))
    return "\n\n".join([*parts, "\n".join(f"- {note}" for note in notes)]) + "\n"


def _row(row: Row, genre: str | None, figures: Figures) -> dict[str, Any]:
    found = asdict(figures)
    for name in FIGURES:
        if found[name] is not None:
            found[name] = {key: round(value, 6) for key, value in found[name].items()}
    files = ["/".join(file.parts[-2:]) for file in row.files]
    about = {"label": row.label, "genre": genre, "files": files, "change": row.change, "fits_by_half": row.fits}
    return about | found


def _speed(speed: Speed) -> dict[str, Any]:
    words = speed.passes.words
    return {"row": speed.label, "words": words} | rates(words, speed.passes.seconds)


def _expectations(report: Report) -> dict[str, Any]:
    def counted(part: Report) -> dict[str, int]:
        return {"sentences": len(part.results), "passed": sum(result.passed for result in part.results)}

    groups = {name: counted(part) for name, part in report.by_group().items()}
    failures = {
        result.sentence.text: [str(failure) for failure in result.failures]
        for result in report.results
        if not result.passed
    }
    return counted(report) | {"must": counted(report.must()), "groups": groups, "failures": failures}


def _table(rows: Sequence[Mapping[str, Any]], intervals: bool) -> str:
    head = ["words of", "words", *FIGURES.values()]
    lines = [head, ["---"] * len(head)]
    for row in rows:
        label = row["label"] + ("" if row["genre"] is None else f": {row['genre']}")
        half = "†" if row["fits_by_half"] and row["ece"] is not None else ""
        cells = [_figure(row[name], intervals) + (half if name == "ece" else "") for name in FIGURES]
        lines.append([label.replace("|", "\\|"), str(row["words"]), *cells])
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


def _figure(found: Mapping[str, float] | None, intervals: bool) -> str:
    if found is None:
        return "–"
    value, low, high = (f"{found[name]:.3f}".removeprefix("0") for name in ("value", "low", "high"))
    return f"{value} ({low}–{high})" if intervals else value


def _about(found: Mapping[str, Any]) -> str:
    here, model = found["machine"], found["model"]
    versions = ", ".join(f"{name} {version}" for name, version in found["versions"].items())
    samples = found["settings"]["resamples"]
    return (
        f"{model['name']} {model['version']} ({model['precision']}, {model['sha256'][:12]}), {found['date'][:10]}, "
        f"{here['processor']} ({here['kind']}), {found['settings']['threads']} threads, {versions}."
    ) + (f" In brackets: 95 % intervals of {samples} bootstrap samples." if samples else "")


def _calibrated(found: Mapping[str, Any]) -> str:
    table = found["calibration"]
    if table is None:
        return ""
    on = table["fitted_on"]
    half = any(row["fits_by_half"] for row in found["rows"])
    return (
        (f"ECE: by {on} table" if isinstance(on, str) else f"ECE: by a table fitted on half of {'; '.join(on)}")
        + half * "; †: that of the other half, whose documents (or texts) fit no table"
        + "."
    )


def _fast(found: Mapping[str, Any]) -> str:
    speed = found["words_per_second"]
    if speed is None:
        return ""
    return (
        f"{speed['median']:,.0f} words/s, the median of five passes over {speed['row']} "
        f"(least {speed['least']:,.0f}, most {speed['most']:,.0f})."
    )


def _compared(found: Mapping[str, Any]) -> str:
    other = found["against"]
    if other is None:
        return ""
    model = other["model"]
    return (
        f"Against {model['name']} {model['version']} ({model['precision']}), {other['words']} words of {other['row']}: "
        f"mean {other['mean']:.3f} of 300, 99th percentile {other['p99']:.2f}, marks changed "
        f"{other['marks_changed']:.2%}."
    )


def _passed(found: Mapping[str, Any]) -> str:
    expected = found["expectations"]
    if expected is None:
        return ""
    must = expected["must"]
    return (
        f"Expectations: {expected['passed']} of {expected['sentences']} sentences pass, {must['passed']} of the "
        f"{must['sentences']} that any decent model passes."
    )
