"""Fire times of single schedules, day by day, and what is refused."""

from datetime import UTC, date, datetime, time
from uuid import UUID

import pytest

from core.domain.schedule import BusinessDays, Cadence, MonthDay, NthWeekday, ScheduleConfig
from core.errors import InvalidSchedule
from core.schedules.recurrence import check_config, next_fire_times
from core.schedules.words import describe_config


def config(cadence: str, timezone: str = "UTC", **fields: object) -> ScheduleConfig:
    return ScheduleConfig(cadence=Cadence(cadence), timezone=timezone, **fields)


def local_times(schedule: ScheduleConfig, after: str, count: int) -> list[str]:
    slots = next_fire_times(schedule, after=datetime.fromisoformat(after), count=count)
    return [f"{slot.local:%Y-%m-%d %H:%M %z}" for slot in slots]


def days(schedule: ScheduleConfig, after: str, count: int) -> list[str]:
    slots = next_fire_times(schedule, after=datetime.fromisoformat(after), count=count)
    return [f"{slot.local:%Y-%m-%d}" for slot in slots]


def test_a_slot_at_the_very_instant_is_not_after_it() -> None:
    schedule = config("daily", times=(time(9),))
    assert days(schedule, "2026-11-23T09:00:00+00:00", 1) == ["2026-11-24"]
    assert days(schedule, "2026-11-23T08:59:59.999999+00:00", 1) == ["2026-11-23"]


def test_an_instant_without_a_zone_is_a_mistake_of_the_caller() -> None:
    with pytest.raises(ValueError, match="aware"):
        next_fire_times(config("daily"), after=datetime(2026, 1, 1), count=1)  # noqa: DTZ001


def test_local_and_utc_are_the_same_instant() -> None:
    (slot,) = next_fire_times(config("daily", "America/New_York"), after=datetime(2026, 7, 1, tzinfo=UTC), count=1)
    assert slot.at == slot.local == datetime(2026, 7, 1, 13, tzinfo=UTC)
    assert slot.at.tzinfo is UTC
    assert slot.local.isoformat() == "2026-07-01T09:00:00-04:00"
    assert slot.note is None


def test_daily_intervals_count_from_the_start() -> None:
    schedule = config("daily", interval=3, starts_on=date(2026, 1, 30))
    assert days(schedule, "2025-01-01T00:00:00+00:00", 3) == ["2026-01-30", "2026-02-02", "2026-02-05"]


def test_daily_intervals_without_a_start_do_not_depend_on_when_one_asks() -> None:
    schedule = config("daily", interval=5)
    first, second, third = days(schedule, "2026-01-01T12:00:00+00:00", 3)
    assert days(schedule, f"{first}T12:00:00+00:00", 2) == [second, third]
    assert days(schedule, f"{first}T08:00:00+00:00", 1) == [first]


def test_weekly_intervals_count_iso_weeks() -> None:
    schedule = config("weekly", days_of_week=(7, 1), interval=2, starts_on=date(2026, 11, 25))
    # The week of the start is 23 to 29 November; its Monday lies before the start.
    assert days(schedule, "2026-11-01T00:00:00+00:00", 4) == ["2026-11-29", "2026-12-07", "2026-12-13", "2026-12-21"]


@pytest.mark.parametrize(
    ("fields", "expected"),
    [
        ({"day_of_month": 31}, ["2028-01-31", "2028-02-29", "2028-03-31", "2028-04-30"]),
        ({"day_of_month": 29}, ["2028-01-29", "2028-02-29", "2028-03-29", "2028-04-29"]),
        ({"day_of_month": MonthDay.LAST}, ["2028-01-31", "2028-02-29", "2028-03-31", "2028-04-30"]),
        ({"day_of_month": MonthDay.LAST_BUSINESS}, ["2028-01-31", "2028-02-29", "2028-03-31", "2028-04-28"]),
        ({"nth_weekday": NthWeekday(n=2, weekday=2)}, ["2028-01-11", "2028-02-08", "2028-03-14", "2028-04-11"]),
        ({"nth_weekday": NthWeekday(n=-1, weekday=5)}, ["2028-01-28", "2028-02-25", "2028-03-31", "2028-04-28"]),
        ({"nth_weekday": NthWeekday(n=5, weekday=1)}, ["2028-01-31", "2028-05-29", "2028-07-31", "2028-10-30"]),
        ({"day_of_month": 1, "interval": 3}, ["2028-01-01", "2028-04-01", "2028-07-01", "2028-10-01"]),
    ],
)
def test_monthly(fields: dict[str, object], expected: list[str]) -> None:
    assert days(config("monthly", **fields), "2027-12-31T23:59:00+00:00", 4) == expected


