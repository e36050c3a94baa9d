"""Cron lines as crontab(5) reads them."""

import pytest

from core.errors import InvalidSchedule
from core.schedules.cron import parse_cron


@pytest.mark.parametrize(
    ("field", "expected"),
    [
        ("0", {0}),
        ("7", {0}),
        ("*", {0, 1, 2, 3, 4, 5, 6}),
        ("*/2", {0, 2, 4, 6}),
        ("*/7", {0}),
        ("1-5", {1, 2, 3, 4, 5}),
        ("5-7", {5, 6, 0}),
        ("0-7", {0, 1, 2, 3, 4, 5, 6}),
        ("MON,Wed,fri", {1, 3, 5}),
        ("mon-fri/2", {1, 3, 5}),
        ("fri-sun", {5, 6, 0}),
        ("sun-tue", {0, 1, 2}),
    ],
)
def test_days_of_week(field: str, expected: set[int]) -> None:
    assert parse_cron(f"0 0 * * {field}").weekdays == expected


@pytest.mark.parametrize(
    ("line", "minutes", "hours"),
    [
        ("*/20 0-23/6 * * *", {0, 20, 40}, {0, 6, 12, 18}),
        ("5,10-12 9,17 * * *", {5, 10, 11, 12}, {9, 17}),
        ("  07\t09 * * *  ", {7}, {9}),
        ("*/90 0 * * *", {0}, {0}),
    ],
)
def test_times(line: str, minutes: set[int], hours: set[int]) -> None:
    parsed = parse_cron(line)
    assert (parsed.minutes, parsed.hours) == (minutes, hours)


def test_months_by_name() -> None:
    assert parse_cron("0 0 1 jan-mar,DEC *").months == {1, 2, 3, 12}


@pytest.mark.parametrize(
    ("line", "days"),
    [
        ("0 0 13 * fri", {5, 12, 13, 19, 26}),  # both restricted: either
        ("0 0 13 * *", {13}),
        ("0 0 * * fri", {5, 12, 19, 26}),
        ("0 0 */2 * fri", {5, 19}),  # a star in front: both must hold
        ("0 0 13 * */5", set()),  # the 13th is a Saturday here
    ],
)
def test_day_of_month_and_day_of_week(line: str, days: set[int]) -> None:
    parsed = parse_cron(line)
    # A month of 30 days that begins on a Monday, as June 2026.
    assert {day for day in range(1, 31) if parsed.matches_day(day, day % 7)} == days


@pytest.mark.parametrize(
    ("line", "words"),
    [
        ("", "has 0"),
        ("* * * *", "has 4"),
        ("0 0 * * * 2026", "has 6"),
        ("@daily", "has 1"),
        ("60 * * * *", "minute: 60 is outside 0 to 59"),
        ("* 24 * * *", "hour: 24 is outside"),
        ("* * 0 * *", "day of month: 0 is outside 1 to 31"),
        ("* * * 13 *", "month: 13 is outside"),
        ("* * * * 8", "day of week: 8 is outside"),
        ("* * * * xyz", 'day of week: "xyz" is not a number or a name such as mon'),
        ("abc * * * *", 'minute: "abc" is not a number.'),
        ("*/0 * * * *", "1 or more"),
        ("*/-1 * * * *", "1 or more"),
        ("*/ * * * *", "1 or more"),
        ("5/15 * * * *", 'write "5-59/15"'),
        ("30-10 * * * *", "ends before it starts"),
        ("1,,2 * * * *", "cannot be read"),
        ("1.5 * * * *", "cannot be read"),
        ("-5 * * * *", "cannot be read"),
        ("? * * * *", "cannot be read"),
        ("* * L * *", "cannot be read"),
        ("* * * * 1#2", "cannot be read"),
        ("\u0661 * * * *", "cannot be read"),
        ("*/99999999999999999999 * * * *", "1 or more"),
    ],
)
def test_mistakes_name_the_field(line: str, words: str) -> None:
    with pytest.raises(InvalidSchedule) as caught:
        parse_cron(line)
    assert words in caught.value.user_message
    assert caught.value.place == "schedule_config.cron_expression"
