"""Times as documents have them, in UTC."""

from datetime import UTC, datetime

_MILLISECONDS = 1e11  # a number of seconds from here on, after the year 5138, is one of milliseconds


def from_iso(text: str) -> datetime:
    """A time of ISO 8601, which is UTC where it names no offset. Raises ValueError."""
    return in_utc(datetime.fromisoformat(text.strip()))


def from_epoch(value: float) -> datetime:
    """A number of seconds or milliseconds since 1970. Raises ValueError."""
    try:
        return datetime.fromtimestamp(value / 1000 if abs(value) >= _MILLISECONDS else value, UTC)
    except (OverflowError, OSError) as error:
        raise ValueError(f"{value} is no time") from error


def in_utc(time: datetime) -> datetime:
    """The same time in UTC, which it is in where it names no offset. Raises ValueError."""
    try:
        return time.replace(tzinfo=UTC) if time.tzinfo is None else time.astimezone(UTC)
    except OverflowError as error:  # the first and the last day that there is
        raise ValueError(f"{time} is no time in UTC") from error
