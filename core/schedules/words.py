"""A recurrence as a sentence people read: "Every Monday at 09:00 (New York)"."""

from calendar import day_name

from core.domain.moments import city_of, day_words, weekday_words
from core.domain.schedule import BusinessDays, Cadence, MonthDay, ScheduleConfig
from core.schedules.countries import region_name
from core.schedules.cron import parse_cron
from core.schedules.cron_words import describe_line
from core.schedules.phrases import every_weekday, join_words, listed_weekdays, ordinal

_NTH = {1: "first", 2: "second", 3: "third", 4: "fourth", 5: "fifth", -1: "last"}
_RULES = {
    BusinessDays.SKIP: "on business days only",
    BusinessDays.NEXT: "moved to the next business day",
    BusinessDays.PREVIOUS: "moved to the business day before",
}
_MOST_QUIET_NAMED = 3


def describe_config(config: ScheduleConfig, *, calendar_name: str | None = None) -> str:
    """One sentence without a full stop: the days, the times, the city of the timezone, then start, end and days off.

    `calendar_name`: what the organization's calendar that it follows is called.
    """
    if config.cadence is Cadence.CRON:
        sentence = describe_line(parse_cron(config.cron_expression or ""))
    else:
        times = join_words([f"{moment:%H:%M}" for moment in sorted(set(config.times))])
        sentence = f"{_describe_days(config)} at {times}"
    sentence += f" ({city_of(config.timezone)})"
    if config.starts_on:
        sentence += f", from {weekday_words(config.starts_on)}"
    if config.ends_on:
        sentence += f", until {weekday_words(config.ends_on)}"
    return sentence + _business_days(config, calendar_name) + _quiet(config)


def calendar_words(config: ScheduleConfig, calendar_name: str | None = None) -> str:
    """What decides which days are business days: a country, the organization's calendar, or Monday to Friday."""
    if config.calendar is None:
        return "Monday to Friday"
    if config.calendar_id is None:
        return f"calendar of {region_name(config.calendar)}"
    return f"calendar {calendar_name}" if calendar_name else "a calendar of the organization"


def _business_days(config: ScheduleConfig, calendar_name: str | None) -> str:
    """What follows the sentence where days off matter."""
    if config.business_days is not BusinessDays.ANY:
        return f", {_RULES[config.business_days]} ({calendar_words(config, calendar_name)})"
    if config.asks_calendar and config.calendar is not None:
        return f", business days by the {calendar_words(config, calendar_name).removeprefix('a ')}"
    return ""


def _quiet(config: ScheduleConfig) -> str:
    """The days without a slot; many of them by their number."""
    days = sorted(set(config.quiet_dates))
    if not days:
        return ""
    if len(days) > _MOST_QUIET_NAMED:
        return f", not on {len(days)} quiet dates from {day_words(days[0])} to {day_words(days[-1])}"
    return f", not on {join_words([day_words(day) for day in days])}"


def _describe_days(config: ScheduleConfig) -> str:
    """The days of a daily, weekly or monthly recurrence."""
    if config.cadence is Cadence.WEEKLY:
        days = tuple(sorted(set(config.days_of_week)))
        if config.interval == 1:
            return f"Every {every_weekday(days)}"
        return f"Every {config.interval} weeks on {listed_weekdays(days)}"
    if config.cadence is Cadence.MONTHLY:
        months = "every month" if config.interval == 1 else f"every {config.interval} months"
        return f"On the {_day_of_month(config)}".replace("{months}", months)
    return "Every day" if config.interval == 1 else f"Every {config.interval} days"


def _day_of_month(config: ScheduleConfig) -> str:
    """The day of a monthly recurrence, with `{months}` where the months stand."""
    if config.nth_weekday is not None:
        weekday = f"{_NTH[config.nth_weekday.n]} {day_name[config.nth_weekday.weekday - 1]} of {{months}}"
        return f"{weekday} that has one" if config.nth_weekday.n == 5 else weekday
    if config.day_of_month is MonthDay.LAST:
        return "last day of {months}"
    if config.day_of_month is MonthDay.LAST_BUSINESS:
        return "last business day of {months}"
    number = int(config.day_of_month or 1)
    return f"{ordinal(number)} of {{months}}" + (" (or its last day)" if number > 28 else "")
