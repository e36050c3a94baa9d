"""The JSON of a recurrence: what is read, what is written, what is refused and where."""

from datetime import date, time

import pytest

from core.domain.schedule import Cadence, MonthDay, NthWeekday, ScheduleConfig
from core.errors import InvalidSchedule
from core.schedules.config_json import dump_config, parse_config

BASE = {"cadence": "daily", "time": "09:00", "timezone": "America/New_York"}


def test_the_form_of_the_contract() -> None:
    config = parse_config(
        {**BASE, "cadence": "weekly", "time": ["17:00", "9:00"], "day_of_week": [4, 1], "interval": 2,
         "starts_on": "2026-11-23", "ends_on": "2027-11-23", "business_days": "any", "calendar": None}
    )  # fmt: skip
    assert config == ScheduleConfig(
        cadence=Cadence.WEEKLY,
        timezone="America/New_York",
        times=(time(9), time(17)),
        interval=2,
        days_of_week=(1, 4),
        starts_on=date(2026, 11, 23),
        ends_on=date(2027, 11, 23),
    )


def test_null_means_not_given() -> None:
    keys = (
        "interval",
        "day_of_week",
        "day_of_month",
        "nth_weekday",
        "cron_expression",
        "starts_on",
        "ends_on",
        "calendar",
    )
    assert parse_config({**BASE, **dict.fromkeys(keys)}) == parse_config(BASE)


@pytest.mark.parametrize(
    "data",
    [
        {**BASE, "interval": 1},
        {**BASE, "interval": 3, "time": ["09:00", "17:30"], "starts_on": "2026-01-01"},
        {**BASE, "cadence": "weekly", "interval": 1, "day_of_week": 7},
        {**BASE, "cadence": "weekly", "interval": 2, "day_of_week": [1, 5], "ends_on": "2099-01-01"},
        {**BASE, "cadence": "monthly", "interval": 1, "day_of_month": 31},
        {**BASE, "cadence": "monthly", "interval": 1, "day_of_month": "last"},
        {**BASE, "cadence": "monthly", "interval": 1, "day_of_month": "last_business"},
        {**BASE, "cadence": "monthly", "interval": 1, "nth_weekday": {"n": -1, "weekday": 5}},
        {"cadence": "cron", "timezone": "UTC", "cron_expression": "0 9 * * 1"},
        {**BASE, "interval": 1, "business_days": "next", "calendar": "US-CA", "quiet_dates": ["2026-12-24"]},
        {**BASE, "interval": 1, "business_days": "skip", "calendar": "0f0e1d2c-0000-4000-8000-000000000001"},
    ],
)
def test_what_is_read_is_written_back(data: dict[str, object]) -> None:
    assert dump_config(parse_config(data)) == data


def test_special_days() -> None:
    monthly = {**BASE, "cadence": "monthly"}
    assert parse_config({**monthly, "day_of_month": "last_business"}).day_of_month is MonthDay.LAST_BUSINESS
    assert parse_config({**monthly, "nth_weekday": {"n": 2, "weekday": 3}}).nth_weekday == NthWeekday(n=2, weekday=3)


def test_a_cron_line_holds_its_own_time() -> None:
    config = parse_config({**BASE, "cadence": "cron", "cron_expression": " 0  9 * * 1 "})
    assert config.cron_expression == "0 9 * * 1"
    assert "time" not in dump_config(config)


