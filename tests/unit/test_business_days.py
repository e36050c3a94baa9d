"""Slots on days off: skipped, moved, noted; quiet dates; countries' calendars and an organization's own."""

import time as stopwatch
from datetime import UTC, date, datetime, time
from uuid import UUID

import pytest

from core.domain.calendar import DatedCalendar
from core.domain.schedule import BusinessDays, Cadence, FireTime, MonthDay, ScheduleConfig
from core.errors import InvalidSchedule
from core.schedules.countries import CountryCalendar, region_name, regions
from core.schedules.recurrence import check_config, next_fire_times

SKIP, NEXT, PREVIOUS = BusinessDays.SKIP, BusinessDays.NEXT, BusinessDays.PREVIOUS
OWN = str(UUID(int=7))


def config(cadence: str, rule: BusinessDays = BusinessDays.ANY, calendar: str | None = None, **fields: object):
    given = {"timezone": "America/New_York"} | fields
    return ScheduleConfig(cadence=Cadence(cadence), business_days=rule, calendar=calendar, **given)


def slots(schedule: ScheduleConfig, after: str, count: int, own: DatedCalendar | None = None) -> tuple[FireTime, ...]:
    return next_fire_times(schedule, after=datetime.fromisoformat(after), count=count, calendar=own)


def days(schedule: ScheduleConfig, after: str, count: int, own: DatedCalendar | None = None) -> list[str]:
    return [f"{slot.local:%a %Y-%m-%d}" for slot in slots(schedule, after, count, own)]


FOURTHS = {"cron_expression": "0 9 4 7 *"}


@pytest.mark.parametrize(
    ("rule", "expected"),
    [
        (BusinessDays.ANY, ["Sat 2026-07-04", "Sun 2027-07-04", "Tue 2028-07-04"]),
        (NEXT, ["Mon 2026-07-06", "Tue 2027-07-06", "Wed 2028-07-05"]),
        (PREVIOUS, ["Thu 2026-07-02", "Fri 2027-07-02", "Mon 2028-07-03"]),
    ],
)
def test_a_holiday_and_its_observed_day_move_the_slot(rule: BusinessDays, expected: list[str]) -> None:
    assert days(config("cron", rule, "US", **FOURTHS), "2026-01-01T00:00:00+00:00", 3) == expected


def test_a_moved_slot_says_from_where() -> None:
    (slot,) = slots(config("cron", NEXT, "US", **FOURTHS), "2026-01-01T00:00:00+00:00", 1)
    assert slot.note == "moved from Sat 4 Jul 2026 (Independence Day)"
    assert slot.local.time() == time(9)


def test_skipped_slots_do_not_happen() -> None:
    daily = config("daily", SKIP, "US")
    assert days(daily, "2026-12-23T20:00:00+00:00", 3) == ["Thu 2026-12-24", "Mon 2026-12-28", "Tue 2026-12-29"]
    assert all(slot.note is None for slot in slots(daily, "2026-12-23T20:00:00+00:00", 3))


def test_slots_that_are_moved_onto_one_instant_are_one_and_say_so() -> None:
    friday, monday = slots(config("daily", NEXT), "2026-11-26T20:00:00+00:00", 2)
    assert friday.note is None
    assert monday.note == "also stands for Sat 28 Nov 2026 and Sun 29 Nov 2026"


def test_many_days_that_meet_are_counted() -> None:
    own = DatedCalendar(days_off={date(2026, 12, day): "Closed" for day in range(21, 32)})
    (slot,) = slots(config("weekly", NEXT, OWN, days_of_week=(1, 2, 3, 4)), "2026-12-18T20:00:00+00:00", 1, own)
    assert slot.local.date() == date(2027, 1, 1)
    assert slot.note == "moved from 8 days from Mon 21 Dec 2026 to Thu 31 Dec 2026"


def test_a_moved_slot_may_leave_its_month_and_its_year() -> None:
    ends = config("monthly", NEXT, "US", day_of_month=MonthDay.LAST)
    assert days(ends, "2027-07-01T00:00:00+00:00", 2) == ["Mon 2027-08-02", "Tue 2027-08-31"]


def test_the_slot_before_a_day_off_is_not_lost_close_to_now() -> None:
    sundays = config("weekly", PREVIOUS, days_of_week=(7,))
    assert days(sundays, "2026-11-27T13:59:00+00:00", 1) == ["Fri 2026-11-27"]
    assert days(sundays, "2026-11-27T14:00:00+00:00", 1) == ["Fri 2026-12-04"]


def test_start_and_end_bound_the_day_that_is_named_not_the_one_it_moves_to() -> None:
    until = config("daily", NEXT, ends_on=date(2026, 11, 28))
    assert days(until, "2026-11-26T20:00:00+00:00", 5) == ["Fri 2026-11-27", "Mon 2026-11-30"]
    since = config("daily", PREVIOUS, starts_on=date(2026, 11, 28))
    assert days(since, "2026-11-01T00:00:00+00:00", 2) == ["Fri 2026-11-27", "Mon 2026-11-30"]


def test_quiet_dates_have_no_slot_wherever_it_came_from() -> None:
    quiet = config("daily", NEXT, quiet_dates=(date(2026, 11, 30),))
    assert days(quiet, "2026-11-26T20:00:00+00:00", 2) == ["Fri 2026-11-27", "Tue 2026-12-01"]


