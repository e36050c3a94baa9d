"""Fire times around every clock change of tricky zones, against the minute-by-minute oracle."""

from datetime import UTC, date, datetime, time, timedelta
from functools import cache
from zoneinfo import ZoneInfo

import pytest

from core.domain.calendar import BusinessCalendar, DatedCalendar
from core.domain.schedule import BusinessDays, Cadence, MonthDay, NthWeekday, ScheduleConfig
from core.schedules.recurrence import next_fire_times
from tests.recurrence_oracle import OWN_CALENDARS, Minutes, fires, offset_changes

ZONES = (
    "Europe/Berlin",
    "America/New_York",
    "Asia/Beirut",
    "Africa/Cairo",
    "Australia/Lord_Howe",
    "America/Santiago",
    "Asia/Kathmandu",
    "America/Scoresbysund",
)
#: Pacific/Apia left out 30 December 2011; since then its clocks stand still.
OLD_ZONES = {"Pacific/Apia": (2011, 2012)}

#: A week of four days, and one of six with a fortnight off around each new year and days off around changes of clocks.
SHORT_WEEK, FACTORY = "0f0e1d2c-0000-4000-8000-000000000001", "0f0e1d2c-0000-4000-8000-000000000002"
_FORTNIGHTS = frozenset(date(year, 12, 22) + timedelta(days=n) for year in range(2019, 2039) for n in range(15))
_CHANGES = frozenset(
    date(year, month, day) for year in range(2019, 2039) for month in (3, 10, 11) for day in range(25, 31)
)
OWN_CALENDARS |= {
    SHORT_WEEK: (frozenset({1, 2, 3, 4}), frozenset()),
    FACTORY: (frozenset({1, 2, 3, 4, 5, 6}), _FORTNIGHTS | _CHANGES),
}

NIGHT = tuple(time(hour, minute) for hour in (0, 1, 2, 3, 23) for minute in (0, 15, 30, 59))


def _at(*moments: tuple[int, int]) -> tuple[time, ...]:
    return tuple(time(*moment) for moment in moments)


def configs(zone: str) -> list[ScheduleConfig]:
    """Recurrences of every kind, most of them at night, where clocks are changed."""

    def plain(cadence: Cadence, **fields: object) -> ScheduleConfig:
        return ScheduleConfig(cadence=cadence, timezone=zone, **fields)

    everyday = [
        plain(Cadence.DAILY, times=_at(moment)) for moment in ((0, 0), (1, 30), (2, 0), (2, 30), (3, 0), (23, 45))
    ]
    cron_lines = (
        "0 0 * * *", "30 2 * * *", "0 2 * * *", "* * * * *", "*/20 * * * *", "30 * * * *",
        "15 */2 * * *", "0 */3 * * *", "*/10 2 * * *", "0,30 0-3 * * *", "59 23 * * *", "0 1-5/2 * * sun",
        "30 0 * mar,oct 0", "30 2 1-7 * 7", "0 3 */2 * mon", "*/45 0-23 * * *", "5 0 31 * *", "0 0 25-31 3,10 fri-sat",
    )  # fmt: skip
    return [
        *everyday,
        plain(Cadence.DAILY, times=NIGHT),
        plain(Cadence.DAILY, times=_at((2, 30)), interval=2),
        plain(Cadence.DAILY, times=_at((0, 30)), interval=3, starts_on=date(2024, 3, 1)),
        plain(Cadence.WEEKLY, times=NIGHT, days_of_week=(6, 7)),
        plain(Cadence.WEEKLY, times=_at((0, 0), (2, 15)), days_of_week=(5, 7, 1), interval=2),
        plain(Cadence.WEEKLY, times=_at((3, 0)), days_of_week=(7,), interval=3, starts_on=date(2024, 2, 28)),
        plain(Cadence.MONTHLY, times=NIGHT, day_of_month=31),
        plain(Cadence.MONTHLY, times=NIGHT, day_of_month=MonthDay.LAST),
        plain(Cadence.MONTHLY, times=NIGHT, day_of_month=MonthDay.LAST_BUSINESS),
        plain(Cadence.MONTHLY, times=NIGHT, nth_weekday=NthWeekday(n=-1, weekday=7)),
        plain(Cadence.MONTHLY, times=NIGHT, nth_weekday=NthWeekday(n=5, weekday=7), interval=2),
        *(plain(Cadence.CRON, cron_expression=line) for line in cron_lines),
        *_business_configs(zone),
    ]


