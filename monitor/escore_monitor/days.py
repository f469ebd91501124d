"""Times of records as days of UTC, counted from 1970-01-01, and spans of days as a person writes them."""

import re
from datetime import UTC, date, datetime, timedelta

from escore import SettingError
from escore.times import from_epoch, from_iso

_EPOCH = date(1970, 1, 1)
_AHEAD = timedelta(days=1)  # that clocks may be ahead of this one
_EARLIEST = datetime(1900, 1, 1, tzinfo=UTC)  # an earlier time is a placeholder such as 0001-01-01
EARLIEST_DAY = (_EARLIEST.date() - _EPOCH).days
_SECONDS = re.compile(r"\d{9,13}(\.\d*)?")  # as text; fewer digits may be a date, such as 20260502
_SPAN = re.compile(r"(\d{1,5})\s*([dw])", re.IGNORECASE)


def parse_time(value: object) -> datetime:
    """A time in UTC: of ISO 8601, which is UTC where it names no offset, or of seconds or milliseconds since 1970.

    Raises ValueError, for negative numbers too.
    """
    if isinstance(value, str):
        return from_iso(value)
    if isinstance(value, int | float) and not isinstance(value, bool) and value >= 0:
        return from_epoch(value)
    raise ValueError(f"{value!r:.40} is no time")


def document_time(value: object, name: str) -> datetime:
    """The time of a document, from 1900 to now, as `parse_time` reads it; also seconds since 1970 that are text.

    name: whose value it is. Raises SettingError.
    """
    if isinstance(value, str) and _SECONDS.fullmatch(value.strip()):
        value = float(value)
    try:
        time = parse_time(value)
    except ValueError:
        raise SettingError(f"{name} is no time", "write times in ISO 8601, or as seconds since 1970") from None
    if time > datetime.now(UTC) + _AHEAD:
        raise SettingError(f"{name} is in the future", "correct it")
    if time < _EARLIEST:
        raise SettingError(f"{name} is before {_EARLIEST.year}", "correct it")
    return time


def day_of(time: datetime) -> int:
    """The day of a time in UTC."""
    return (time.date() - _EPOCH).days


def date_of(day: int) -> date:
    """The date of a day."""
    return _EPOCH + timedelta(days=day)


def iso(day: int) -> str:
    """A day as 2026-05-02."""
    return date_of(day).isoformat()


def weekday(day: int) -> int:
    """0 for Monday to 6 for Sunday."""
    return (day + 3) % 7  # 1970-01-01 was a Thursday


def parse_span(text: str, name: str) -> int:
    """Days of a span such as 7d or 4w. Raises SettingError."""
    match = _SPAN.fullmatch(text.strip())
    if match is None or not int(match[1]):
        raise SettingError(f"{name}: '{text}' is no span of days", "give days or weeks, such as 7d or 4w")
    return int(match[1]) * (7 if match[2] in "wW" else 1)


def parse_day(text: str, name: str) -> int:
    """The day of a date such as 2026-05-02. Raises SettingError."""
    try:
        day = (date.fromisoformat(text.strip()) - _EPOCH).days
    except ValueError:
        raise SettingError(f"{name}: '{text}' is no date", "give one such as 2026-05-02") from None
    if day < EARLIEST_DAY:
        raise SettingError(f"{name}: '{text}' is before {_EARLIEST.year}", "give a date such as 2026-05-02")
    return day


def parse_since(text: str, name: str, newest: int) -> int:
    """The first day of a span that ends with the day `newest`, or of a date. Raises SettingError."""
    if _SPAN.fullmatch(text.strip()):
        return newest - parse_span(text, name) + 1
    try:
        date.fromisoformat(text.strip())
    except ValueError:
        problem = f"{name}: '{text}' is neither a span of days nor a date"
        raise SettingError(problem, "give days or weeks, such as 7d or 4w, or a date such as 2026-05-02") from None
    return parse_day(text, name)
