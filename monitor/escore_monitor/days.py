"""Times of records as days of UTC, counted from 1970-01-01, and spans of days as a person writes them."""

import re
from datetime import UTC, date, datetime, timedelta

from escore import SettingError

_EPOCH = date(1970, 1, 1)
_MILLISECONDS = 1e11  # a number of seconds from here on, after the year 5138, is one of milliseconds
_SPAN = re.compile(r"(\d{1,5})\s*([dw])", re.IGNORECASE)


def parse_time(value: object) -> datetime:
    """A time in UTC: of ISO 8601, which is UTC where it names no offset, or of seconds or milliseconds since 1970.

    Raises ValueError.
    """
    if isinstance(value, str):
        time = datetime.fromisoformat(value.strip())
        return time.replace(tzinfo=UTC) if time.tzinfo is None else _to_utc(time)
    if isinstance(value, int | float) and not isinstance(value, bool):
        seconds = value / 1000 if abs(value) >= _MILLISECONDS else value
        try:
            return datetime.fromtimestamp(seconds, UTC)
        except (OverflowError, OSError) as error:
            raise ValueError(f"{value} is no time") from error
    raise ValueError(f"{value!r:.40} is no time")


def _to_utc(time: datetime) -> datetime:
    try:
        return time.astimezone(UTC)
    except OverflowError as error:  # the first and the last day that there is
        raise ValueError(f"{time} is no time in UTC") from error


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
        return (date.fromisoformat(text.strip()) - _EPOCH).days
    except ValueError:
        raise SettingError(f"{name}: '{text}' is no date", "give one such as 2026-05-02") from None


def parse_since(text: str, name: str, newest: int) -> int:
    """The first day of a span that ends with the day `newest`, or of a date. Raises SettingError."""
    if _SPAN.fullmatch(text.strip()):
        return newest - parse_span(text, name) + 1
    try:
        return parse_day(text, name)
    except SettingError:
        problem = f"{name}: '{text}' is neither a span of days nor a date"
        raise SettingError(problem, "give days or weeks, such as 7d or 4w, or a date such as 2026-05-02") from None
