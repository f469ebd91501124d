"""A report of `escore bench` against an earlier one: read that, see whether both measured the same, and compare."""

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from hashlib import sha256
from typing import Annotated, Any, Literal

import msgspec
import numpy as np
from msgspec import Meta, Struct

from escore import EscoreError
from escore_evaluation.speed.bench_report import SCHEMA
from escore_evaluation.speed.timing import MAX_CHARACTERS

BOUND = 0.1  # how much slower or larger counts
MIN_VALUES = 5  # of a report: the interval of fewer says nothing
_RESAMPLES, _SEED = 400, 1

_Positive = Annotated[float, Meta(gt=0)]
_Seconds = Annotated[list[_Positive], Meta(min_length=1)]
_Bytes = Annotated[int, Meta(gt=0)] | None
Verdict = Literal["slower", "faster", "larger", "smaller"]


class ReportError(EscoreError, ValueError):
    """A file that is no report of `escore bench`, or one that cannot be compared."""


class _Settings(Struct):
    text: str | None
    threads: int
    text_sha256: str | None = None


class _Calls(Struct):
    words: int
    seconds: _Seconds


class _Bulk(Struct):
    threads: int
    words: Annotated[int, Meta(gt=0)]
    seconds: _Seconds


class _ColdSeconds(Struct):
    run: _Seconds


class _Cold(Struct):
    seconds: _ColdSeconds


class _Memory(Struct):
    loaded: _Bytes
    end: _Bytes
    cold: _Bytes


class Report(Struct):
    """What is compared of a report; docs/reference/formats.md describes it."""

    schema: int
    date: str
    machine: dict[str, Any]
    versions: dict[str, str]
    model: dict[str, str]
    settings: _Settings
    latency: list[_Calls]
    bulk: list[_Bulk]
    cold: _Cold
    memory: _Memory


@dataclass(frozen=True, slots=True)
class Row:
    """A figure of both reports, the ratio of the new over the old, its 95 % interval, and what is certain of it."""

    name: str
    unit: str
    old: float
    new: float
    ratio: float
    low: float
    high: float
    verdict: Verdict | None


@dataclass(frozen=True, slots=True)
class Comparison:
    """A report against an older one: what differs beside the figures, and the figures."""

    date: str
    differences: list[str]
    rows: list[Row]

    @property
    def worse(self) -> list[Row]:
        """What is slower or larger."""
        return [row for row in self.rows if row.verdict in ("slower", "larger")]

    def to_dict(self) -> dict[str, Any]:
        """For JSON."""
        rows = [asdict(row) for row in self.rows]
        return {"date": self.date, "bound": BOUND, "differences": self.differences, "rows": rows}


def read_report(name: str, content: str) -> Report:
    """A report from JSON; `name` is its file. Raises ReportError."""
    advice = "give what 'escore bench --json' wrote"
    try:
        found = msgspec.json.decode(content)
    except (msgspec.DecodeError, UnicodeError) as error:
        raise ReportError(f"{name}: not JSON", advice) from error
    if not isinstance(found, dict) or not {"schema", "latency", "bulk", "cold"} <= found.keys():
        raise ReportError(f"{name}: no report of 'escore bench'", advice)
    if found["schema"] != SCHEMA:
        problem = f"{name}: a report of schema {found['schema']!r}, and this escore reads {SCHEMA}"
        raise ReportError(problem, "measure again with one version of 'escore bench'")
    try:
        return msgspec.convert(found, Report)
    except msgspec.ValidationError as error:
        raise ReportError(f"{name}: {error}", advice) from error


def text_hash(text: str) -> str:
    """SHA-256 of the part of a text that is measured with."""
    return sha256(text[:MAX_CHARACTERS].encode("utf-8", "surrogatepass")).hexdigest()


def check_settings(name: str, old: Report, text: str, text_file: str | None, threads: int) -> None:
    """Raise ReportError where a measurement would be of another text than `old`, or of other numbers of threads."""
    settings = old.settings
    if settings.threads != threads:
        problem = f"{name}: measured with up to {_threads(settings.threads)}, and this would be with {threads}"
        raise ReportError(problem, f"give --threads {settings.threads}")
    same = text_file == settings.text if settings.text_sha256 is None else text_hash(text) == settings.text_sha256
    if not same and (text_file is not None or settings.text is not None):
        advice = "leave out --text" if settings.text is None else f"give --text {settings.text}, unchanged"
        raise ReportError(f"{name}: measured on another text", advice)


def compare_reports(old: Report, report: Mapping[str, Any]) -> Comparison:
    """Compare a new report with an old one."""
    new = msgspec.json.decode(msgspec.json.encode(report), type=Report)
    return Comparison(old.date, list(_differences(old, new)), list(_rows(old, new)))


