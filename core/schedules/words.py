"""A recurrence as a sentence people read: "Every Monday at 09:00 (New York)"."""

from calendar import day_name
from collections.abc import Sequence

from core.domain.moments import city_of, weekday_words
from core.domain.schedule import Cadence, MonthDay, ScheduleConfig
from core.schedules.cron import CronLine, parse_cron

_NTH = {1: "first", 2: "second", 3: "third", 4: "fourth", 5: "fifth", -1: "last"}
_WORKING_WEEK = (1, 2, 3, 4, 5)


def describe_config(config: ScheduleConfig) -> str:
    """One sentence without a full stop: the days, the times, the city of the timezone, then start and end."""
    if config.cadence is Cadence.CRON:
        sentence = _describe_cron(config)
    else:
        times = join_words([f"{moment:%H:%M}" for moment in sorted(set(config.times))])
        sentence = f"{_describe_days(config)} at {times}"
    sentence += f" ({city_of(config.timezone)})"
    if config.starts_on:
        sentence += f", from {weekday_words(config.starts_on)}"
    if config.ends_on:
        sentence += f", until {weekday_words(config.ends_on)}"
    return sentence


def join_words(words: Sequence[str]) -> str:
    """Words as a list in a sentence: "a", "a and b", "a, b and c"."""
    return words[0] if len(words) == 1 else f"{', '.join(words[:-1])} and {words[-1]}"


def ordinal(number: int) -> str:
    """A number as a place in a row: 1st, 2nd, 11th."""
    suffix = "th" if 10 <= number % 100 <= 20 else {1: "st", 2: "nd", 3: "rd"}.get(number % 10, "th")
    return f"{number}{suffix}"


def _describe_days(config: ScheduleConfig) -> str:
    """The days of a daily, weekly or monthly recurrence."""
    if config.cadence is Cadence.WEEKLY:
        days = tuple(sorted(set(config.days_of_week)))
        return (
            f"Every {_weekdays(days)}" if config.interval == 1 else f"Every {config.interval} weeks on {_listed(days)}"
        )
    if config.cadence is Cadence.MONTHLY:
        months = "every month" if config.interval == 1 else f"every {config.interval} months"
        return f"On the {_day_of_month(config)}".replace("{months}", months)
    return "Every day" if config.interval == 1 else f"Every {config.interval} days"


def _weekdays(days: tuple[int, ...]) -> str:
    """Days of the week, Monday = 1."""
    if days == _WORKING_WEEK:
        return "weekday (Monday to Friday)"
    return "day" if len(days) == 7 else _listed(days)


def _listed(days: tuple[int, ...]) -> str:
    """Names of days, Monday = 1."""
    return join_words([day_name[day - 1] for day in days])


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


def _describe_cron(config: ScheduleConfig) -> str:
    """The common shapes of a cron line in words, otherwise the line itself."""
    expression = config.cron_expression or ""
    line = parse_cron(expression)
    minute, hour, day, month, weekday = expression.split()
    if month == "*" and day == weekday == "*":
        rhythm = _cron_rhythm(line, minute, hour)
        if rhythm:
            return rhythm
    if not (minute.isdigit() and len(line.hours) <= 4) or month != "*" or hour.startswith("*"):
        return f"Cron: {expression}"
    times = join_words([f"{number:02}:{minute:0>2}" for number in sorted(line.hours)])
    days = _cron_days(line, day, weekday)
    return f"{days} at {times}" if days else f"Cron: {expression}"


def _cron_rhythm(line: CronLine, minute: str, hour: str) -> str | None:
    """Lines that run all day long: every n minutes, every hour, every n hours."""
    if hour == "*":
        if minute == "*":
            return "Every minute"
        if minute.isdigit():
            return f"Every hour at {int(minute)} minutes past" if int(minute) else "Every hour on the hour"
        step = _even_step(minute, 60)
        return f"Every {step} minutes" if step else None
    step = _even_step(hour, 24)
    if step and minute.isdigit() and len(line.minutes) == 1:
        return f"Every {step} hours" + (f" at {int(minute)} minutes past" if int(minute) else "")
    return None


def _even_step(field: str, whole: int) -> int | None:
    """The n of `*/n` where n divides the whole, so that "every n" is true across its end."""
    step = field.removeprefix("*/")
    even = field.startswith("*/") and step.isdigit() and 1 < int(step) < whole and whole % int(step) == 0
    return int(step) if even else None


def _cron_days(line: CronLine, day: str, weekday: str) -> str | None:
    """Lines restricted in one of the two day fields at most."""
    if day == weekday == "*":
        return "Every day"
    if day == "*" and not line.weekday_is_star:
        return f"Every {_weekdays(tuple(sorted(number or 7 for number in line.weekdays)))}"
    if weekday == "*" and not line.day_is_star and len(line.days) <= 4:
        days = sorted(line.days)
        skipped = " (where a month has it)" if days[-1] > 28 else ""
        return f"On the {join_words([ordinal(number) for number in days])} of every month{skipped}"
    return None
