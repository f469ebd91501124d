"""The report of `escore evaluate` as Markdown: figures and notes, and of files also what lies behind them."""

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from escore.bundle.quality import KINDS, columns
from escore.printable import printable
from escore_evaluation.comparison import MIN_UNITS

QUALITIES = ("precision", "recall", "f1")

Report = Mapping[str, Any]


def to_markdown(report: Report) -> str:
    """A report as Markdown: the table of rows, that of genres if there are any, notes, and the details of files."""
    rows = [row for row in report["rows"] if row["genre"] is None]
    genres = [row for row in report["rows"] if row["genre"] is not None]
    intervals = report["settings"]["resamples"] > 0
    parts = [_figures_table(part, intervals) for part in (rows, genres) if part]
    parts.append("\n".join(f"- {_text(note)}" for note in notes(report)))
    if report["details"] is not None:
        parts += _details(report)
    return "\n\n".join(parts) + "\n"


def shown_figures(report: Report) -> dict[str, str]:
    """The names of the columns, by their figures: the rank correlation only where a row has one."""
    return columns(report["rows"])


def notes(report: Report) -> list[str]:
    """What the figures are of, one line each."""
    lines = [
        _about_note(report), _ece_note(report), *_reason_notes(report), *_few_texts_notes(report), _speed_note(report),
        _comparison_note(report), _expectations_note(report),
    ]  # fmt: skip
    return [line for line in lines if line]


def figure_text(figure: Mapping[str, float] | None, intervals: bool) -> str:
    """A figure as in ".912 (.880–.941)"."""
    if figure is None:
        return "–"
    value, low, high = (short(figure[name]) for name in ("value", "low", "high"))
    return f"{value} ({low}–{high})" if intervals else value


def difference_text(figure: Mapping[str, Any], intervals: bool) -> str:
    """A difference as in "+.021 (+.010 to +.033), better"; the verdict only where there is one to tell."""
    value, low, high = (f"{figure[name]:+.3f}".replace("0.", ".", 1) for name in ("difference", "low", "high"))
    verdict = f", {figure['verdict']}" if figure["verdict"] in ("better", "worse") else ""
    return f"{value} ({low} to {high}){verdict}" if intervals else value


def short(value: float | None) -> str:
    """Three digits without the zero before the point; "–" for None."""
    if value is None:
        return "–"
    return f"{value:.3f}".replace("0.", ".", 1) if abs(value) < 1 else f"{value:.3f}"


def compared_rows(report: Report) -> list[Mapping[str, Any]]:
    """The rows of the comparison with another bundle: all files together, and general text."""
    single = {report["details"]["label"], "general"}
    return [row for row in report["against"]["rows"] if row["label"] in single]


def minimum_name(threshold: Mapping[str, Any]) -> str:
    """A minimum as in "220" or "187.3 (best F1)"."""
    return f"{threshold['minimum']:g}{' (best F1)' if threshold['is_best'] else ''}"


def qualities(threshold: Mapping[str, Any]) -> list[str]:
    """Precision, recall and F1 of words, then of whole entities."""
    return [
        "–" if threshold[part] is None else short(threshold[part][name])
        for part in ("words", "entities")
        for name in QUALITIES
    ]


def outcomes_text(entities: Mapping[str, int]) -> str:
    """What became of the labeled entities, as a sentence."""
    return (
        f"Of {entities['labeled']:,} labeled entities, at 220: {entities['right']:,} right, {entities['in_part']:,} in "
        f"part (too long, too short, or joined with another), {entities['missed']:,} missed; {entities['elsewhere']:,} "
        "found where none is labeled."
    )


def confusion_name(row: Mapping[str, Any]) -> str:
    """What a row of confusions is of."""
    return row["label"] if row["kind"] is None else f"{row['label']}: {row['kind']}"


def label_text(error: Mapping[str, Any]) -> str:
    """What the label of an error says."""
    return error["label"] if isinstance(error["label"], str) else f"target {error['label']:g}"


def _figures_table(rows: Sequence[Report], intervals: bool) -> str:
    figures = columns(rows)
    lines = []
    for row in rows:
        label = row["label"] + ("" if row["genre"] is None else f": {row['genre']}")
        half = "†" if row["fits_by_half"] and row["ece"] is not None else ""
        cells = [figure_text(row[name], intervals) + (half if name == "ece" else "") for name in figures]
        lines.append([label, str(row["words"]), *cells])
    return _table(["words of", "words", *figures.values()], lines)


