"""Days off as lines that people type: a date, or two with "to" between them, and what the day is called."""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date, timedelta

from core.domain.calendar import DayOff

_LINE = re.compile(r"(\d{4}-\d{2}-\d{2})(?:\s+to\s+(\d{4}-\d{2}-\d{2}))?(?:[\s,;]+(.*))?", re.ASCII)
_MOST_DAYS_LONG = 366


@dataclass(frozen=True, slots=True, kw_only=True)
class Typed:
    """The days off in order, the first name of a day counts; and the lines that are none."""

    days_off: tuple[DayOff, ...]
    misread: tuple[str, ...]


def days_in(text: str) -> Typed:
    """Read the lines; empty ones say nothing."""
    named: dict[date, DayOff] = {}
    misread = []
    for line in filter(None, (raw.strip() for raw in text.splitlines())):
        found = _days(line)
        if found is None:
            misread.append(line)
            continue
        for day in found:
            named.setdefault(day.on, day)
    return Typed(days_off=tuple(named[on] for on in sorted(named)), misread=tuple(misread))


def text_of(days_off: Iterable[DayOff]) -> str:
    """Return days off as lines, each day once; neighbours of one name as a span."""
    return "\n".join(_spans(days_in_order(days_off)))


def days_in_order(days_off: Iterable[DayOff]) -> list[DayOff]:
    """Return the days in order, one entry each: the first one given."""
    named: dict[date, DayOff] = {}
    for day in days_off:
        named.setdefault(day.on, day)
    return [named[on] for on in sorted(named)]


def _spans(days: list[DayOff]) -> Iterator[str]:
    at = 0
    while at < len(days):
        end = at
        while end + 1 < len(days) and _continues(days[end], days[end + 1]):
            end += 1
        first, last = days[at], days[end]
        span = f"{first.on} to {last.on}" if end > at else f"{first.on}"
        yield f"{span} {first.name}".rstrip()
        at = end + 1


def _continues(before: DayOff, after: DayOff) -> bool:
    return after.on - before.on == timedelta(days=1) and after.name == before.name


def _days(line: str) -> list[DayOff] | None:
    """The days of one line; None where it is none, ends before it starts or is longer than a year."""
    match = _LINE.fullmatch(line)
    try:
        first = date.fromisoformat(match[1]) if match else None
        last = date.fromisoformat(match[2]) if match and match[2] else first
    except ValueError:
        return None
    if match is None or first is None or last is None:
        return None
    length = (last - first).days + 1
    if not 1 <= length <= _MOST_DAYS_LONG:
        return None
    name = (match[3] or "").strip()
    return [DayOff(on=first + timedelta(days=n), name=name) for n in range(length)]
