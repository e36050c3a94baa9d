"""A cron line as people pick it, part by part, and back: the model of a visual builder. Words are `cron_words`'."""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

from core.errors import InvalidSchedule
from core.schedules.cron import PLACE, parse_cron


class PartKind(StrEnum):
    """How one part of a line is picked."""

    EVERY = "every"  #: all of them
    STEP = "step"  #: every n-th, from the first on
    AT = "at"  #: the given ones
    RANGE = "range"  #: from `first` to `last`, every n-th of them


@dataclass(frozen=True, slots=True, kw_only=True)
class CronPart:
    """One choice; which fields count depends on the kind. Days of the week are 1 (Monday) to 7."""

    kind: PartKind = PartKind.EVERY
    n: int = 1
    at: tuple[int, ...] = ()
    first: int = 0
    last: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class CronParts:
    """The five choices. Days of the month and of the week, both picked: either suffices."""

    minute: CronPart = CronPart()
    hour: CronPart = CronPart()
    day: CronPart = CronPart()
    month: CronPart = CronPart()
    weekday: CronPart = CronPart()


@dataclass(frozen=True, slots=True, kw_only=True)
class _Scale:
    """What can be picked in one place of the line, `name` being its field in CronParts."""

    name: str
    label: str
    low: int
    high: int

    @property
    def whole(self) -> frozenset[int]:
        """Everything that can be picked."""
        return frozenset(range(self.low, self.high + 1))


_SCALES = (
    _Scale(name="minute", label="minute", low=0, high=59),
    _Scale(name="hour", label="hour", low=0, high=23),
    _Scale(name="day", label="day of month", low=1, high=31),
    _Scale(name="month", label="month", low=1, high=12),
    _Scale(name="weekday", label="day of week", low=1, high=7),
)
#: Where a `*` in front means more than the numbers behind it: hours by elapsed time, days that narrow each other.
_STAR_COUNTS = ("hour", "day", "weekday")


def expression_of(parts: CronParts) -> str:
    """Return the cron line of the choices; raises InvalidSchedule for a choice that cannot be made."""
    expression = " ".join(_field(scale, getattr(parts, scale.name)) for scale in _SCALES)
    parse_cron(expression)
    return expression


def parts_of(expression: str) -> CronParts | None:
    """Return the choices that stand for a cron line; None where no choice does, such as hours `*/2,5`.

    Raises InvalidSchedule where it is no cron line. The choices fire at the same times as the line.
    """
    line = parse_cron(expression)
    numbers = (line.minutes, line.hours, line.days, line.months, frozenset(day or 7 for day in line.weekdays))
    fields = expression.split()
    chosen = [_part(scale, field, found) for scale, field, found in zip(_SCALES, fields, numbers, strict=True)]
    minute, hour, day, month, weekday = chosen
    if minute is None or hour is None or day is None or month is None or weekday is None:
        return None
    return CronParts(minute=minute, hour=hour, day=day, month=month, weekday=weekday)


def _field(scale: _Scale, part: CronPart) -> str:
    """One field of the line."""
    match part.kind:
        case PartKind.EVERY:
            return "*"
        case PartKind.STEP:
            _check_step(scale, part.n)
            return f"*/{part.n}"
        case PartKind.AT:
            if not part.at:
                raise _wrong(scale, "choose at least one")
            _check_numbers(scale, part.at)
            return ",".join(str(number) for number in sorted(set(part.at)))
        case PartKind.RANGE:
            _check_numbers(scale, (part.first, part.last))
            _check_step(scale, part.n)
            if part.last < part.first:
                raise _wrong(scale, f"the range {part.first} to {part.last} ends before it starts")
            return f"{part.first}-{part.last}" + (f"/{part.n}" if part.n > 1 else "")


def _part(scale: _Scale, field: str, numbers: frozenset[int]) -> CronPart | None:
    """The choice that stands for one field."""
    if field == "*":
        return CronPart()
    body, _, step = field.partition("/")
    if body == "*" and step.isdigit():
        n = min(int(step), len(scale.whole))  # a longer step passes everything but the first as well
        return CronPart() if n == 1 else CronPart(kind=PartKind.STEP, n=n)
    if field.startswith("*") and scale.name in _STAR_COUNTS:
        return CronPart() if numbers == scale.whole else None
    return _picked(sorted(numbers))


def _picked(values: Sequence[int]) -> CronPart:
    """Numbers by themselves; three and more at equal distances as a range."""
    step = values[1] - values[0] if len(values) > 2 else 0
    if step and list(values) == list(range(values[0], values[-1] + 1, step)):
        return CronPart(kind=PartKind.RANGE, n=step, first=values[0], last=values[-1])
    return CronPart(kind=PartKind.AT, at=tuple(values))


def _check_step(scale: _Scale, n: int) -> None:
    if not 1 <= n <= len(scale.whole):
        raise _wrong(scale, f'"every n" takes a number from 1 to {len(scale.whole)}')


def _check_numbers(scale: _Scale, numbers: Sequence[int]) -> None:
    for number in numbers:
        if number not in scale.whole:
            raise _wrong(scale, f"{number} is outside {scale.low} to {scale.high}")


def _wrong(scale: _Scale, reason: str) -> InvalidSchedule:
    return InvalidSchedule(f"Cron expression, {scale.label}: {reason}.", place=PLACE)