def test_a_gap_does_not_carry_a_slot_into_a_quiet_day() -> None:
    apia = {"timezone": "Pacific/Apia"}
    assert days(config("daily", **apia), "2011-12-29T12:00:00+00:00", 2) == ["Thu 2011-12-29", "Sat 2011-12-31"]
    gone = config("daily", quiet_dates=(date(2011, 12, 30),), **apia)
    assert [f"{slot.local:%d %H:%M}" for slot in slots(gone, "2011-12-29T20:00:00+00:00", 1)] == ["31 09:00"]
    quiet = config("daily", quiet_dates=(date(2011, 12, 31),), **apia)
    assert days(quiet, "2011-12-29T20:00:00+00:00", 1) == ["Sun 2012-01-01"]


def test_moved_to_a_day_on_which_the_clock_is_changed() -> None:
    own = DatedCalendar(working_week=frozenset({7}))
    moved = config("cron", NEXT, OWN, cron_expression="30 2 26 3 *", timezone="Europe/Berlin")
    (slot,) = slots(moved, "2027-01-01T00:00:00+00:00", 1, own)
    assert (slot.at, slot.note) == (
        datetime(2027, 3, 28, 1, tzinfo=UTC),
        "moved from Fri 26 Mar 2027; 02:30 does not exist on this day; runs at 03:00",
    )


def test_the_last_business_day_follows_the_calendar() -> None:
    last = {"day_of_month": MonthDay.LAST_BUSINESS}
    assert days(config("monthly", calendar="US", **last), "2027-05-01T00:00:00+00:00", 1) == ["Fri 2027-05-28"]
    assert days(config("monthly", **last), "2027-05-01T00:00:00+00:00", 1) == ["Mon 2027-05-31"]
    may_off = DatedCalendar(days_off={date(2027, 5, day): "" for day in range(1, 32)})
    assert days(config("monthly", calendar=OWN, **last), "2027-05-01T00:00:00+00:00", 1, may_off) == ["Wed 2027-06-30"]


def test_weekends_are_those_of_the_country_in_that_year() -> None:
    friday, saturday, sunday = date(2026, 11, 27), date(2026, 11, 28), date(2026, 11, 29)
    assert [CountryCalendar(code="SA").is_business(day) for day in (friday, saturday, sunday)] == [False, False, True]
    assert [CountryCalendar(code="AE").is_business(day) for day in (friday, saturday, sunday)] == [True, False, False]
    assert not CountryCalendar(code="AE").is_business(date(2021, 11, 26))
    assert CountryCalendar(code="CN").is_business(date(2026, 2, 14))  # a Saturday worked for the holidays


def test_parts_of_a_country_have_days_of_their_own() -> None:
    chavez = date(2026, 3, 31)
    assert CountryCalendar(code="US").is_business(chavez)
    assert not CountryCalendar(code="US-CA").is_business(chavez)
    assert CountryCalendar(code="DE").name_of(date(2026, 10, 3)) == "German Unity Day"
    assert region_name("US-CA") == "California, United States"


def test_every_region_can_be_asked() -> None:
    codes = [region.code for country in regions() for region in (country, *country.parts)]
    assert len(codes) > 400
    for code in codes[::7]:
        CountryCalendar(code=code).is_business(date(2026, 11, 23))


@pytest.mark.parametrize("year", [1900, 2000, 2050, 2100, 2150])
def test_years_that_the_package_knows_less_of_can_be_asked(year: int) -> None:
    for code in ("IN", "IN-MH", "SA", "CN", "US-CA"):
        weekend = [day for day in range(1, 15) if not CountryCalendar(code=code).is_business(date(year, 11, day))]
        assert len(weekend) >= 2


def test_an_organizations_calendar_is_never_guessed() -> None:
    with pytest.raises(ValueError, match="needs that calendar"):
        slots(config("daily", SKIP, OWN), "2026-01-01T00:00:00+00:00", 1)
    assert days(config("daily", calendar=OWN), "2026-11-28T00:00:00+00:00", 1) == ["Sat 2026-11-28"]


def test_a_schedule_whose_days_are_all_off_is_refused() -> None:
    check_config(config("weekly", SKIP, OWN, days_of_week=(6,)))  # left open without the calendar
    with pytest.raises(InvalidSchedule, match="none of its days is a business day"):
        check_config(config("weekly", SKIP, OWN, days_of_week=(6,)), DatedCalendar())


def test_a_slot_with_no_business_day_within_a_year_does_not_happen() -> None:
    closed = DatedCalendar(days_off={date.fromordinal(date(2027, 1, 1).toordinal() + n): "" for n in range(800)})
    assert days(config("monthly", NEXT, OWN, day_of_month=1), "2027-01-01T20:00:00+00:00", 1, closed) == [
        "Mon 2029-03-12"
    ]


@pytest.mark.parametrize("rule", [SKIP, NEXT, PREVIOUS])
def test_a_line_of_every_minute_stays_fast(rule: BusinessDays) -> None:
    schedule = config("cron", rule, "US", cron_expression="* * * * *")
    slots(schedule, "2026-01-01T00:00:00+00:00", 1)
    begun = stopwatch.process_time()  # the machine may be busy
    found = slots(schedule, "2026-01-01T00:00:00+00:00", 100)
    assert stopwatch.process_time() - begun < 0.5
    assert found[0].local.date() == date(2025, 12, 31)
