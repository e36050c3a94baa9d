from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.domain.definition import Comparison
from core.domain.filter import Calendar, DateUnit, DateWindow, ResolvedWindow, WindowKind
from core.errors import InvalidDefinition
from core.query.windows import (
    add_units,
    compared_shift,
    compared_window,
    day_start,
    previous_window,
    resolve_window,
    unit_start,
)

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


@pytest.mark.parametrize(
    ("asked", "first", "last"),
    [
        (window("next", "month", include_current=True), "2026-11-01", "2026-11-30"),
        (window("next", "week", 2, include_current=True), "2026-11-23", "2026-12-06"),
        (window("last", "day", 7, offset=-1), "2025-11-16", "2025-11-22"),
        (window("to_date", "year", offset=-1), "2025-01-01", "2025-11-23"),
        (window("this", "month", offset=-3, offset_unit=DateUnit.MONTH), "2026-08-01", "2026-08-31"),
        (window("this", "day", offset=2, offset_unit=DateUnit.WEEK), "2026-12-07", "2026-12-07"),
        (window("last", "quarter", offset=1, offset_unit=DateUnit.QUARTER), "2026-10-01", "2026-12-31"),
    ],
)
def test_an_offset_moves_the_logical_day_first(asked: DateWindow, first: str, last: str) -> None:
    resolved = resolve_window(asked, NIGHT, "UTC")
    assert (str(resolved.first_on), str(resolved.last_on)) == (first, last)


def test_an_offset_from_a_long_month_comes_to_the_end_of_a_short_one() -> None:
    asked = window("this", "day", offset=-1, offset_unit=DateUnit.MONTH)
    assert resolve_window(asked, datetime(2026, 3, 31, 12, tzinfo=UTC), "UTC").first_on == date(2026, 2, 28)


@pytest.mark.parametrize(
    ("asked", "calendar", "first", "last"),
    [
        (window("this", "week"), Calendar(week_start=7), "2026-11-22", "2026-11-28"),
        (window("this", "week"), Calendar(week_start=2), "2026-11-17", "2026-11-23"),
        (window("last", "week", 2), Calendar(week_start=6), "2026-11-07", "2026-11-20"),
        (window("this", "year"), Calendar(fiscal_year_start=4), "2026-04-01", "2027-03-31"),
        (window("last", "year"), Calendar(fiscal_year_start=12), "2024-12-01", "2025-11-30"),
        (window("this", "quarter"), Calendar(fiscal_year_start=2), "2026-11-01", "2027-01-31"),
        (window("to_date", "quarter"), Calendar(fiscal_year_start=12), "2026-09-01", "2026-11-23"),
        (window("this", "month"), Calendar(week_start=5, fiscal_year_start=9), "2026-11-01", "2026-11-30"),
    ],
)
def test_weeks_and_years_begin_where_the_calendar_says(
    asked: DateWindow, calendar: Calendar, first: str, last: str
) -> None:
    resolved = resolve_window(asked, NIGHT, "UTC", calendar)
    assert (str(resolved.first_on), str(resolved.last_on)) == (first, last)


@pytest.mark.parametrize(
    ("asked", "logical", "first", "last"),
    [
        (window("last", "month"), "2026-11-23", "2025-10-01", "2025-10-31"),
        (window("last", "month"), "2028-03-05", "2027-02-01", "2027-02-28"),
        (window("last", "month"), "2029-03-05", "2028-02-01", "2028-02-29"),  # the whole of a longer February
        (window("last", "day", 7), "2026-11-23", "2025-11-16", "2025-11-22"),
        (window("last", "day"), "2028-03-01", "2027-02-28", "2027-02-28"),
        (window("last", "week", 2), "2026-11-23", "2025-11-10", "2025-11-23"),  # Mondays to Sundays
        (window("to_date", "week"), "2026-11-25", "2025-11-24", "2025-11-26"),
        (window("to_date", "month"), "2028-02-29", "2027-02-01", "2027-02-28"),
        (window("to_date", "year"), "2028-02-29", "2027-01-01", "2027-02-28"),
        (window("to_date", "quarter"), "2026-11-23", "2025-10-01", "2025-11-23"),
        (window("this", "year"), "2026-11-23", "2025-01-01", "2025-12-31"),
        (
            window("between", first_on=date(2028, 2, 29), last_on=date(2028, 3, 2)),
            "2026-11-23", "2027-02-28", "2027-03-02",
        ),
    ],
)  # fmt: skip
def test_the_same_span_a_year_before(asked: DateWindow, logical: str, first: str, last: str) -> None:
    resolved = resolve_window(asked, datetime.fromisoformat(f"{logical}T12:00+00:00"), "UTC")
    earlier = compared_window(resolved, asked, Comparison.PREVIOUS_YEAR)
    assert (str(earlier.first_on), str(earlier.last_on)) == (first, last)


