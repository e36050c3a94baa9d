"""Every cron line in words. Two lines that fire at different times never get the same sentence.

The words are made from the numbers that a line allows, not from how it was written: "0 9 * * 1-5" and
"0 9 * * mon,tue,wed,thu,fri" read alike.
"""

from calendar import month_name
from collections.abc import Callable, Collection, Sequence
from itertools import groupby

from core.schedules.cron import CronLine
from core.schedules.phrases import every_weekday, join_words, listed_weekdays, ordinal

_MOST_TIMES = 6
_EVERY_DAY = "Every day"


def describe_line(line: CronLine) -> str:
    """A sentence without a full stop: "Every weekday (Monday to Friday) at 09:00", "Every 15 minutes"."""
    days, times = _days(line), _times(line)
    if times.startswith("at "):
        return f"{days} {times}"
    return times[0].upper() + times[1:] if days == _EVERY_DAY else f"{days}, {times}"


def _times(line: CronLine) -> str:
    """The times of a day; a line whose hour starts with `*` says a rhythm, any other one says its hours."""
    if line.hour_is_star:
        return _rhythm(line)
    times = [f"{hour:02}:{minute:02}" for hour in sorted(line.hours) for minute in sorted(line.minutes)]
    if len(times) <= _MOST_TIMES:
        return f"at {join_words(times)}"
    every = _every_minute(line.minutes)
    first, last = min(line.hours), max(line.hours)
    if last - first + 1 == len(line.hours) and (every or len(line.minutes) == 1):
        return f"{every or 'every hour'} from {first:02}:{min(line.minutes):02} to {last:02}:{max(line.minutes):02}"
    return f"{every} in {_hours(line.hours)}" if every else f"{_past(line.minutes)} {_hours(line.hours)}"


def _rhythm(line: CronLine) -> str:
    """Lines that run all day long, through both of two equal hours: every n minutes, every hour, every n hours."""
    every, past = _every_minute(line.minutes), _past(line.minutes)
    if len(line.hours) == 24:
        return every or ("every hour on the hour" if line.minutes == {0} else f"every hour {past}")
    step = _even_step(line.hours, 24)
    if step and len(line.minutes) == 1:
        return f"every {step} hours" + ("" if line.minutes == {0} else f" {past}")
    hours = f"every {ordinal(step)} hour from 00:00 on" if step else _hours(line.hours)
    said = f"{every} in {hours}" if every else f"{past} {hours}"
    return said if step else f"{said}, whenever the clock shows it"


def _every_minute(minutes: Collection[int]) -> str | None:
    """The words "every n minutes", where that is true from one hour to the next."""
    if len(minutes) == 60:
        return "every minute"
    step = _even_step(minutes, 60)
    return f"every {step} minutes" if step else None


def _even_step(numbers: Collection[int], whole: int) -> int | None:
    """The n of numbers 0, n, 2n … where n divides the whole, so that "every n" is true across its end."""
    step = whole // len(numbers)
    return step if 1 < step < whole and set(numbers) == set(range(0, whole, step)) else None


def _past(minutes: Collection[int]) -> str:
    """The minutes of an hour: "at 5 and 10 to 20 minutes past"."""
    values = sorted(minutes)
    step = values[1] - values[0] if len(values) > _MOST_TIMES else 1
    if step > 1 and values == list(range(values[0], values[-1] + 1, step)):
        return f"at every {ordinal(step)} minute from {values[0]} to {values[-1]} past"
    return f"at {_listed(values, str)} minute{'' if values == [1] else 's'} past"


def _hours(hours: Collection[int]) -> str:
    """The hours by their numbers: "the hours 00, 03 and 09 to 12"."""
    return f"the hour{'s' if len(hours) > 1 else ''} {_listed(sorted(hours), '{:02}'.format)}"


def _days(line: CronLine) -> str:
    """The days; where both day fields are restricted, whether either or both of them must hold."""
    by_number, by_weekday = len(line.days) < 31, len(line.weekdays) < 7
    either = not (line.day_is_star or line.weekday_is_star)
    named = tuple(sorted(number or 7 for number in line.weekdays))
    months = join_words([month_name[month] for month in sorted(line.months)]) if len(line.months) < 12 else ""
    within = f" in {months}" if months else ""
    if either and not (by_number and by_weekday):
        by_number = by_weekday = False  # the other field allows every day, and either suffices
    if not by_number:
        return (f"Every {every_weekday(named)}" if by_weekday else _EVERY_DAY) + within
    on = f"On {_month_days(line.days)} of {months or 'every month'}"
    if not by_weekday:
        return on + (" (where a month has it)" if max(line.days) > 28 else "")
    if either:
        return f"{on} and on every {listed_weekdays(named)}{' in these months' if months else ''}"
    return f"{on} that is a {listed_weekdays(named).replace(' and ', ' or ')}"


def _month_days(days: Collection[int]) -> str:
    """Days of a month: "the 1st and 15th", "the 1st to 7th and 20th", "every 2nd day from the 1st to the 31st"."""
    values = sorted(days)
    step = values[1] - values[0] if len(values) > _MOST_TIMES else 1
    if step > 1 and values == list(range(values[0], values[-1] + 1, step)):
        return f"every {ordinal(step)} day from the {ordinal(values[0])} to the {ordinal(values[-1])}"
    return f"the {_listed(values, ordinal)}"


def _listed(values: Sequence[int], word: Callable[[int], str]) -> str:
    """Numbers in order, three and more neighbours as a span: "1, 5 and 7 to 9"."""
    said: list[str] = []
    for _, group in groupby(enumerate(values), key=lambda pair: pair[1] - pair[0]):
        run = [value for _, value in group]
        said += [word(value) for value in run] if len(run) < 3 else [f"{word(run[0])} to {word(run[-1])}"]
    return join_words(said)
