"""The JSON form of a recurrence (`schedule_config`): parsing, with plain words for every mistake, and writing."""

import re
from collections.abc import Callable, Mapping
from datetime import date, time
from typing import TypeVar
from uuid import UUID

from core.domain.schedule import BusinessDays, Cadence, MonthDay, NthWeekday, ScheduleConfig
from core.errors import InvalidSchedule
from core.schedules.recurrence import check_config

_T = TypeVar("_T")
_PLACE = "schedule_config"
_TIME = re.compile(r"([0-9]{1,2}):([0-9]{2})(?::00)?", re.ASCII)
_DATE = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}", re.ASCII)
_EVERY_CADENCE = (
    *("cadence", "timezone", "interval", "time", "starts_on", "ends_on"),
    *("business_days", "calendar", "quiet_dates"),
)
#: Keys that say on which days; each belongs to one cadence.
_DAY_KEYS = {
    "day_of_week": Cadence.WEEKLY,
    "day_of_month": Cadence.MONTHLY,
    "nth_weekday": Cadence.MONTHLY,
    "cron_expression": Cadence.CRON,
}


def parse_config(data: object) -> ScheduleConfig:
    """Parse and check a `schedule_config` object. Raises InvalidSchedule with the place; null means "not given".

    A key of another cadence is refused rather than left out silently. `time` is allowed beside a cron expression and
    then has no meaning, as the expression holds the time.
    """
    if not isinstance(data, Mapping):
        raise InvalidSchedule("A schedule is an object with a cadence, a time and a timezone.", place=_PLACE)
    given = {str(key): value for key, value in data.items() if value is not None}
    for key in given:
        if key not in _EVERY_CADENCE and key not in _DAY_KEYS:
            raise InvalidSchedule(f'A schedule has no "{key[:60]}".', place=f"{_PLACE}.{key[:60]}")
    cadence = _parse_cadence(given.get("cadence"))
    _check_keys(cadence, given)
    config = ScheduleConfig(
        cadence=cadence,
        timezone=_parse_timezone(given.get("timezone")),
        times=(time(9, 0),) if cadence is Cadence.CRON else _parse(given, "time", _parse_times, (time(9, 0),)),
        interval=_parse(given, "interval", _parse_integer, 1),
        days_of_week=_parse(given, "day_of_week", _parse_integers, ()),
        day_of_month=_parse(given, "day_of_month", _parse_day_of_month, None),
        nth_weekday=_parse(given, "nth_weekday", _parse_nth_weekday, None),
        cron_expression=_parse(given, "cron_expression", _parse_text, None),
        starts_on=_parse(given, "starts_on", _parse_date, None),
        ends_on=_parse(given, "ends_on", _parse_date, None),
        business_days=_parse(given, "business_days", _parse_business_days, BusinessDays.ANY),
        calendar=_parse(given, "calendar", _parse_calendar, None),
        quiet_dates=_parse(given, "quiet_dates", _parse_dates, ()),
    )
    check_config(config)
    return config


def dump_config(config: ScheduleConfig) -> dict[str, object]:
    """Write a recurrence as `schedule_config`: only keys that mean something, one time and one day as plain values."""
    data: dict[str, object] = {"cadence": str(config.cadence), "timezone": config.timezone}
    if config.cadence is Cadence.CRON:
        data["cron_expression"] = config.cron_expression
    else:
        data["time"] = _one_or_list([f"{moment:%H:%M}" for moment in config.times])
        data["interval"] = config.interval
    if config.days_of_week:
        data["day_of_week"] = _one_or_list(list(config.days_of_week))
    if config.day_of_month is not None:
        day = config.day_of_month
        data["day_of_month"] = str(day) if isinstance(day, MonthDay) else day
    if config.nth_weekday is not None:
        data["nth_weekday"] = {"n": config.nth_weekday.n, "weekday": config.nth_weekday.weekday}
    for key, day_on in (("starts_on", config.starts_on), ("ends_on", config.ends_on)):
        if day_on is not None:
            data[key] = day_on.isoformat()
    if config.business_days is not BusinessDays.ANY:
        data["business_days"] = str(config.business_days)
    if config.calendar is not None:
        data["calendar"] = config.calendar
    if config.quiet_dates:
        data["quiet_dates"] = [day.isoformat() for day in config.quiet_dates]
    return data


def _one_or_list(values: list[_T]) -> _T | list[_T]:
    """A single value by itself, several as a list."""
    return values[0] if len(values) == 1 else values