@pytest.mark.parametrize(
    ("data", "place", "words"),
    [
        ([], "", "object"),
        ("daily", "", "object"),
        ({}, ".cadence", "Choose a cadence"),
        ({**BASE, "cadence": "hourly"}, ".cadence", "Choose a cadence"),
        ({**BASE, "cadence": ["daily"]}, ".cadence", "Choose a cadence"),
        ({"cadence": "daily", "time": "09:00"}, ".timezone", "Give the timezone"),
        ({**BASE, "timezone": 5}, ".timezone", "Give the timezone"),
        ({**BASE, "timezone": "Mars/Olympus"}, ".timezone", "no timezone"),
        ({**BASE, "colour": "red"}, ".colour", 'no "colour"'),
        ({**BASE, "time": "24:00"}, ".time", "24:00"),
        ({**BASE, "time": "9"}, ".time", "not a time"),
        ({**BASE, "time": "09:00:30"}, ".time", "not a time"),
        ({**BASE, "time": 900}, ".time", "900"),
        ({**BASE, "time": []}, ".time", "at least one"),
        ({**BASE, "interval": 0}, ".interval", "between 1"),
        ({**BASE, "interval": 1.5}, ".interval", "whole number"),
        ({**BASE, "interval": True}, ".interval", "whole number"),
        ({**BASE, "day_of_week": 1}, ".day_of_week", "belongs to a weekly"),
        ({**BASE, "cadence": "weekly"}, ".day_of_week", "at least one"),
        ({**BASE, "cadence": "weekly", "day_of_week": 0}, ".day_of_week", "0 is not a day"),
        ({**BASE, "cadence": "weekly", "day_of_week": "monday"}, ".day_of_week", "whole number"),
        ({**BASE, "cadence": "monthly", "day_of_month": 0}, ".day_of_month", "0 is not a day"),
        ({**BASE, "cadence": "monthly", "day_of_month": "first"}, ".day_of_month", "last_business"),
        ({**BASE, "cadence": "monthly", "nth_weekday": {"n": 6, "weekday": 1}}, ".nth_weekday.n", "1 to 5"),
        ({**BASE, "cadence": "monthly", "nth_weekday": {"n": 1}}, ".nth_weekday", "weekday"),
        ({**BASE, "cadence": "monthly", "nth_weekday": [1, 2]}, ".nth_weekday", "weekday"),
        ({**BASE, "cadence": "cron", "cron_expression": "0 0 30 2 *"}, ".cron_expression", "never runs"),
        ({**BASE, "cadence": "cron", "cron_expression": "61 * * * *"}, ".cron_expression", "minute"),
        ({**BASE, "cadence": "cron", "cron_expression": 5}, ".cron_expression", "five fields"),
        ({**BASE, "starts_on": "2026-02-30"}, ".starts_on", "calendar"),
        ({**BASE, "starts_on": "tomorrow"}, ".starts_on", "not a date"),
        ({**BASE, "starts_on": "2026-02-02", "ends_on": "2026-02-01"}, ".ends_on", "before the start"),
        ({**BASE, "business_days": "never"}, ".business_days", "any, skip, next or previous"),
        ({**BASE, "business_days": 1}, ".business_days", "any, skip, next or previous"),
        ({**BASE, "calendar": "us"}, ".calendar", "Did you mean US?"),
        ({**BASE, "calendar": "USA"}, ".calendar", "Did you mean US?"),
        ({**BASE, "calendar": "US-ca"}, ".calendar", "Did you mean US-CA?"),
        ({**BASE, "calendar": "ZZ"}, ".calendar", "two letters"),
        ({**BASE, "calendar": 7}, ".calendar", "no calendar"),
        ({**BASE, "quiet_dates": "2026-12-24"}, ".quiet_dates", "list"),
        ({**BASE, "quiet_dates": ["24 December"]}, ".quiet_dates", "not a date"),
        (
            {**BASE, "quiet_dates": [f"20{y}-01-{d:02}" for y in range(30, 60) for d in range(1, 20)]},
            ".quiet_dates",
            "400",
        ),
        (
            {
                "cadence": "cron",
                "cron_expression": "0 9 25 12 *",
                "timezone": "UTC",
                "business_days": "skip",
                "calendar": "DE",
            },
            ".business_days",
            "none of its days is a business day",
        ),
    ],
)
def test_mistakes_name_their_place(data: object, place: str, words: str) -> None:
    with pytest.raises(InvalidSchedule) as caught:
        parse_config(data)
    assert words in caught.value.user_message
    assert caught.value.place == f"schedule_config{place}"
