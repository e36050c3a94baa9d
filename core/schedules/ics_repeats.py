"""Days that an event of an iCalendar file repeats on, yearly: the part of RFC 5545 that days off need.

Its own arithmetic, a bounded step for each year: general libraries search for thousands of years where a rule names no
day (30 February), and for ever where its interval is 0.
"""

import re
from calendar import monthrange
from collections.abc import Iterator, Mapping, Sequence
from datetime import date, datetime
from itertools import islice
from typing import Any

from core.schedules.days import HORIZON_ON

_KEYS = {"FREQ", "INTERVAL", "COUNT", "UNTIL", "BYMONTH", "BYMONTHDAY", "BYDAY", "WKST"}
_MOST_VALUES = 31
_WEEKDAY = re.compile(r"([+-]?[0-9]{1,2})?(MO|TU|WE|TH|FR|SA|SU)", re.ASCII)
_WEEKDAYS = ("MO", "TU", "WE", "TH", "FR", "SA", "SU")


def repeats_yearly(rule: Mapping[str, Sequence[Any]]) -> bool:
    """Whether `yearly_days` can tell the days: repeated yearly, on days of named months."""
    is_small = all(len(values) <= _MOST_VALUES for values in rule.values())
    needs_month = "BYMONTHDAY" in rule or "BYDAY" in rule
    return is_small and rule.get("FREQ") == ["YEARLY"] and set(rule) <= _KEYS and ("BYMONTH" in rule or not needs_month)


def yearly_days(rule: Mapping[str, Sequence[Any]], start: date) -> Iterator[date]:
    """The days of a rule from `start` on, to the end of the fire times. Raises ValueError where it is broken."""
    interval, count = _whole(rule, "INTERVAL"), _whole(rule, "COUNT")
    last = min([HORIZON_ON, *(_day(until) for until in rule.get("UNTIL", ()))])
    years = range(start.year, last.year + 1, interval or 1)
    days = (day for year in years for day in _days_of_year(rule, start, year) if start <= day <= last)
    return islice(days, count)


def _days_of_year(rule: Mapping[str, Sequence[Any]], start: date, year: int) -> list[date]:
    """The days of one year, in order."""
    months = sorted({int(month) for month in rule.get("BYMONTH", (start.month,))})
    if not all(1 <= month <= 12 for month in months):
        raise ValueError("there are twelve months")
    return [day for month in months for day in _days_of_month(rule, start, year, month)]


def _days_of_month(rule: Mapping[str, Sequence[Any]], start: date, year: int, month: int) -> list[date]:
    """The days of one month; day of the month and day of the week narrow each other."""
    length = monthrange(year, month)[1]
    days = [date(year, month, number) for number in range(1, length + 1)]
    if "BYDAY" in rule:
        wanted = [_weekday(str(value)) for value in rule["BYDAY"]]
        days = [day for day in days if any(_is_nth(day, nth, weekday, length) for nth, weekday in wanted)]
    if "BYMONTHDAY" in rule or "BYDAY" not in rule:
        numbers = {int(number) for number in rule.get("BYMONTHDAY", (start.day,))}
        days = [day for day in days if day.day in numbers or day.day - length - 1 in numbers]
    return days


def _weekday(value: str) -> tuple[int, int]:
    """`4TH` as (4, Thursday); 0 is every one of the month."""
    match = _WEEKDAY.fullmatch(value.strip().upper())
    if match is None:
        raise ValueError("no day of the week")
    return int(match[1] or 0), _WEEKDAYS.index(match[2])


def _is_nth(day: date, nth: int, weekday: int, length: int) -> bool:
    """Whether a day is the n-th of its weekday in its month, counted from the end where n is negative."""
    from_start, from_end = (day.day - 1) // 7 + 1, -((length - day.day) // 7 + 1)
    return day.weekday() == weekday and nth in (0, from_start, from_end)


def _whole(rule: Mapping[str, Sequence[Any]], key: str) -> int | None:
    """A number of 1 or more; None where it is not given."""
    if key not in rule:
        return None
    number = min(int(rule[key][0]), 10**6)
    if number < 1:
        raise ValueError(f"{key} is at least 1")
    return number


def _day(value: date) -> date:
    return value.date() if isinstance(value, datetime) else value
