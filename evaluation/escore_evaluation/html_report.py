"""The report of `escore evaluate` on labeled files as one HTML page: no scripts, nothing from elsewhere."""

from collections.abc import Iterator, Mapping, Sequence
from html import escape
from pathlib import Path
from typing import Any

from escore.printable import printable
from escore.scale import MARKS
from escore_evaluation.html_plots import draw_curve, draw_reliability
from escore_evaluation.markdown_report import (
    Report,
    compared_rows,
    confusion_name,
    difference_text,
    figure_text,
    label_text,
    minimum_name,
    notes,
    outcomes_text,
    qualities,
    shown_figures,
)

_STYLE = Path(__file__).with_name("report.css")
_POLICY = "default-src 'none'; style-src 'unsafe-inline'"


def to_html(report: Report) -> str:
    """The page; the report must be of labeled files."""
    details = report["details"]
    title = f"{report['model']['name']} {report['model']['version']} on {details['label']}"
    sections = [
        _figures(report),
        _other_rows(report),
        _plots(details),
        _thresholds(details),
        _confusions(details),
        _errors(details),
        _notes(report),
    ]
    return (
        '<!doctype html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n'
        f'<meta http-equiv="Content-Security-Policy" content="{_POLICY}">\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        f"<title>{_text(title)}</title>\n<style>\n{_STYLE.read_text('utf-8')}</style>\n</head>\n<body>\n<main>\n"
        f"<h1>{_text(title)}</h1>\n<p>{_text(_subtitle(report))}</p>\n"
        + "\n".join(filter(None, sections))
        + "\n</main>\n</body>\n</html>\n"
    )


def _subtitle(report: Report) -> str:
    """The day and the files."""
    files = [file for row in report["rows"] if row["label"] == report["details"]["label"] for file in row["files"]]
    held_out = ", texts held out from training" if report["settings"]["held_out"] else ""
    return f"{report['date'][:10]}: {', '.join(files)}{held_out}"


def _figures(report: Report) -> str:
    """A card for all files together and one for general text, each with the other bundle's figures beside its own."""
    rows = [row for row in report["rows"] if row["label"] in (report["details"]["label"], "general")]
    differences: dict[str, Mapping[str, Any]] = {}
    intro = "Each figure with its 95 % interval." if report["settings"]["resamples"] else ""
    if report["against"] is not None:
        differences = {row["label"]: row["figures"] for row in compared_rows(report)}
        other = report["against"]["model"]
        intro += (
            f" Below it the difference from {_text(other['name'])} {_text(other['version'])}: better or worse is said "
            "only where the interval of the difference excludes 0."
        )
    cards = "".join(_figures_card(report, row, differences.get(row["label"], {})) for row in rows)
    return f'<h2>Figures</h2>\n<p>{intro}</p>\n<div class="tables">{cards}</div>'


def _figures_card(report: Report, row: Mapping[str, Any], differences: Mapping[str, Any]) -> str:
    lines = []
    intervals = report["settings"]["resamples"] > 0
    for name, title in shown_figures(report).items():
        value, _, interval = figure_text(row[name], intervals).partition(" ")
        cell = f'<b>{value}</b> <span class="interval">{interval}</span>'
        if name in differences:
            verdict = differences[name]["verdict"] or ""
            style = verdict if verdict in ("better", "worse") else "interval"
            cell += f'<br><span class="{style}">{difference_text(differences[name], intervals)}</span>'
        lines.append(f'<tr><th scope="row">{title}</th><td>{cell}</td></tr>')
    counts = f"{row['words']:,} labeled words, {row['texts']:,} {'text' if row['texts'] == 1 else 'texts'}"
    heading = "general text" if row["label"] == "general" else row["label"]
    return (
        f'<section class="card"><h3>{_text(heading)}</h3><table><caption>{counts}</caption>'
        f"<tbody>{''.join(lines)}</tbody></table></section>"
    )


def _other_rows(report: Report) -> str:
    """The files one by one, where there are several."""
    rows = [row for row in report["rows"] if row["label"] not in (report["details"]["label"], "general")]
    if not rows:
        return ""
    figures = shown_figures(report)
    body = [[row["label"], f"{row['words']:,}", *(figure_text(row[name], False) for name in figures)] for row in rows]
    return f"<h2>By file</h2>\n{_table('figures by file', ['file', 'words', *figures.values()], body)}"


def _plots(details: Mapping[str, Any]) -> str:
    plots = []
    if details["thresholds"]:
        caption = "Words of entities. The thin line is the default minimum of --entities, the dot the best F1."
        plots.append((draw_curve(details["curve"], details["thresholds"]), caption))
    if details["reliability"]:
        caption = "How often words of a probability are part of an entity: on the diagonal, probabilities hold."
        plots.append((draw_reliability(details["reliability"]), caption))
    figures = "".join(
        f'<figure class="card">{svg}<figcaption>{caption}</figcaption></figure>' for svg, caption in plots
    )
    return f'<h2>Minimum scores and probabilities</h2>\n<div class="plots">{figures}</div>' if plots else ""