def test_several_times_a_day_come_in_order_and_once() -> None:
    schedule = config("daily", "Europe/Berlin", times=(time(17), time(9), time(17)))
    assert local_times(schedule, "2026-11-23T00:00:00+01:00", 3) == [
        "2026-11-23 09:00 +0100",
        "2026-11-23 17:00 +0100",
        "2026-11-24 09:00 +0100",
    ]


def test_the_end_is_the_last_day() -> None:
    schedule = config("daily", ends_on=date(2026, 11, 24))
    assert days(schedule, "2026-11-22T12:00:00+00:00", 10) == ["2026-11-23", "2026-11-24"]


def test_nothing_after_the_year_2100() -> None:
    assert days(config("daily"), "2100-12-30T00:00:00+00:00", 100) == ["2100-12-30", "2100-12-31"]
    assert next_fire_times(config("daily"), after=datetime.max.replace(tzinfo=UTC), count=3) == ()


def test_asking_from_the_year_one_begins_in_1900() -> None:
    assert days(config("daily"), "0001-01-01T00:00:00+00:00", 1)[0] == "1900-01-01"


# Clock changes: what other schedulers get wrong


def test_daily_in_a_repeated_hour_runs_once_at_the_first() -> None:
    schedule = config("daily", "Europe/Berlin", times=(time(2, 30),))
    assert local_times(schedule, "2026-10-24T12:00:00+02:00", 2) == ["2026-10-25 02:30 +0200", "2026-10-26 02:30 +0100"]
    slots = next_fire_times(schedule, after=datetime(2026, 10, 24, 12, tzinfo=UTC), count=2)
    assert [slot.note for slot in slots] == ["02:30 comes twice on this day; runs at the first", None]


def test_daily_in_a_missing_hour_runs_at_the_first_valid_instant() -> None:
    schedule = config("daily", "Europe/Berlin", times=(time(2, 30),))
    (slot,) = next_fire_times(schedule, after=datetime(2026, 3, 28, 12, tzinfo=UTC), count=1)
    assert f"{slot.local:%Y-%m-%d %H:%M %z}" == "2026-03-29 03:00 +0200"
    assert slot.note == "02:30 does not exist on this day; runs at 03:00"


def test_a_midnight_that_does_not_exist_is_not_skipped() -> None:
    schedule = config("daily", "Asia/Beirut", times=(time(0),))
    assert days(schedule, "2026-03-27T12:00:00+02:00", 3) == ["2026-03-28", "2026-03-29", "2026-03-30"]
    assert local_times(schedule, "2026-03-28T12:00:00+02:00", 1) == ["2026-03-29 01:00 +0300"]


def test_a_day_that_a_country_left_out_runs_when_the_next_begins() -> None:
    schedule = config("daily", "Pacific/Apia", times=(time(9),))
    slots = next_fire_times(schedule, after=datetime(2011, 12, 29, 12, tzinfo=UTC), count=3)
    assert [f"{slot.local:%m-%d %H:%M}" for slot in slots] == ["12-29 09:00", "12-31 00:00", "12-31 09:00"]


def test_slots_that_fall_on_one_instant_fire_once_and_say_so() -> None:
    schedule = config("daily", "Europe/Berlin", times=(time(2, 15), time(2, 45), time(3)))
    slots = next_fire_times(schedule, after=datetime(2026, 3, 28, 12, tzinfo=UTC), count=2)
    assert [f"{slot.local:%m-%d %H:%M}" for slot in slots] == ["03-29 03:00", "03-30 02:15"]
    assert slots[0].note == "02:15 and 02:45 do not exist on this day; runs once at 03:00"


def test_a_wildcard_hour_runs_by_elapsed_time() -> None:
    schedule = config("cron", "Europe/Berlin", cron_expression="30 * * * *")
    autumn = local_times(schedule, "2026-10-25T01:00:00+02:00", 4)
    assert autumn == [f"2026-10-25 {when}" for when in ("01:30 +0200", "02:30 +0200", "02:30 +0100", "03:30 +0100")]
    spring = local_times(schedule, "2026-03-29T01:00:00+01:00", 2)
    assert spring == ["2026-03-29 01:30 +0100", "2026-03-29 03:30 +0200"]


