"""A report as one HTML page: no scripts, nothing from elsewhere, readable in the dark."""

from collections.abc import Iterator, Mapping, Sequence
from html import escape
from pathlib import Path
from typing import Any

from escore.printable import printable
from escore_monitor.html_plots import draw_days, draw_distributions
from escore_monitor.report import Report
from escore_monitor.signals import SIGNALS
from escore_monitor.text_report import SECTIONS, other_models, span_line, when

_STYLE = Path(__file__).with_name("report.css")
_POLICY = "default-src 'none'; style-src 'unsafe-inline'"
_KEY = (
    ('<line class="line" x1="0" x2="28" y1="5" y2="5"/>', "documents a day that mention it"),
    ('<rect class="window" width="28" height="10"/>', "days of this report"),
    ('<line class="expected" x1="0" x2="28" y1="5" y2="5"/>', "as many as the days before let expect"),
)
_SIGNAL_KEY = (
    ('<line class="line" x1="0" x2="28" y1="5" y2="5"/>', "by day; and the distribution in these days"),
    ('<rect class="before" width="28" height="10"/>', "distribution in the days before"),
)


def to_html(report: Report) -> str:
    """The page."""
    window = report["window"]
    title = f"Entities from {window['first']} to {window['last']}"
    verdict = f'<p class="verdict{" drift" * bool(report["has_drift"])}">{_text(_upper(report["verdict"]))}</p>'
    sections = [_facts(report), verdict]
    sections += [_panels(report, name, _heading(name)) for name in SECTIONS]
    sections += [_signals(report), _tables(report)]
    return (
        '<!doctype html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n'
        f'<meta http-equiv="Content-Security-Policy" content="{_POLICY}">\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        f"<title>{_text(title)}</title>\n<style>\n{_STYLE.read_text('utf-8')}</style>\n</head>\n<body>\n<main>\n"
        f"<h1>{_text(title)}</h1>\n" + "\n".join(filter(None, sections)) + "\n</main>\n</body>\n</html>\n"
    )


def _facts(report: Report) -> str:
    source = f", source {report['source']}" if report["source"] is not None else ""
    lines = [
        f"{span_line(report['window'])}.",
        f"Compared with {span_line(report['reference'])}.",
        f"Scored by {report['model']}{source}.",
    ]
    if len(report["models"]) > 1:
        lines.append(f"{_upper(other_models(report))}.")
    return f"<p>{'<br>'.join(map(_text, lines))}</p>"


def _heading(name: str) -> str:
    return SECTIONS[name].partition(" (")[0]  # what is in brackets explains signs of the text report


def _panels(report: Report, name: str, heading: str) -> str:
    if not report[name]:
        return f"<h2>{_text(heading)}</h2>\n<p>None.</p>"
    key = _key(_KEY) if name == "top" else ""
    cards = "".join(_panel(report, name, row) for row in report[name])
    return f'<h2>{_text(heading)}</h2>\n{key}<div class="panels">{cards}</div>'


def _panel(report: Report, name: str, row: Mapping[str, Any]) -> str:
    """The documents of an entity by day."""
    change = row["change"] if name in ("rising", "falling") else None
    facts = f"<b>{row['documents']:,}</b> document{'' if row['documents'] == 1 else 's'}"
    if row["expected"] is not None:
        facts += f", {row['expected']:,.1f} expected"
    if change is not None and change["first"] == change["last"] and change["documents"] != row["documents"]:
        facts += f"; <b>{change['documents']:,}</b> on {change['last']}, {change['expected']:,.1f} expected"
    if name == "new":
        facts += f", since {row['first_day']}" + (", more than chance explains" if row["change"] else "")
    values = report["series"]["entities"][row["entity"]]
    window, size = _window(report)
    expected = None if row["expected"] is None else row["expected"] / max(1, size)
    title = f"Documents by day that mention {row['entity']}, {row['documents']} in these days"
    plot = draw_days(values, window, _dates(report), printable(title), expected)
    kind = f" <small>({_text(row['kind'])})</small>" if row["kind"] else ""
    return f'<section class="card"><h3>{_text(row["entity"])}{kind}</h3><p>{facts}</p>{plot}</section>'


