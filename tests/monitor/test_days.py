"""Times, days and spans as people write them."""

from datetime import UTC, datetime

import pytest

from escore import SettingError
from escore_monitor.days import day_of, document_time, iso, parse_since, parse_span, parse_time, weekday


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("2026-05-02T10:00:00Z", "2026-05-02T10:00:00+00:00"),
        ("2026-05-02T23:30:00-04:00", "2026-05-03T03:30:00+00:00"),
        ("2026-05-02T01:30:00+05:30", "2026-05-01T20:00:00+00:00"),
        (" 2026-05-02 ", "2026-05-02T00:00:00+00:00"),
        ("2026-05-02 10:00:00", "2026-05-02T10:00:00+00:00"),
        (1777716000, "2026-05-02T10:00:00+00:00"),
        (1777716000.5, "2026-05-02T10:00:00.500000+00:00"),
        (1777716000000, "2026-05-02T10:00:00+00:00"),
        (0, "1970-01-01T00:00:00+00:00"),
    ],
)
def test_times_are_read(value: object, expected: str) -> None:
    assert parse_time(value).isoformat() == expected


@pytest.mark.parametrize(
    "value",
    [
        "yesterday",
        "",
        "2026-13-01",
        "0001-01-01T00:00:00+14:00",
        True,
        None,
        [],
        {},
        -1,
        -62135596800,
        1e300,
        float("nan"),
    ],
)
def test_what_is_no_time_is_refused(value: object) -> None:
    with pytest.raises(ValueError, match=r"\S"):
        parse_time(value)


@pytest.mark.parametrize(
    ("value", "problem"),
    [
        ("soon", "x is no time"),
        (-1, "x is no time"),
        ("202605", "x is no time"),
        ("2099-01-01", "x is in the future"),
        (4102444800, "x is in the future"),
        ("4102444800", "x is in the future"),
        ("0001-01-01", "x is before 1900"),
        ("1899-12-31T23:59:59Z", "x is before 1900"),
    ],
)
def test_a_document_is_of_1900_to_now(value: object, problem: str) -> None:
    with pytest.raises(SettingError, match=problem):
        document_time(value, "x")


@pytest.mark.parametrize("value", [1777900000, "1777900000", "1777900000000", "2026-05-04T13:06:40Z"])
def test_seconds_may_be_text(value: object) -> None:
    assert document_time(value, "x") == datetime(2026, 5, 4, 13, 6, 40, tzinfo=UTC)


def test_eight_digits_are_a_date() -> None:
    assert document_time("20260502", "x") == datetime(2026, 5, 2, tzinfo=UTC)


def test_days_count_from_1970_and_know_their_weekday() -> None:
    for text in ("1969-12-31", "1970-01-01", "2024-02-29", "2026-11-30"):
        time = datetime.fromisoformat(text).replace(tzinfo=UTC)
        day = day_of(time)
        assert iso(day) == text
        assert weekday(day) == time.weekday()


def test_spans_end_with_the_newest_day() -> None:
    newest = day_of(datetime(2026, 5, 10, tzinfo=UTC))
    assert iso(parse_since("1d", "--since", newest)) == "2026-05-10"
    assert iso(parse_since("7d", "--since", newest)) == "2026-05-04"
    assert iso(parse_since("2w", "--since", newest)) == "2026-04-27"
    assert iso(parse_since("2026-05-01", "--since", newest)) == "2026-05-01"
    assert parse_span("4W", "--reference") == 28


@pytest.mark.parametrize("text", ["", "7", "d", "0d", "-7d", "7h", "7.5d", "soon", "2026-02-30", "999999d", "7d 8d"])
def test_nonsense_is_refused_with_an_example(text: str) -> None:
    with pytest.raises(SettingError, match="such as 7d or 4w"):
        parse_since(text, "--since", 20_000)