DAYS = st.dates(date(1975, 1, 1), date(2060, 1, 1))
CALENDARS = st.builds(Calendar, week_start=st.integers(1, 7), fiscal_year_start=st.integers(1, 12))
UNITS = st.sampled_from(list(DateUnit))
RELATIVE = st.builds(
    DateWindow,
    kind=st.sampled_from([kind for kind in WindowKind if kind is not WindowKind.BETWEEN]),
    n=st.integers(1, 40),
    unit=UNITS,
    include_current=st.booleans(),
    offset=st.integers(-9, 9),
    offset_unit=UNITS,
)


def resolved_on(asked: DateWindow, day: date, calendar: Calendar) -> ResolvedWindow:
    return resolve_window(asked, datetime(day.year, day.month, day.day, 12, tzinfo=UTC), "Europe/Berlin", calendar)


@given(day=DAYS, unit=UNITS, calendar=CALENDARS, count=st.integers(-50, 50))
def test_units_tile_the_calendar(day: date, unit: DateUnit, calendar: Calendar, count: int) -> None:
    start = unit_start(day, unit, calendar)
    after = add_units(start, unit, 1)
    assert start <= day < after
    assert unit_start(after - timedelta(days=1), unit, calendar) == start
    assert unit_start(after, unit, calendar) == after
    moved = add_units(start, unit, count)
    assert unit_start(moved, unit, calendar) == moved
    assert add_units(moved, unit, -count) == start
    if unit is DateUnit.WEEK:
        assert start.isoweekday() == calendar.week_start
    if unit is DateUnit.YEAR:
        assert (start.month, start.day) == (calendar.fiscal_year_start, 1)


@given(day=DAYS, unit=UNITS, calendar=CALENDARS, n=st.integers(1, 12))
def test_last_this_and_next_lie_side_by_side(day: date, unit: DateUnit, calendar: Calendar, n: int) -> None:
    last, this, following = (
        resolved_on(DateWindow(kind=kind, unit=unit, n=n), day, calendar)
        for kind in (WindowKind.LAST, WindowKind.THIS, WindowKind.NEXT)
    )
    assert last.last_on + timedelta(days=1) == this.first_on <= day <= this.last_on
    assert this.last_on + timedelta(days=1) == following.first_on
    ending, beginning = (
        resolved_on(DateWindow(kind=kind, unit=unit, n=n, include_current=True), day, calendar)
        for kind in (WindowKind.LAST, WindowKind.NEXT)
    )
    assert (ending.last_on, beginning.first_on) == (this.last_on, this.first_on)
    assert resolved_on(DateWindow(kind=WindowKind.TO_DATE, unit=unit), day, calendar).first_on == this.first_on


@given(asked=RELATIVE, day=DAYS, calendar=CALENDARS)
def test_spans_before_follow_each_other_without_overlap(asked: DateWindow, day: date, calendar: Calendar) -> None:
    resolved = resolved_on(asked, day, calendar)
    earlier = compared_window(resolved, asked, Comparison.PREVIOUS_PERIOD, calendar)
    earliest = compared_window(earlier, asked, Comparison.PREVIOUS_PERIOD, calendar)
    assert earliest.first_on <= earliest.last_on < earlier.first_on <= earlier.last_on < resolved.first_on
    if asked.kind is not WindowKind.TO_DATE:
        assert earlier.last_on + timedelta(days=1) == resolved.first_on
        assert earliest.last_on + timedelta(days=1) == earlier.first_on
    assert unit_start(earlier.first_on, asked.unit, calendar) == earlier.first_on


@given(asked=RELATIVE, day=DAYS, calendar=CALENDARS, against=st.sampled_from(list(Comparison)))
def test_the_compared_span_moves_onto_the_current_one(
    asked: DateWindow, day: date, calendar: Calendar, against: Comparison
) -> None:
    resolved = resolved_on(asked, day, calendar)
    earlier = compared_window(resolved, asked, against, calendar)
    unit, count = compared_shift(resolved, asked, against)
    assert resolved.first_on - add_units(earlier.first_on, unit, count) <= timedelta(days=1)  # 29 February
    assert add_units(earlier.last_on, unit, count) <= resolved.last_on
    if against is Comparison.PREVIOUS_YEAR:
        assert timedelta(days=364) <= resolved.first_on - earlier.first_on <= timedelta(days=366)
        if asked.unit is DateUnit.WEEK:
            assert earlier.first_on.isoweekday() == resolved.first_on.isoweekday()