def _signals(report: Report) -> str:
    rows = {row["signal"]: row for row in report["drift"]}
    cards = "".join(
        _signal(report, name, signal, rows.get(name))
        for name, signal in report["signals"].items()
        if any(signal["window"])
    )
    note = (
        "A signal drifts if its distribution differs from that of the days before by more than chance, and by a "
        "population stability index (PSI) of .10 or a distance (KS) of .05 at least. Shown is the day, or all days, in "
        "which it differs most."
    )
    return f'<h2>Texts and scores</h2>\n<p>{note}</p>\n{_key(_SIGNAL_KEY)}<div class="panels">{cards}</div>'


def _signal(report: Report, name: str, signal: Mapping[str, Any], row: Mapping[str, Any] | None) -> str:
    """A signal by day, and its distributions."""
    window, _ = _window(report)
    title = row["title"] if row else SIGNALS[name].title if name in SIGNALS else name
    plots = draw_days(signal["by_day"], window, _dates(report), f"{title}, by day", from_zero=False)
    if name in SIGNALS:
        plots += draw_distributions(
            signal["reference"], signal["window"], SIGNALS[name].edges, f"{title}: distribution before and now"
        )
    return _card(title, row, plots)


def _card(title: str, row: Mapping[str, Any] | None, plots: str) -> str:
    facts = "not compared: too few days"
    if row is not None:
        values = " to ".join("–" if row[name] is None else f"{row[name]:.3g}" for name in ("before", "after"))
        psi = "" if row["psi"] is None else f", PSI {row['psi']:.2f}"
        facts = f"<b>{values}</b>{psi}, {_text(when(row))}"
        if row["is_drift"]:
            facts += ' <span class="drifts">drifts</span>'
    name = "card signal drift" if row is not None and row["is_drift"] else "card signal"
    return f'<section class="{name}"><h3>{_text(_upper(title))}</h3><p>{facts}</p>{plots}</section>'


def _tables(report: Report) -> str:
    """All lists once more, as figures."""
    head = "".join(
        f'<th scope="col"{style}>{title}</th>'
        for title, style in (
            ("entity", ""),
            *((title, ' class="number"') for title in ("documents", "expected", "mentions", "mean score")),
            *((title, ' class="text"') for title in ("first seen", "other spellings")),
        )
    )
    body = "".join(_rows(report[name], _heading(name)) for name in SECTIONS)
    table = f"<table><thead><tr>{head}</tr></thead>{body}</table>"
    return f'<h2>Figures</h2>\n<div class="scroll" role="region" aria-label="figures" tabindex="0">{table}</div>'


def _rows(rows: Sequence[Mapping[str, Any]], heading: str) -> str:
    if not rows:
        return ""
    title = f'<tr><th scope="rowgroup" colspan="7"><b>{_text(heading)}</b></th></tr>'
    return f"<tbody>{title}{''.join(map(_row, rows))}</tbody>"


def _row(row: Mapping[str, Any]) -> str:
    others = ", ".join(f"{variant['text']} ({variant['mentions']:,})" for variant in row["variants"][1:9])
    cells = [
        f"{row['documents']:,}",
        "–" if row["expected"] is None else f"{row['expected']:,.1f}",
        f"{row['mentions']:,}",
        "–" if row["score"] is None else f"{row['score']:.0f}",
    ]
    figures = "".join(f"<td>{cell}</td>" for cell in cells)
    texts = "".join(f'<td class="text">{_text(text)}</td>' for text in (row["first_day"], others))
    return f'<tr><th scope="row">{_text(row["entity"])}</th>{figures}{texts}</tr>'


def _key(entries: Sequence[tuple[str, str]]) -> str:
    return '<div class="key">' + "".join(_entries(entries)) + "</div>"


def _entries(entries: Sequence[tuple[str, str]]) -> Iterator[str]:
    for shape, text in entries:
        yield f'<span><svg viewBox="0 0 28 10" aria-hidden="true">{shape}</svg>{text}</span>'


def _window(report: Report) -> tuple[int, int]:
    """The index of the window's first day, and how many days of it have documents."""
    documents = report["series"]["documents"]
    days = report["days"]
    return len(documents) - days, report["window"]["days_with_documents"]


def _dates(report: Report) -> tuple[str, str]:
    return report["series"]["first"], report["window"]["last"]


def _upper(text: str) -> str:
    return text[:1].upper() + text[1:]


def _text(text: str) -> str:
    """Text for HTML, with what cannot be seen as escapes."""
    return escape(printable(text))
