"""The report: what the documents of a window say that those of the reference before it did not, and what drifts."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

import escore
from escore import SettingError
from escore_labels.notes import count
from escore_labels.record import Record
from escore_monitor import drift, rates
from escore_monitor.agreement import AGREEMENT, agreement_by_day
from escore_monitor.days import iso, parse_day, parse_since, parse_span, weekday
from escore_monitor.drift import CONFIDENT, ENOUGH_DAYS, Drift, confident_words, find_drift
from escore_monitor.errors import ReportError
from escore_monitor.rates import Days, Rates, test_rates
from escore_monitor.series import EntityFacts, Series, StoreReader, reading
from escore_monitor.signals import SCORE, SCORE_STEP

SCHEMA = 1
MAX_DAYS = 4000  # of a window or reference

Report = Mapping[str, Any]  # the object that docs/reference/watch.md describes


@dataclass(frozen=True, slots=True)
class ReportOptions:
    """What is reported.

    since: the window's first day: a date, or a span of days that ends with its last one.
    until: its last day, a date; None is the newest day with documents.
    reference: the span of days before the window that it is compared with.
    source: only documents of this source; None is all.
    model: only what this model scored; None is the model of the newest documents.
    kind: only entities of this kind; None is all.
    limit: most entities of each list.
    corrections: records with what people say of scored spans.
    """

    since: str = "7d"
    until: str | None = None
    reference: str = "28d"
    source: str | None = None
    model: str | None = None
    kind: str | None = None
    limit: int = 10
    corrections: Iterable[Record] = field(default_factory=tuple)


def make_report(path: Path | str, options: ReportOptions | None = None) -> Report:
    """A report of a store. Raises StoreError, ReportError, and SettingError for spans and dates that are none."""
    options = options or ReportOptions()
    with reading(path) as store:
        return _report(store, options)


def _report(store: StoreReader, options: ReportOptions) -> Report:
    before = parse_span(options.reference, "reference")
    until = None if options.until is None else parse_day(options.until, "until")
    newest, model = store.newest(options.source, options.model)
    if options.kind is not None:
        store.check_kind(options.kind)
    last = newest if until is None else until
    first = parse_since(options.since, "since", last)
    if first > last and until is not None:
        raise SettingError(f"since: {iso(first)} is after --until {iso(last)}", "give the earlier day to --since")
    if first > last:
        raise ReportError(f"{store.path}: nothing since {iso(first)}", f"its newest document is of {iso(newest)}")
    if max(before, last - first + 1) > MAX_DAYS:
        raise ReportError(f"more than {MAX_DAYS} days at once", "give a shorter span")
    series = store.series(first - before, last, options.source, model, strict=options.model is not None)
    days = _days(series, before)
    if not series.documents[days.window].any():
        raise ReportError(
            f"{store.path}: no document from {iso(first)} to {iso(last)}", f"its newest is of {iso(newest)}"
        )
    bins = store.bins(first - before, last, options.source, model)
    if agreement := agreement_by_day(options.corrections, series.first, series.days):
        bins |= agreement
    drifts = find_drift(bins, days)
    has_reference = int(np.count_nonzero(series.documents[days.reference])) >= ENOUGH_DAYS
    tests = test_rates(series.counts, days) if has_reference else None
    not_judged = None if drifts else _why_not(has_reference, series, days)
    lists, facts, changed = _lists(store, options, series, days, tests)
    return {
        "schema": SCHEMA,
        "date": datetime.now(UTC).isoformat(timespec="seconds"),
        "escore": escore.__version__,
        "store": str(store.path),
        "source": options.source,
        "model": model,
        "window": _span(series, days.window),
        "reference": _span(series, days.reference),
        "days": int(np.count_nonzero(days.window)),
        "models": {name: {"documents": docs, "days": on} for name, (docs, on) in sorted(series.models.items())},
        "verdict": _verdict(drifts, not_judged),
        "has_drift": None if not_judged else any(item.is_drift for item in drifts),
        "not_judged": not_judged,
        "drift": [_drift_row(item, series, days, bins) for item in drifts],
        "counts": changed,
        **lists,
        "series": _entity_series(series, facts, lists),
        "signals": _signal_series(series, days, bins),
    }


def _days(series: Series, before: int) -> Days:
    numbers = np.arange(series.first, series.first + series.days)
    reference = np.arange(series.days) < before
    return Days(series.documents, np.array([weekday(day) for day in numbers.tolist()]), reference, ~reference)


def _span(series: Series, which: NDArray[np.bool_]) -> dict[str, Any]:
    places = np.flatnonzero(which)
    return {
        "first": iso(series.first + int(places[0])),
        "last": iso(series.first + int(places[-1])),
        "days_with_documents": int(np.count_nonzero(series.documents[which])),
        "documents": int(series.documents[which].sum()),
        "words": int(series.words[which].sum()),
        "mentions": int(series.mentions[which].sum()),
    }


def _lists(
    store: StoreReader, options: ReportOptions, series: Series, days: Days, tests: Rates | None
) -> tuple[dict[str, list[dict[str, Any]]], dict[int, EntityFacts], dict[str, int | None]]:
    """The entities of each list, the facts of all of them, and how many changed, whatever their kind, or None."""
    in_window = series.counts[:, days.window].sum(axis=1)
    is_new = np.zeros(len(series.entities), np.bool_)
    mentioned = in_window > 0
    first = series.first + int(np.flatnonzero(days.window)[0])
    is_new[mentioned] = store.first_days(series.entities[mentioned]) >= first
    order = np.lexsort((series.entities, -in_window))
    top = order[in_window[order] > 0]
    new = [i for i in top.tolist() if is_new[i]]
    rising, falling = [], []
    clearest: dict[int, int] = {}
    if tests is not None:
        for i in np.flatnonzero(tests.is_significant.any(axis=1)).tolist():
            span = rates.span_of(tests, i, np.flatnonzero(tests.is_significant[i]).tolist())
            clearest[i] = span
            if tests.observed[i, span] > tests.expected[i, span]:
                if not is_new[i]:
                    rising.append(i)
            else:
                falling.append(i)
        for entities in (rising, falling):
            entities.sort(key=lambda i: (tests.p[i, clearest[i]], series.entities[i]))
        new.sort(key=lambda i: (i not in clearest, tests.p[i, clearest[i]] if i in clearest else 0, -in_window[i]))
    lists: dict[str, Sequence[int]] = {"top": top.tolist(), "new": new, "rising": rising, "falling": falling}
    facts: dict[int, EntityFacts] = {}
    chosen: dict[str, list[int]] = {}
    for name, places in lists.items():
        chosen[name] = []
        step = max(100, options.limit)
        for begin in range(0, len(places), step):  # kinds are known only with the facts
            some = places[begin : begin + step]
            facts |= store.facts([int(series.entities[i]) for i in some], first, series)
            chosen[name] += [i for i in some if options.kind in (None, facts[int(series.entities[i])].kind)]
            if len(chosen[name]) >= options.limit:
                break
        del chosen[name][options.limit :]

    def row(i: int) -> dict[str, Any]:
        return _entity_row(facts[int(series.entities[i])], int(in_window[i]), i, clearest.get(i), tests, series)

    changed: dict[str, int | None] = {"new": None, "rising": None, "falling": None}
    if tests is not None:
        changed = {"new": sum(i in clearest for i in new), "rising": len(rising), "falling": len(falling)}
    return {name: [row(i) for i in places] for name, places in chosen.items()}, facts, changed


def _entity_row(
    facts: EntityFacts, documents: int, i: int, span: int | None, tests: Rates | None, series: Series
) -> dict[str, Any]:
    row: dict[str, Any] = {
        "entity": facts.name,
        "kind": facts.kind,
        "documents": documents,
        "mentions": facts.mentions,
        "score": None if facts.score is None else round(facts.score, 2),
        "first_day": iso(facts.first_day),
        "expected": None if tests is None else round(float(tests.expected[i, 0]), 2),
        "variants": [{"text": text, "mentions": mentions} for text, mentions in facts.variants],
        "change": None,
    }
    if tests is not None and span is not None:
        places = tests.spans[span]
        row["change"] = {
            "first": iso(series.first + int(places[0])),
            "last": iso(series.first + int(places[-1])),
            "documents": int(tests.observed[i, span]),
            "expected": round(float(tests.expected[i, span]), 2),
            "p": float(f"{tests.p[i, span]:.3g}"),
        }
    return row


def _why_not(has_reference: bool, series: Series, days: Days) -> str:
    """Why drift cannot be judged."""
    if has_reference:
        return "no drift can be judged: this model scored too few days of the reference"
    before = count(int(np.count_nonzero(series.documents[days.reference])), "day")
    return f"too little to compare with: {before} with documents before these; {ENOUGH_DAYS} needed"


def _verdict(drifts: Sequence[Drift], not_judged: str | None) -> str:
    if not_judged is not None:
        return not_judged
    changed = [item for item in drifts if item.is_drift]
    if not changed:
        return "no drift"
    names = ", ".join(
        f"{item.signal} ({f'PSI {item.psi:.2f}' if item.psi is not None else f'{item.before:.2f} to {item.after:.2f}'})"
        for item in changed
    )
    return f"drift of {names}; label again: escore label TEXTS --review 200"


def _drift_row(item: Drift, series: Series, days: Days, bins: Mapping[str, Any]) -> dict[str, Any]:
    reference = np.flatnonzero(days.reference)
    is_share = item.psi is None
    before, after = (
        (item.before, item.after)
        if is_share
        else (_mean(item.signal, some, series, bins) for some in (reference, item.days))
    )
    return {
        "signal": item.signal,
        "title": (drift.titles() | {AGREEMENT: "share of people's labels that agree with the scores"})[item.signal],
        "first": iso(series.first + int(item.days[0])),
        "last": iso(series.first + int(item.days[-1])),
        "before": None if before is None else round(before, 3),
        "after": None if after is None else round(after, 3),
        "psi": None if is_share or item.psi is None else round(item.psi, 4),
        "ks": None if is_share else round(item.statistic, 4),
        "p": float(f"{item.p:.3g}"),
        "is_drift": item.is_drift,
    }


def _mean(signal: str, places: NDArray[np.intp], series: Series, bins: Mapping[str, Any]) -> float | None:
    """The mean of a signal over days: of all words or documents together."""
    words, documents = int(series.words[places].sum()), int(series.documents[places].sum())
    if signal == SCORE.name:
        counts = bins[signal][places].sum(axis=0)
        middles = np.array([SCORE.edges[0] - SCORE_STEP, *SCORE.edges]) + SCORE_STEP / 2
        return float(counts @ middles / counts.sum()) if counts.sum() else None
    if signal == "length":
        return words / documents if documents else None
    sums = {"pieces": 1.0 * series.pieces, "entities": 100.0 * series.mentions}[signal]
    return float(sums[places].sum() / words) if words else None


def _entity_series(
    series: Series, facts: Mapping[int, EntityFacts], lists: Mapping[str, Sequence[Mapping[str, Any]]]
) -> dict[str, Any]:
    """Documents by day, of all and of each entity of the lists."""
    shown = {row["entity"] for rows in lists.values() for row in rows}
    places = {entity: i for i, entity in enumerate(series.entities.tolist())}
    return {
        "first": iso(series.first),
        "documents": series.documents.tolist(),
        "entities": {
            item.name: series.counts[places[entity]].tolist() for entity, item in facts.items() if item.name in shown
        },
    }


def _signal_series(series: Series, days: Days, bins: Mapping[str, Any]) -> dict[str, Any]:
    """Each signal's mean by day, and its distributions in reference and window."""
    signals: dict[str, Any] = {}
    for name, counts in [*bins.items(), (CONFIDENT, confident_words(bins[SCORE.name]))]:
        is_share = name in (AGREEMENT, CONFIDENT)
        by_day = [
            (float(counts[i, 1] / counts[i].sum()) if is_share else _mean(name, np.array([i]), series, bins))
            if counts[i].sum()
            else None
            for i in range(series.days)
        ]
        signals[name] = {
            "by_day": [None if value is None else round(value, 4) for value in by_day],
            "reference": counts[days.reference].sum(axis=0).tolist(),
            "window": counts[days.window].sum(axis=0).tolist(),
        }
    return signals