def _details(report: Report) -> Iterator[str]:
    details = report["details"]
    files = _text(details["label"])
    if report["against"] is not None and report["against"]["rows"]:
        yield f"## Against {_text(_model(report['against']['model']))}"
        yield _differences_table(report)
    if details["thresholds"]:
        yield f"## Minimum scores, {files}"
        names = ["precision", "recall", "F1"]
        head = ["minimum", *names, *(f"{name} of whole entities" for name in names)]
        yield _table(head, ([minimum_name(row), *qualities(row)] for row in details["thresholds"]))
    if details["entities"] is not None:
        yield outcomes_text(details["entities"])
    yield f"## Scores by label, {files}"
    head = ["label", "words", "below 50", "50 to 150", "150 to 250", "from 250"]
    rows = ([confusion_name(row), str(sum(row["counts"])), *map(str, row["counts"])] for row in details["confusions"])
    yield _table(head, rows)
    if details["errors"]:
        yield f"## Worst errors, {files}"
        yield _errors_table(details["errors"])


def _differences_table(report: Report) -> str:
    figures = shown_figures(report)
    intervals = report["settings"]["resamples"] > 0
    lines = []
    for row in compared_rows(report):
        differences = row["figures"]
        cells = [difference_text(differences[name], intervals) if name in differences else "–" for name in figures]
        lines.append([row["label"], *cells])
    return _table(["words of", *figures.values()], lines)


def _errors_table(errors: Sequence[Mapping[str, Any]]) -> str:
    lines = []
    for error in errors:
        start = error["start"] - error["context_start"]
        end = start + error["end"] - error["start"]
        context = error["context"]
        marked = f"{context[:start]}[{context[start:end]}]{context[end:]}"
        numbers = [f"{error['distance']:.0f}", f"{error['score']:.0f}", str(error["times"])]
        lines.append([*numbers, label_text(error), marked, error["origin"]])
    return _table(["off by", "score", "times", "label", "text", "place"], lines)


def _table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    lines = [head, ["---"] * len(head), *([_text(cell) for cell in row] for row in rows)]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


def _text(text: str) -> str:
    """Text on one line that neither a terminal nor Markdown takes for more than text."""
    return re.sub(r"[\\|<]", r"\\\g<0>", printable(" ".join(text.split())))


def _model(model: Mapping[str, str]) -> str:
    return f"{model['name']} {model['version']} ({model['precision']})"


def _about_note(report: Report) -> str:
    machine, model = report["machine"], report["model"]
    versions = ", ".join(f"{name} {version}" for name, version in report["versions"].items())
    samples = report["settings"]["resamples"]
    return (
        f"{model['name']} {model['version']} ({model['precision']}, {model['sha256'][:12]}), {report['date'][:10]}, "
        f"{machine['processor']} ({machine['kind']}), {report['settings']['threads']} threads, {versions}."
    ) + (f" In brackets: 95 % intervals of {samples} bootstrap samples." if samples else "")


def _ece_note(report: Report) -> str:
    table = report["calibration"]
    if table is None:
        return ""
    rows = table["fitted_on"]
    note = f"ECE: by {rows} table" if isinstance(rows, str) else f"ECE: by a table fitted on half of {'; '.join(rows)}"
    if any(row["fits_by_half"] for row in report["rows"]):
        note += "; †: that of the other half, whose documents (or texts) fit no table"
    return note + "."


def _reason_notes(report: Report) -> Iterator[str]:
    """Why figures are missing, a line a reason and row: of files only, since corpora are well known."""
    if report["details"] is None:
        return
    figures = shown_figures(report)
    for row in report["rows"]:
        by_reason: dict[str, list[str]] = {}
        for name, reason in row["reasons"].items():
            if name in figures:
                by_reason.setdefault(reason, []).append(figures[name])
        for reason, names in by_reason.items():
            yield f"{row['label']}: – for {', '.join(names)}: {reason}."
    has_kinds = any(row[KINDS] for row in report["rows"])
    if any(row["kind"] for row in report["details"]["confusions"]) and not has_kinds:
        yield f"Kinds: –, since {report['model']['name']} {report['model']['version']} gives none."


def _few_texts_notes(report: Report) -> Iterator[str]:
    for row in report["rows"]:
        if report["details"] is not None and report["settings"]["resamples"] and row["units"] < MIN_UNITS:
            texts = "1 text" if row["units"] == 1 else f"{row['units']} texts"
            yield f"{row['label']}: only {texts}, so its intervals say little about others."


def _speed_note(report: Report) -> str:
    speed = report["words_per_second"]
    if speed is None:
        return ""
    return (
        f"{speed['median']:,.0f} words/s, the median of five passes over {speed['row']} "
        f"(least {speed['least']:,.0f}, most {speed['most']:,.0f})."
    )


def _comparison_note(report: Report) -> str:
    other = report["against"]
    if other is None:
        return ""
    return (
        f"Against {_model(other['model'])}, {other['words']} words of {other['row']}: "
        f"mean {other['mean']:.3f} of 300, 99th percentile {other['p99']:.2f}, marks changed "
        f"{other['marks_changed']:.2%}."
    )


def _expectations_note(report: Report) -> str:
    results = report["expectations"]
    if results is None:
        return ""
    must = results["must"]
    return (
        f"Expectations: {results['passed']} of {results['sentences']} sentences pass, {must['passed']} of the "
        f"{must['sentences']} that any decent model passes."
    )