def _thresholds(details: Mapping[str, Any]) -> str:
    if not details["thresholds"]:
        return ""
    head = ["minimum", "precision", "recall", "F1", "whole: precision", "recall", "F1"]
    rows = [[minimum_name(threshold), *qualities(threshold)] for threshold in details["thresholds"]]
    table = _table(
        "minimum scores", head, rows, best=[threshold["is_best"] for threshold in details["thresholds"]].index(True)
    )
    return table + (f"<p>{outcomes_text(details['entities'])}</p>" if details["entities"] else "")


def _confusions(details: Mapping[str, Any]) -> str:
    lines = []
    for row in details["confusions"]:
        total = sum(row["counts"])
        cells = "".join(
            f'<td class="share" style="--share: {100 * count / total:.0f}">{count:,}</td>' for count in row["counts"]
        )
        lines.append(f'<tr><th scope="row">{_text(confusion_name(row))}</th><td>{total:,}</td>{cells}</tr>')
    head = ["label", "words", "below 50", "50 to 150", "150 to 250", "from 250"]
    return (
        "<h2>Scores by label</h2>\n<p>How many words of each label score as none, common noun, proper noun and entity."
        f"</p>\n{_scrolled('scores by label', head, ''.join(lines))}"
    )


def _errors(details: Mapping[str, Any]) -> str:
    if not details["errors"]:
        return ""
    key = "".join(
        f'<span><span class="chip l{level}">{name}</span> from {mark.minimum:g}</span>'
        for level, (name, mark) in enumerate(zip(("noun", "name", "entity"), MARKS, strict=True), 1)
    )
    items = "\n".join(_error(error) for error in details["errors"])
    return (
        "<h2>Worst errors</h2>\n<p>Sorted by how far the score lies from those that the label allows. The words in "
        f'question are framed.</p>\n<div class="key">{key}</div>\n<ol>{items}</ol>'
    )


def _error(error: Mapping[str, Any]) -> str:
    start = error["start"] - error["context_start"]
    end = start + error["end"] - error["start"]
    more = f", and {error['times'] - 1} more" if error["times"] > 1 else ""
    context = "".join(_chips(error, 0, start)), "".join(_chips(error, start, end)), "".join(_chips(error, end, None))
    return (
        f'<li class="card"><div class="about"><span>labeled <b>{_text(label_text(error))}</b></span>'
        f"<span>score <b>{error['score']:.0f}</b></span><span>off by <b>{error['distance']:.0f}</b></span>"
        f"<span>{_text(error['origin'])}{more}</span></div>"
        f'<div class="reading">{context[0]}<mark>{context[1]}</mark>{context[2]}</div></li>'
    )


def _chips(error: Mapping[str, Any], start: int, end: int | None) -> Iterator[str]:
    """The part of a context from `start` to `end` with its words marked by their scores."""
    context: str = error["context"]
    end = len(context) if end is None else end
    position = start
    for word in error["words"]:
        if start <= word["start"] and word["end"] <= end:
            level = sum(word["score"] >= mark.minimum for mark in MARKS)
            text = _text(context[word["start"] : word["end"]])
            yield _text(context[position : word["start"]])
            yield f'<span class="chip l{level}" title="{word["score"]:.1f}">{text}</span>' if level else text
            position = word["end"]
    yield _text(context[position:end])


def _notes(report: Report) -> str:
    items = "".join(f"<li>{_text(note)}</li>" for note in notes(report))
    return f'<h2>Notes</h2>\n<ul class="notes">{items}</ul>'


def _table(name: str, head: Sequence[str], rows: Sequence[Sequence[str]], best: int | None = None) -> str:
    lines = "".join(
        f"<tr{' class=best' * (i == best)}><th scope='row'>{_text(row[0])}</th>"
        + "".join(f"<td>{_text(cell)}</td>" for cell in row[1:])
        + "</tr>"
        for i, row in enumerate(rows)
    )
    return _scrolled(name, head, lines)


def _scrolled(name: str, head: Sequence[str], lines: str) -> str:
    """A table that scrolls by itself where it is wider than the screen; its name is read out."""
    cells = "".join(f'<th scope="col">{_text(title)}</th>' for title in head)
    table = f"<table><thead><tr>{cells}</tr></thead><tbody>{lines}</tbody></table>"
    return f'<div class="scroll" role="region" aria-label="{name}" tabindex="0">{table}</div>'


def _text(text: str) -> str:
    """Text for HTML, with what cannot be seen as escapes; line ends stay."""
    return "\n".join(escape(printable(line)) for line in text.split("\n"))