def _parse_cadence(value: object) -> Cadence:
    """The kind of recurrence."""
    if isinstance(value, str) and value in set(Cadence):
        return Cadence(value)
    raise InvalidSchedule("Choose a cadence: daily, weekly, monthly or cron.", place=f"{_PLACE}.cadence")


def _check_keys(cadence: Cadence, given: Mapping[str, object]) -> None:
    """Refuse keys that this cadence would not follow."""
    for key, belongs_to in _DAY_KEYS.items():
        if key in given and belongs_to is not cadence:
            raise InvalidSchedule(
                f'"{key}" belongs to a {belongs_to} schedule; this one is {cadence}.', place=f"{_PLACE}.{key}"
            )


def _parse(given: Mapping[str, object], key: str, parse: Callable[[object], _T], default: _T) -> _T:
    """One key with its parser; a ValueError's text becomes the message at that key's place."""
    if key not in given:
        return default
    try:
        return parse(given[key])
    except ValueError as error:
        raise InvalidSchedule(str(error), place=f"{_PLACE}.{key}") from error


def _parse_timezone(value: object) -> str:
    if not isinstance(value, str) or not value:
        raise InvalidSchedule("Give the timezone, such as America/New_York.", place=f"{_PLACE}.timezone")
    return value


def _parse_text(value: object) -> str:
    if not isinstance(value, str) or not value.strip() or len(value) > 200:
        raise ValueError("Give a cron expression of five fields, such as 0 9 * * 1.")
    return " ".join(value.split())


def _parse_integer(value: object) -> int:
    if isinstance(value, bool) or not isinstance(value, int):
        raise ValueError(f"{_shown(value)} is not a whole number.")
    return value


def _parse_integers(value: object) -> tuple[int, ...]:
    values = value if isinstance(value, list) else [value]
    return tuple(sorted({_parse_integer(item) for item in values}))


def _parse_times(value: object) -> tuple[time, ...]:
    values = value if isinstance(value, list) else [value]
    return tuple(sorted({_parse_time(item) for item in values}))


def _parse_time(value: object) -> time:
    match = _TIME.fullmatch(value) if isinstance(value, str) else None
    if match is None or int(match[1]) > 23 or int(match[2]) > 59:
        raise ValueError(f"{_shown(value)} is not a time of day such as 09:00.")
    return time(int(match[1]), int(match[2]))


def _parse_date(value: object) -> date:
    if isinstance(value, str) and _DATE.fullmatch(value):
        try:
            return date.fromisoformat(value)
        except ValueError as error:
            raise ValueError(f"{value} is not a day of the calendar.") from error
    raise ValueError(f"{_shown(value)} is not a date such as 2026-11-23.")


def _parse_dates(value: object) -> tuple[date, ...]:
    if not isinstance(value, list):
        raise ValueError("Give the dates as a list, such as 2026-12-24 and 2026-12-31.")
    return tuple(sorted({_parse_date(item) for item in value}))


def _parse_business_days(value: object) -> BusinessDays:
    if isinstance(value, str) and value in set(BusinessDays):
        return BusinessDays(value)
    raise ValueError(f"{_shown(value)} is not possible: use any, skip, next or previous.")


def _parse_calendar(value: object) -> str:
    """A country's code as it is, the id of an organization's calendar in its usual spelling."""
    if not isinstance(value, str) or not 2 <= len(value) <= 60:
        raise ValueError(f"{_shown(value)} is no calendar: use a country such as US or US-CA, or a calendar's id.")
    try:
        return str(UUID(value))
    except ValueError:
        return value


def _parse_day_of_month(value: object) -> int | MonthDay:
    if isinstance(value, str):
        if value in set(MonthDay):
            return MonthDay(value)
        raise ValueError(f'{_shown(value)} is not a day of a month: use 1 to 31, "last" or "last_business".')
    return _parse_integer(value)


def _parse_nth_weekday(value: object) -> NthWeekday:
    if not isinstance(value, Mapping) or set(value) != {"n", "weekday"}:
        raise ValueError('Give the weekday of the month as {"n": 1 to 5 or -1, "weekday": 1 to 7}.')
    return NthWeekday(n=_parse_integer(value["n"]), weekday=_parse_integer(value["weekday"]))


def _shown(value: object) -> str:
    """A wrong value as it may stand in a message."""
    return f'"{str(value)[:40]}"'