def _business_configs(zone: str) -> list[ScheduleConfig]:
    """Recurrences that days off skip or move, and quiet dates."""
    skip, following, before = BusinessDays.SKIP, BusinessDays.NEXT, BusinessDays.PREVIOUS

    def plain(cadence: Cadence, rule: BusinessDays, calendar: str | None, **fields: object) -> ScheduleConfig:
        return ScheduleConfig(cadence=cadence, timezone=zone, business_days=rule, calendar=calendar, **fields)

    daily, weekly, monthly, cron = Cadence.DAILY, Cadence.WEEKLY, Cadence.MONTHLY, Cadence.CRON
    last_business = {"times": NIGHT, "day_of_month": MonthDay.LAST_BUSINESS}
    sundays = tuple(date(2020, 1, 5) + timedelta(weeks=n) for n in range(0, 940, 3))
    return [
        plain(daily, skip, None, times=_at((2, 30))),
        plain(daily, skip, "US", times=NIGHT),
        plain(daily, following, "US-CA", times=_at((0, 0), (2, 30))),
        plain(daily, before, "AE", times=_at((2, 30), (23, 45)), interval=2),
        plain(daily, before, FACTORY, times=_at((0, 30))),
        plain(weekly, following, "SA", times=NIGHT, days_of_week=(5, 6)),
        plain(weekly, before, "IL", times=_at((2, 0)), days_of_week=(7,), interval=2),
        plain(weekly, following, SHORT_WEEK, times=_at((1, 30), (2, 0)), days_of_week=(5, 6, 7)),
        plain(weekly, skip, "CN", times=_at((0, 0)), days_of_week=(6, 7)),
        plain(monthly, following, "DE-BY", times=NIGHT, day_of_month=1),
        plain(monthly, before, "US", times=NIGHT, day_of_month=31),
        plain(monthly, following, "GB-SCT", times=_at((2, 30)), nth_weekday=NthWeekday(n=-1, weekday=7)),
        plain(monthly, BusinessDays.ANY, "US", **last_business),
        plain(monthly, BusinessDays.ANY, FACTORY, **last_business),
        plain(monthly, before, "AE", **last_business, interval=3),
        plain(monthly, following, FACTORY, times=_at((0, 0)), day_of_month=25, starts_on=date(2021, 1, 1)),
        plain(monthly, before, "US", times=_at((2, 0)), day_of_month=1, ends_on=date(2033, 11, 5)),
        plain(cron, skip, "US", cron_expression="*/30 * * * *"),
        plain(cron, following, "US", cron_expression="15 */2 * * sun"),
        plain(cron, before, "CN", cron_expression="0,30 0-3 1-7 3,10,11 *"),
        plain(cron, following, FACTORY, cron_expression="30 2 25-31 * 7"),
        plain(daily, BusinessDays.ANY, None, times=NIGHT, quiet_dates=sundays[:400]),
        plain(
            daily, following, "US", times=_at((2, 30)), quiet_dates=tuple(day + timedelta(days=1) for day in sundays)
        ),
    ]


def calendar_of(config: ScheduleConfig) -> BusinessCalendar | None:
    """The organization calendar that a recurrence follows."""
    if config.calendar not in OWN_CALENDARS:
        return None
    week, days_off = OWN_CALENDARS[config.calendar]
    return DatedCalendar(working_week=week, days_off=dict.fromkeys(days_off, "Closed"))


def found_in(config: ScheduleConfig, minutes: Minutes, expected: list[datetime]) -> list[datetime]:
    """What the product says of the same minutes, asked once: one more slot than is expected shows a surplus."""
    slots = next_fire_times(config, after=minutes.first, count=len(expected) + 1, calendar=calendar_of(config))
    return [slot.at for slot in slots if slot.at <= minutes.last]


@cache
def _windows(zone: str) -> list[Minutes]:
    """The minutes of about a day around every clock change; one ordinary day where there is none."""
    place = ZoneInfo(zone)
    changes = offset_changes(place, *OLD_ZONES.get(zone, (2025, 2027))) or [datetime(2026, 3, 29, tzinfo=UTC)]
    return [Minutes(place, at - timedelta(hours=13), at + timedelta(hours=14)) for at in changes]


@pytest.mark.parametrize("zone", [*ZONES, *OLD_ZONES])
def test_fire_times_agree_with_a_walk_over_real_minutes(zone: str) -> None:
    for config in configs(zone):
        for minutes in _windows(zone):
            expected = [at for at in fires(config, minutes) if at > minutes.first]
            assert found_in(config, minutes, expected) == expected, (config, minutes.first)
