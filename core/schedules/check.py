"""Whether the fields of a recurrence make sense, each error with its place; whether it ever fires is `recurrence`'s."""

from datetime import timedelta

from core.domain.schedule import Cadence, ScheduleConfig
from core.domain.timezones import timezone_problem
from core.errors import InvalidSchedule
from core.schedules.countries import region_problem
from core.schedules.cron import parse_cron

_MOST_INTERVAL = 1000
_MOST_TIMES = 96
_MOST_QUIET_DATES = 400
_FIRST_YEAR, _LAST_YEAR = 1900, 2200


def check_fields(config: ScheduleConfig) -> None:
    """Raise InvalidSchedule for the first field that cannot be used."""
    _check_timezone(config.timezone)
    if not 1 <= config.interval <= _MOST_INTERVAL:
        raise _wrong("interval", f"The interval must be between 1 and {_MOST_INTERVAL}.")
    _check_days(config)
    _check_calendar(config)
    if config.starts_on and config.ends_on and config.ends_on < config.starts_on:
        raise _wrong("ends_on", f"The end ({config.ends_on}) lies before the start ({config.starts_on}).")
    if config.cadence is Cadence.CRON:
        _check_cron(config)
        return
    _check_times(config)
    if config.cadence is Cadence.WEEKLY:
        _check_weekly(config)
    if config.cadence is Cadence.MONTHLY:
        _check_monthly(config)


def _check_timezone(name: str) -> None:
    """Only names of the zone database."""
    problem = timezone_problem(name)
    if problem is not None:
        raise _wrong("timezone", problem)


def _check_days(config: ScheduleConfig) -> None:
    """Days at the edges of the calendar leave no room for the arithmetic around them."""
    if len(config.quiet_dates) > _MOST_QUIET_DATES:
        raise _wrong(
            "quiet_dates", f"A schedule may have up to {_MOST_QUIET_DATES} quiet dates; use a calendar for more."
        )
    quiet = (("quiet_dates", day) for day in config.quiet_dates)
    for field, day in (("starts_on", config.starts_on), ("ends_on", config.ends_on), *quiet):
        if day is not None and not _FIRST_YEAR <= day.year <= _LAST_YEAR:
            raise _wrong(field, f"A date lies between the years {_FIRST_YEAR} and {_LAST_YEAR}.")


def _check_calendar(config: ScheduleConfig) -> None:
    """A country's calendar exists; whether an organization's does is known to the database."""
    if config.calendar is None or config.calendar_id is not None:
        return
    problem = region_problem(config.calendar)
    if problem is not None:
        raise _wrong("calendar", problem)


def _check_cron(config: ScheduleConfig) -> None:
    """A cron line says everything itself."""
    if not config.cron_expression:
        raise _wrong("cron_expression", "Give a cron expression of five fields, such as 0 9 * * 1.")
    if config.interval != 1:
        raise _wrong("interval", "A cron schedule takes no interval; the expression says how often.")
    parse_cron(config.cron_expression)


def _check_times(config: ScheduleConfig) -> None:
    """Times are whole minutes of a wall clock."""
    if not config.times:
        raise _wrong("time", "Give at least one time of day, such as 09:00.")
    if len(set(config.times)) > _MOST_TIMES:
        raise _wrong("time", f"A schedule may run at most {_MOST_TIMES} times a day; use a cron expression for more.")
    for moment in config.times:
        if moment.tzinfo is not None or timedelta(seconds=moment.second, microseconds=moment.microsecond):
            raise _wrong("time", f"{moment} is not a plain time of day in hours and minutes, such as 09:00.")


def _check_weekly(config: ScheduleConfig) -> None:
    """A weekly schedule names its days."""
    if not config.days_of_week:
        raise _wrong("day_of_week", "Choose at least one day of the week.")
    for day in config.days_of_week:
        if not 1 <= day <= 7:
            raise _wrong("day_of_week", f"{day} is not a day of the week: Monday is 1, Sunday is 7.")


def _check_monthly(config: ScheduleConfig) -> None:
    """A monthly schedule has one way to name its day."""
    if (config.day_of_month is None) == (config.nth_weekday is None):
        raise _wrong("day_of_month", "Choose either a day of the month or a weekday of the month.")
    if isinstance(config.day_of_month, int) and not 1 <= config.day_of_month <= 31:
        raise _wrong(
            "day_of_month", f'{config.day_of_month} is not a day of a month: use 1 to 31, "last" or "last_business".'
        )
    if config.nth_weekday is None:
        return
    if config.nth_weekday.n not in (1, 2, 3, 4, 5, -1):
        raise _wrong("nth_weekday.n", f"{config.nth_weekday.n} is not possible: use 1 to 5, or -1 for the last one.")
    if not 1 <= config.nth_weekday.weekday <= 7:
        raise _wrong("nth_weekday.weekday", f"{config.nth_weekday.weekday} is not a weekday: Monday is 1, Sunday is 7.")


def _wrong(field: str, message: str) -> InvalidSchedule:
    """The error at one field."""
    return InvalidSchedule(message, place=f"schedule_config.{field}")