def _differences(old: Report, new: Report) -> Iterator[str]:
    """What a ratio may come from beside escore's own code, in words."""
    for title, before, now in (
        ("machine", old.machine, new.machine),
        ("version", old.versions, new.versions),
        ("model", old.model, new.model),
    ):
        for name in now:
            values = [_shown(name, side.get(name)) for side in (before, now)]
            if values[0] != values[1]:
                yield f"{title}, {name}: {values[0]}; now {values[1]}"
    if old.settings.text_sha256 not in (None, new.settings.text_sha256):
        yield "text: the one that ships was another"


def _shown(name: str, value: object) -> str:
    match name, value:
        case _, None:
            return "unknown"
        case "flags", list():
            return " ".join(map(str, value))
        case "memory", int():  # what a system keeps for itself changes a little
            return f"{value / 1e9:.0f} GB"
        case "sha256", str():
            return value[:12]
    return str(value)


def _rows(old: Report, new: Report) -> Iterator[Row]:
    calls = {row.words: row for row in old.latency}
    for now in (row for row in new.latency if row.words in calls):
        before = calls[now.words]
        for percent in (50, 99):
            name = f"one text of {now.words} words, p{percent}"
            yield _timed(name, "ms", 1e3, before.seconds, now.seconds, percent, judged=percent == 50)
    passes = {row.threads: row for row in old.bulk}
    for current in (row for row in new.bulk if row.threads in passes):
        earlier = passes[current.threads]
        then, today = ([second / part.words for second in part.seconds] for part in (earlier, current))
        yield _timed(f"bulk, {_threads(current.threads)}, a word", "µs", 1e6, then, today)
    yield _timed("cold start", "s", 1, old.cold.seconds.run, new.cold.seconds.run)
    for name, before_bytes, now_bytes in (
        ("peak memory after loading", old.memory.loaded, new.memory.loaded),
        ("peak memory at the end", old.memory.end, new.memory.end),
        ("peak memory of a cold start", old.memory.cold, new.memory.cold),
    ):
        if before_bytes and now_bytes:
            ratio = now_bytes / before_bytes
            verdict = _verdict(ratio, ratio, "larger", "smaller")
            yield Row(name, "MB", before_bytes / 1e6, now_bytes / 1e6, ratio, ratio, ratio, verdict)


def _timed(
    name: str,
    unit: str,
    factor: float,
    old: Sequence[float],
    new: Sequence[float],
    percent: int = 50,
    judged: bool = True,
) -> Row:
    """A row of times. High percentiles are not judged, since they change from run to run, nor are few values.

    The interval is a percentile bootstrap over the values of each report (Efron 1979).
    """
    before, now = (float(np.percentile(values, percent)) for values in (old, new))
    random = np.random.default_rng(_SEED)
    samples = [random.choice(np.array(values), (_RESAMPLES, len(values))) for values in (old, new)]
    older, newer = (np.percentile(sample, percent, axis=1) for sample in samples)
    low, high = map(float, np.percentile(newer / older, (2.5, 97.5)))
    judged &= min(len(old), len(new)) >= MIN_VALUES
    verdict = _verdict(low, high, "slower", "faster") if judged else None
    return Row(name, unit, factor * before, factor * now, now / before, low, high, verdict)


def _verdict(low: float, high: float, worse: Verdict, better: Verdict) -> Verdict | None:
    """Of a ratio's interval: whether all of it is beyond the bound."""
    if low > 1 + BOUND:
        return worse
    return better if high < 1 / (1 + BOUND) else None


def _threads(number: int) -> str:
    return f"{number} thread{'s' * (number > 1)}"


def to_table(comparison: Comparison) -> str:
    """A comparison as lines for a person to read."""
    lines = [f"compared with the report of {comparison.date}; ratio: new over old, 95 % interval"]
    if comparison.differences:
        lines += ["NOT THE SAME, so that a ratio may not be due to escore's code:"]
        lines += [f"  {difference}" for difference in comparison.differences]
    lines += ["", f"{'':40}{'old':>10}{'new':>10}     ratio"]
    for row in comparison.rows:
        values = "".join(f"{_digits(value):>10}" for value in (row.old, row.new))
        interval = "" if row.low == row.high else f"[{row.low:.2f}, {row.high:.2f}]"
        name = f"{row.name}, {row.unit}"
        lines.append(f"{name:40}{values}     {row.ratio:.2f} {interval:15}{row.verdict or ''}".rstrip())
    count = len(comparison.worse)
    found = f"{count} figure{'s are' if count > 1 else ' is'}" if count else "nothing is"
    return "\n".join([*lines, "", f"{found} worse by more than {BOUND:.0%} in the whole interval\n"])


def _digits(value: float) -> str:
    """Three significant digits or more."""
    return f"{value:.{max(0, 2 - math.floor(math.log10(value)))}f}"
