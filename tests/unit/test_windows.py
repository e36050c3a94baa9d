from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.domain.filter import DateUnit, DateWindow, WindowKind
from core.errors import InvalidDefinition
from core.query.windows import day_start, previous_window, resolve_window

#: Monday 23 Nov 2026, 03:00 UTC: still Sunday in New York.
NIGHT = datetime(2026, 11, 23, 3, tzinfo=UTC)


def window(kind: str, unit: str = "day", n: int = 1, **rest: object) -> DateWindow:
    return DateWindow(kind=WindowKind(kind), unit=DateUnit(unit), n=n, **rest)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("asked", "first", "last", "earlier_first", "earlier_last"),
    [
        (window("last", "day", 7), "2026-11-16", "2026-11-22", "2026-11-09", "2026-11-15"),
        (window("last", "day", 7, include_current=True), "2026-11-17", "2026-11-23", "2026-11-10", "2026-11-16"),
        (window("last", "week", 2), "2026-11-09", "2026-11-22", "2026-10-26", "2026-11-08"),
        (window("last", "month"), "2026-10-01", "2026-10-31", "2026-09-01", "2026-09-30"),
        (window("last", "month", 3, include_current=True), "2026-09-01", "2026-11-30", "2026-06-01", "2026-08-31"),
        (window("last", "quarter", 2), "2026-04-01", "2026-09-30", "2025-10-01", "2026-03-31"),
        (window("last", "year"), "2025-01-01", "2025-12-31", "2024-01-01", "2024-12-31"),
        (window("this", "day"), "2026-11-23", "2026-11-23", "2026-11-22", "2026-11-22"),
        (window("this", "week"), "2026-11-23", "2026-11-29", "2026-11-16", "2026-11-22"),
        (window("this", "month"), "2026-11-01", "2026-11-30", "2026-10-01", "2026-10-31"),
        (window("this", "quarter"), "2026-10-01", "2026-12-31", "2026-07-01", "2026-09-30"),
        (window("to_date", "week"), "2026-11-23", "2026-11-23", "2026-11-16", "2026-11-16"),
        (window("to_date", "month"), "2026-11-01", "2026-11-23", "2026-10-01", "2026-10-23"),
        (window("to_date", "quarter"), "2026-10-01", "2026-11-23", "2026-07-01", "2026-08-23"),
        (window("to_date", "year"), "2026-01-01", "2026-11-23", "2025-01-01", "2025-11-23"),
        (window("next", "day", 3), "2026-11-24", "2026-11-26", "2026-11-21", "2026-11-23"),
        (window("next", "month"), "2026-12-01", "2026-12-31", "2026-11-01", "2026-11-30"),
        (
            window("between", first_on=date(2026, 2, 10), last_on=date(2026, 3, 1)),
            "2026-02-10", "2026-03-01", "2026-01-21", "2026-02-09",
        ),
    ],
)  # fmt: skip
def test_days_of_a_window_and_of_the_span_before(
    asked: DateWindow, first: str, last: str, earlier_first: str, earlier_last: str
) -> None:
    resolved = resolve_window(asked, NIGHT, "UTC")
    assert (str(resolved.first_on), str(resolved.last_on)) == (first, last)
    earlier = previous_window(resolved, asked)
    assert (str(earlier.first_on), str(earlier.last_on)) == (earlier_first, earlier_last)


def test_the_logical_day_is_the_one_of_the_timezone() -> None:
    assert resolve_window(window("this"), NIGHT, "America/New_York").first_on == date(2026, 11, 22)
    assert resolve_window(window("this"), NIGHT, "Asia/Tokyo").first_on == date(2026, 11, 23)