def test_a_stepped_hour_runs_in_both_equal_hours_and_not_for_a_missing_one() -> None:
    schedule = config("cron", "Europe/Berlin", cron_expression="0 */2 * * *")
    autumn = local_times(schedule, "2026-10-25T00:30:00+02:00", 3)
    assert autumn == [f"2026-10-25 {when}" for when in ("02:00 +0200", "02:00 +0100", "04:00 +0100")]
    assert local_times(schedule, "2026-03-29T00:30:00+01:00", 1) == ["2026-03-29 04:00 +0200"]


def test_a_fixed_cron_hour_is_treated_like_a_daily_time() -> None:
    schedule = config("cron", "Europe/Berlin", cron_expression="*/30 2 * * *")
    assert local_times(schedule, "2026-03-28T12:00:00+01:00", 2)[0] == "2026-03-29 03:00 +0200"
    autumn = local_times(schedule, "2026-10-25T00:00:00+02:00", 3)
    assert autumn == ["2026-10-25 02:00 +0200", "2026-10-25 02:30 +0200", "2026-10-26 02:00 +0100"]


def test_an_hour_repeated_across_midnight_goes_back_to_yesterday() -> None:
    # St. John's went from 00:01 back to 23:01.
    schedule = config("cron", "America/St_Johns", cron_expression="30 23 * * *")
    assert local_times(schedule, "2010-11-06T12:00:00-02:30", 2) == ["2010-11-06 23:30 -0230", "2010-11-07 23:30 -0330"]
    schedule = config("cron", "America/St_Johns", cron_expression="30 * * * *")
    assert local_times(schedule, "2010-11-07T00:00:30-02:30", 2) == ["2010-11-06 23:30 -0330", "2010-11-07 00:30 -0330"]


# Checks


@pytest.mark.parametrize(
    ("schedule", "place", "words"),
    [
        (config("daily", "Europe/Berln"), "timezone", "Did you mean Europe/Berlin?"),
        (config("daily", "../etc/passwd"), "timezone", "no timezone"),
        (config("daily", "localtime"), "timezone", "no timezone"),
        (config("daily", ""), "timezone", "no timezone"),
        (config("daily", interval=0), "interval", "between 1"),
        (config("daily", interval=10**30), "interval", "between 1"),
        (config("daily", times=()), "time", "at least one"),
        (config("daily", times=(time(9, 0, 30),)), "time", "hours and minutes"),
        (config("daily", starts_on=date(2026, 2, 1), ends_on=date(2026, 1, 1)), "ends_on", "before the start"),
        (config("daily", interval=9, starts_on=date(2200, 1, 1)), "", "never run"),
        (config("weekly"), "day_of_week", "at least one day"),
        (config("weekly", days_of_week=(8,)), "day_of_week", "Monday is 1"),
        (
            config("weekly", days_of_week=(1,), starts_on=date(2026, 11, 24), ends_on=date(2026, 11, 29)),
            "ends_on",
            "once",
        ),
        (config("monthly"), "day_of_month", "either"),
        (config("monthly", day_of_month=32), "day_of_month", "32"),
        (config("monthly", day_of_month=1, nth_weekday=NthWeekday(n=1, weekday=1)), "day_of_month", "either"),
        (config("monthly", nth_weekday=NthWeekday(n=0, weekday=1)), "nth_weekday.n", "1 to 5"),
        (config("monthly", nth_weekday=NthWeekday(n=1, weekday=0)), "nth_weekday.weekday", "Monday is 1"),
        (config("cron"), "cron_expression", "five fields"),
        (config("cron", cron_expression="0 0 30 2 *"), "cron_expression", "never runs"),
        (config("cron", cron_expression="0 0 31 4,6 *"), "cron_expression", "never runs"),
        (config("cron", cron_expression="0 0 * * *", interval=2), "interval", "cron"),
    ],
)
def test_a_schedule_that_cannot_be_used_is_refused_at_its_place(
    schedule: ScheduleConfig, place: str, words: str
) -> None:
    with pytest.raises(InvalidSchedule) as caught:
        check_config(schedule)
    assert words in caught.value.user_message
    assert caught.value.place == ("schedule_config." + place).rstrip(".")


def test_a_day_that_is_rare_but_exists_is_fine() -> None:
    check_config(config("cron", cron_expression="0 0 29 2 *"))
    check_config(config("cron", cron_expression="0 0 30 2 mon"))  # either field: Mondays of February


# Words


