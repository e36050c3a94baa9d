"""Five-field Unix cron lines as sets of numbers, and nothing about time: firing them is `recurrence`'s work."""

import re
from dataclasses import dataclass

from core.errors import InvalidSchedule

PLACE = "schedule_config.cron_expression"
_MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
_WEEKDAYS = ("sun", "mon", "tue", "wed", "thu", "fri", "sat")
_ENTRY = re.compile(r"(?P<star>\*)|(?P<low>[0-9]{1,4}|[a-z]{3})(?:-(?P<high>[0-9]{1,4}|[a-z]{3}))?", re.ASCII)


@dataclass(frozen=True, slots=True, kw_only=True)
class CronLine:
    """A parsed line. `*_is_star` says whether a field starts with `*`, which cron treats as "not restricted"."""

    minutes: frozenset[int]
    hours: frozenset[int]
    days: frozenset[int]
    months: frozenset[int]
    weekdays: frozenset[int]  #: 0 is Sunday; 7 was folded into it
    hour_is_star: bool
    day_is_star: bool
    weekday_is_star: bool

    def matches_day(self, day: int, weekday: int) -> bool:
        """Whether a day of an allowed month matches; `weekday` counts from Sunday = 0.

        Both day fields restricted: either suffices. Otherwise both must hold (crontab(5): a field is unrestricted when
        it starts with `*`, so `*/2` in one of them narrows the other).
        """
        by_day, by_weekday = day in self.days, weekday in self.weekdays
        if self.day_is_star or self.weekday_is_star:
            return by_day and by_weekday
        return by_day or by_weekday


@dataclass(frozen=True, slots=True, kw_only=True)
class _Field:
    """The range and names of one field."""

    label: str
    low: int
    high: int
    names: tuple[str, ...] = ()

    def number(self, text: str) -> int:
        """A number or name of this field."""
        if text.isdigit():
            value = int(text)
            if not self.low <= value <= self.high:
                raise _wrong(self, f"{text} is outside {self.low} to {self.high}")
            return value
        if text in self.names:
            return self.names.index(text) + (1 if self.low == 1 else 0)
        raise _wrong(self, f'"{text}" is not a number' + (" or a name such as " + self.names[1] if self.names else ""))


_MINUTE = _Field(label="minute", low=0, high=59)
_HOUR = _Field(label="hour", low=0, high=23)
_DAY = _Field(label="day of month", low=1, high=31)
_MONTH = _Field(label="month", low=1, high=12, names=_MONTHS)
_WEEKDAY = _Field(label="day of week", low=0, high=7, names=_WEEKDAYS)


def parse_cron(expression: str) -> CronLine:
    """Parse a line such as `0 9 * * mon-fri`. Raises InvalidSchedule naming the field that is wrong."""
    parts = expression.lower().split()
    if len(parts) != 5:
        raise InvalidSchedule(
            "A cron expression has five fields: minute, hour, day of month, month, day of week. "
            f"This one has {len(parts)}.",
            place=PLACE,
        )
    minute, hour, day, month, weekday = parts
    return CronLine(
        minutes=_parse_field(_MINUTE, minute),
        hours=_parse_field(_HOUR, hour),
        days=_parse_field(_DAY, day),
        months=_parse_field(_MONTH, month),
        weekdays=frozenset(number % 7 for number in _parse_field(_WEEKDAY, weekday)),
        hour_is_star=hour.startswith("*"),
        day_is_star=day.startswith("*"),
        weekday_is_star=weekday.startswith("*"),
    )


def _parse_field(field: _Field, text: str) -> frozenset[int]:
    """The numbers one field allows."""
    numbers: set[int] = set()
    for entry in text.split(","):
        numbers |= _parse_entry(field, entry)
    return frozenset(numbers)


def _parse_entry(field: _Field, entry: str) -> set[int]:
    """One entry of a list: `*`, a number, a range, and a step behind `*` or a range."""
    body, slash, step_text = entry.partition("/")
    match = _ENTRY.fullmatch(body)
    if match is None:
        raise _wrong(field, f'"{entry}" cannot be read')
    if slash and not (step_text.isascii() and step_text.isdigit() and 0 < int(step_text[:9]) <= 9999):
        raise _wrong(field, f'the step in "{entry}" must be a whole number of 1 or more')
    step = int(step_text) if slash else 1
    if match["star"]:
        # Sunday is 0 and 7: "*" must not count it twice, or "*/2" would add it where a step passes it by.
        return set(range(field.low, min(field.high, 6 if field is _WEEKDAY else field.high) + 1, step))
    low = field.number(match["low"])
    if match["high"] is None:
        if slash:
            raise _wrong(field, f'a step needs a range: write "{low}-{field.high}/{step_text}"')
        return {low}
    high = field.number(match["high"])
    if field is _WEEKDAY and high == 0 < low:
        high = 7  # "fri-sun"
    if high < low:
        raise _wrong(field, f'the range "{body}" ends before it starts')
    return set(range(low, high + 1, step))


def _wrong(field: _Field, reason: str) -> InvalidSchedule:
    """The error for a field that cannot be used."""
    return InvalidSchedule(f"Cron expression, {field.label}: {reason}.", place=PLACE)