@pytest.mark.parametrize(
    ("logical", "earlier_last"),
    [("2026-03-31", "2026-02-28"), ("2028-03-30", "2028-02-29"), ("2026-05-31", "2026-04-30")],
)
def test_a_month_to_date_is_clipped_to_the_shorter_month_before(logical: str, earlier_last: str) -> None:
    asked = window("to_date", "month")
    resolved = resolve_window(asked, datetime.fromisoformat(f"{logical}T12:00+00:00"), "UTC")
    assert str(previous_window(resolved, asked).last_on) == earlier_last


def test_a_year_to_date_on_a_leap_day_ends_on_28_february_before() -> None:
    asked = window("to_date", "year")
    resolved = resolve_window(asked, datetime(2028, 2, 29, 12, tzinfo=UTC), "UTC")
    assert previous_window(resolved, asked).last_on == date(2027, 2, 28)


@pytest.mark.parametrize(
    ("timezone", "day", "starts_at"),
    [
        ("America/New_York", "2026-03-08", "2026-03-08T05:00"),  # the gap is at 02:00
        ("America/New_York", "2026-03-09", "2026-03-09T04:00"),
        ("Africa/Cairo", "2026-04-24", "2026-04-23T22:00"),  # midnight to 01:00 does not exist
        ("America/Santiago", "2026-09-06", "2026-09-06T04:00"),  # neither
        ("Asia/Beirut", "2026-03-29", "2026-03-28T22:00"),
        ("America/Havana", "2026-11-01", "2026-11-01T04:00"),  # midnight comes twice; the first counts
        ("Pacific/Apia", "2011-12-30", "2011-12-30T10:00"),  # the whole day does not exist
        ("Asia/Kathmandu", "2026-01-01", "2025-12-31T18:15"),
    ],
)
def test_a_day_starts_at_its_first_valid_instant(timezone: str, day: str, starts_at: str) -> None:
    start = day_start(date.fromisoformat(day), ZoneInfo(timezone))
    assert start.astimezone(UTC) == datetime.fromisoformat(f"{starts_at}:00+00:00")


@given(
    day=st.dates(date(1990, 1, 1), date(2035, 12, 31)),
    timezone=st.sampled_from(["Africa/Cairo", "America/Santiago", "Europe/Berlin", "Asia/Gaza", "Australia/Lord_Howe"]),
)
def test_the_instant_before_a_day_starts_lies_on_the_day_before(day: date, timezone: str) -> None:
    zone = ZoneInfo(timezone)
    start = day_start(day, zone)
    assert start.astimezone(zone).date() == day
    assert (start.astimezone(UTC) - timedelta(microseconds=1)).astimezone(zone).date() == day - timedelta(days=1)


@given(
    kind=st.sampled_from(["last", "this", "to_date", "next"]),
    unit=st.sampled_from(list(DateUnit)),
    n=st.integers(1, 40),
    include_current=st.booleans(),
    at=st.datetimes(datetime(1975, 1, 1), datetime(2060, 1, 1)),  # noqa: DTZ001
)
def test_the_span_before_always_ends_before_the_window(
    kind: str, unit: DateUnit, n: int, include_current: bool, at: datetime
) -> None:
    asked = window(kind, unit, n, include_current=include_current)
    resolved = resolve_window(asked, at.replace(tzinfo=UTC), "Africa/Cairo")
    earlier = previous_window(resolved, asked)
    assert earlier.first_on <= earlier.last_on < resolved.first_on <= resolved.last_on
    if kind != "to_date":
        assert earlier.ends_at == resolved.starts_at


@pytest.mark.parametrize(
    "asked",
    [
        window("last", "year", 10_000),
        window("next", "year", 10_000),
        window("between", first_on=date(1, 1, 1), last_on=date(9999, 12, 31)),
        window("between", first_on=date(2026, 2, 2)),
        window("between", first_on=date(2026, 2, 2), last_on=date(2026, 2, 1)),
    ],
)
def test_a_window_that_cannot_be_is_refused_in_words(asked: DateWindow) -> None:
    with pytest.raises(InvalidDefinition, match=r"window"):
        resolve_window(asked, NIGHT, "UTC")
