"""Fire times around every clock change of tricky zones, against the minute-by-minute oracle."""

from datetime import UTC, date, datetime, time, timedelta
from functools import cache
from zoneinfo import ZoneInfo

import pytest

from core.domain.schedule import Cadence, MonthDay, NthWeekday, ScheduleConfig
from core.schedules.recurrence import next_fire_times
from tests.recurrence_oracle import fires, local_minutes, offset_changes

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
    ]


@cache
def _windows(zone: str) -> list[list[tuple[datetime, datetime]]]:
    """The minutes of about a day around every clock change; one ordinary day where there is none."""
    place = ZoneInfo(zone)
    changes = offset_changes(place, *OLD_ZONES.get(zone, (2024, 2028))) or [datetime(2026, 3, 29, tzinfo=UTC)]
    return [local_minutes(place, at - timedelta(hours=13), at + timedelta(hours=14)) for at in changes]


@pytest.mark.parametrize("zone", [*ZONES, *OLD_ZONES])
def test_fire_times_agree_with_a_walk_over_real_minutes(zone: str) -> None:
    for config in configs(zone):
        for minutes in _windows(zone):
            first, last = minutes[0][0], minutes[-1][0]
            expected = [at for at in fires(config, minutes) if at > first]
            found = [slot.at for slot in next_fire_times(config, after=first, count=len(expected) + 1)]
            assert [at for at in found if at <= last] == expected, (config, first)