@pytest.mark.parametrize(
    ("schedule", "words"),
    [
        (config("daily", "America/New_York"), "Every day at 09:00 (New York)"),
        (config("daily", interval=2), "Every 2 days at 09:00 (UTC)"),
        (config("weekly", "America/New_York", days_of_week=(1,)), "Every Monday at 09:00 (New York)"),
        (
            config("weekly", "Europe/Berlin", days_of_week=(4, 1), interval=2, times=(time(9), time(17))),
            "Every 2 weeks on Monday and Thursday at 09:00 and 17:00 (Berlin)",
        ),
        (config("weekly", days_of_week=(1, 2, 3, 4, 5)), "Every weekday (Monday to Friday) at 09:00 (UTC)"),
        (config("monthly", day_of_month=MonthDay.LAST), "On the last day of every month at 09:00 (UTC)"),
        (
            config("monthly", "America/Argentina/Buenos_Aires", day_of_month=MonthDay.LAST_BUSINESS),
            "On the last business day of every month at 09:00 (Buenos Aires)",
        ),
        (config("monthly", day_of_month=1, interval=3), "On the 1st of every 3 months at 09:00 (UTC)"),
        (config("monthly", day_of_month=31), "On the 31st of every month (or its last day) at 09:00 (UTC)"),
        (
            config("monthly", nth_weekday=NthWeekday(n=-1, weekday=5), ends_on=date(2026, 12, 31)),
            "On the last Friday of every month at 09:00 (UTC), until Thu 31 Dec 2026",
        ),
        (
            config("monthly", nth_weekday=NthWeekday(n=5, weekday=2), starts_on=date(2026, 12, 1)),
            "On the fifth Tuesday of every month that has one at 09:00 (UTC), from Tue 1 Dec 2026",
        ),
        (config("cron", cron_expression="* * * * *"), "Every minute (UTC)"),
        (config("cron", cron_expression="*/15 * * * *"), "Every 15 minutes (UTC)"),
        (config("cron", cron_expression="*/7 * * * *"), "Every hour at every 7th minute from 0 to 56 past (UTC)"),
        (config("cron", cron_expression="5 * * * *"), "Every hour at 5 minutes past (UTC)"),
        (config("cron", cron_expression="0 * * * *"), "Every hour on the hour (UTC)"),
        (config("cron", cron_expression="0 */6 * * *"), "Every 6 hours (UTC)"),
        (config("cron", cron_expression="30 */6 * * *"), "Every 6 hours at 30 minutes past (UTC)"),
        (config("cron", cron_expression="0 9 * * mon-fri"), "Every weekday (Monday to Friday) at 09:00 (UTC)"),
        (config("cron", cron_expression="5 9,17 * * 0"), "Every Sunday at 09:05 and 17:05 (UTC)"),
        (config("cron", cron_expression="0 9 1,15 * *"), "On the 1st and 15th of every month at 09:00 (UTC)"),
        (
            config("cron", cron_expression="0 9 31 * *"),
            "On the 31st of every month (where a month has it) at 09:00 (UTC)",
        ),
        (config("cron", cron_expression="0 9 1 * mon"), "On the 1st of every month and on every Monday at 09:00 (UTC)"),
        (config("cron", cron_expression="0 9 1 1 *"), "On the 1st of January at 09:00 (UTC)"),
        (
            config("cron", cron_expression="0 9 */2 * *"),
            "On every 2nd day from the 1st to the 31st of every month (where a month has it) at 09:00 (UTC)",
        ),
        (
            config("cron", cron_expression="*/15 9-17 * * 1-5"),
            "Every weekday (Monday to Friday), every 15 minutes from 09:00 to 17:45 (UTC)",
        ),
        (
            config("daily", "America/New_York", business_days=BusinessDays.SKIP, calendar="US-CA"),
            "Every day at 09:00 (New York), on business days only (calendar of California, United States)",
        ),
        (
            config("daily", business_days=BusinessDays.NEXT, quiet_dates=(date(2026, 12, 24),)),
            "Every day at 09:00 (UTC), moved to the next business day (Monday to Friday), not on 24 Dec 2026",
        ),
        (
            config("monthly", day_of_month=MonthDay.LAST_BUSINESS, calendar="DE"),
            "On the last business day of every month at 09:00 (UTC), business days by the calendar of Germany",
        ),
        (
            config("daily", business_days=BusinessDays.PREVIOUS, calendar=str(UUID(int=1))),
            "Every day at 09:00 (UTC), moved to the business day before (a calendar of the organization)",
        ),
    ],
)
def test_words(schedule: ScheduleConfig, words: str) -> None:
    check_config(schedule)
    assert describe_config(schedule) == words
