"""Days off out of an iCalendar file (RFC 5545). It trusts nothing: only a few lines of each event are ever parsed.

All-day events count, with their yearly repeats up to the last year of the fire times. Events with a time of day and
other repeats are left out, and said.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from core.domain.calendar import DayOff
from core.domain.text import is_one_line, is_storable
from core.errors import InvalidUpload
from core.schedules.days import HORIZON_ON
from core.schedules.ics_repeats import repeats_yearly, yearly_days

MAX_BYTES = 512 * 1024
MAX_EVENTS = 2000
MAX_DAYS_OFF = 10_000
MAX_NAME_LENGTH = 100
_MOST_REPEATING = 300
_MOST_DAYS_LONG = 366
_MOST_LINE = 2000
_FIRST_YEAR = 1900
#: The lines of an event that are read; everything else, timezones and alarms above all, never reaches the parser.
_READ = ("UID", "DTSTART", "DTEND", "DURATION", "SUMMARY", "RRULE", "EXDATE", "RDATE", "STATUS", "RECURRENCE-ID")
_LISTS = ("EXDATE", "RDATE")  #: may stand more than once
_CANCELLED = re.compile(r"STATUS[^:]*:\s*CANCELLED", re.IGNORECASE)
_UNREADABLE = "This is no calendar file that can be read. Export it again as iCalendar (.ics)."


@dataclass(frozen=True, slots=True, kw_only=True)
class IcsReading:
    """What a calendar file holds: days off in order, one entry a day, and what was left out, in words."""

    days_off: tuple[DayOff, ...]
    left_out: tuple[str, ...]


def read_ics(content: bytes) -> IcsReading:
    """Read the days off. Raises InvalidUpload, in plain words, for what is too large, broken, or holds none."""
    if len(content) > MAX_BYTES:
        raise InvalidUpload(f"The calendar file is larger than {MAX_BYTES // 1024} KB, the most that is taken.")
    text = content.decode("utf-8-sig", errors="replace")
    if not text.lstrip().upper().startswith("BEGIN:VCALENDAR"):
        raise InvalidUpload(_UNREADABLE)
    blocks = _event_blocks(text)
    timed = [block for block in blocks if not _is_all_day(block)]
    events = [_parsed(block) for block in blocks if _is_all_day(block)]
    if sum("RRULE" in event for event in events) > _MOST_REPEATING:
        raise InvalidUpload(
            f"The calendar file has more than {_MOST_REPEATING} repeating events, the most that are taken."
        )
    yearly = [event for event in events if _is_yearly(event)]
    left_out = _left_out(len(timed), len(events) - len(yearly))
    found = _days_off(yearly)
    if not found:
        raise InvalidUpload(" ".join(["The calendar file has no days off.", *left_out]))
    days_off = tuple(DayOff(on=on, name=found[on]) for on in sorted(found))
    return IcsReading(days_off=days_off, left_out=left_out)


def _event_blocks(text: str) -> list[list[str]]:
    """The lines that are read of each event, unfolded; what is nested in an event is passed over."""
    blocks: list[list[str]] = []
    depth: list[str] = []
    for line in re.sub(r"\r?\n[ \t]", "", text).splitlines():
        name = re.split(r"[;:]", line, maxsplit=1)[0].strip().upper()
        if name == "BEGIN":
            depth.append(line.partition(":")[2].strip().upper())
            if depth == ["VCALENDAR", "VEVENT"]:
                blocks.append([])
        elif name == "END":
            if not depth or depth.pop() != line.partition(":")[2].strip().upper():
                raise InvalidUpload(_UNREADABLE)
        elif depth == ["VCALENDAR", "VEVENT"] and name in _READ:
            blocks[-1].append(line[:_MOST_LINE])
        if len(blocks) > MAX_EVENTS or len(depth) > 10:
            raise InvalidUpload(f"The calendar file has more than {MAX_EVENTS:,} events, the most that are taken.")
    if depth:
        raise InvalidUpload("The calendar file breaks off before its end. Export it again.")
    return [block for block in blocks if not any(_CANCELLED.match(line) for line in block)]


def _is_all_day(block: list[str]) -> bool:
    """Whether an event begins on a day and not at a time of day."""
    return any(re.match(r"DTSTART[^:]*:\s*[0-9]{8}\s*$", line, re.IGNORECASE) for line in block)


def _parsed(block: list[str]) -> Any:
    """One event as the library reads it; whatever it cannot read makes the file unreadable."""
    from icalendar import Event  # a fifth of a second: only uploads pay for it

    try:
        event: Any = Event.from_ical("\r\n".join(["BEGIN:VEVENT", *block, "END:VEVENT", ""]))
        start = event["DTSTART"].dt
        twice = any(isinstance(value, list) for key, value in event.items() if key not in _LISTS)
        if twice or event.errors or not isinstance(start, date) or not _FIRST_YEAR <= start.year <= HORIZON_ON.year:
            raise InvalidUpload(f"An event of the calendar file cannot be read: {_shown(block)}.")
    except (ValueError, KeyError, IndexError, TypeError, AttributeError, OverflowError) as error:
        raise InvalidUpload(f"An event of the calendar file cannot be read: {_shown(block)}.") from error
    return event


def _is_yearly(event: Any) -> bool:
    """Whether an event happens once, or is repeated in a way that a list of days can hold."""
    rule = event.get("RRULE")
    return rule is None or repeats_yearly(rule)


def _days_off(events: list[Any]) -> dict[date, str]:
    """The name of each day off. An occurrence that another entry replaces is that entry's."""
    replaced = {(str(event.get("UID")), event["RECURRENCE-ID"].dt) for event in events if "RECURRENCE-ID" in event}
    found: dict[date, str] = {}
    for event in events:
        name = _name(event)
        is_replacement = "RECURRENCE-ID" in event
        for first in _first_days(event):
            if not is_replacement and (str(event.get("UID")), first) in replaced:
                continue
            for n in range(_days_long(event)):
                found.setdefault(first + timedelta(days=n), name)
        if len(found) > MAX_DAYS_OFF:
            raise InvalidUpload(
                f"The calendar file comes to more than {MAX_DAYS_OFF:,} days off, the most there may be."
            )
    return found


def _first_days(event: Any) -> Iterator[date]:
    """The first day of each occurrence, to the end of the fire times."""
    start, rule = event["DTSTART"].dt, event.get("RRULE")
    try:
        days = [start] if rule is None else list(yearly_days(rule, start))
    except (ValueError, TypeError) as error:
        raise InvalidUpload(f'The repeats of "{_name(event)}" cannot be read.') from error
    days += [_day(day.dt) for day in _listed_days(event, "RDATE") if isinstance(day.dt, date)]
    left_out = {day.dt for day in _listed_days(event, "EXDATE")}
    yield from (day for day in dict.fromkeys(days) if day not in left_out)


def _listed_days(event: Any, key: str) -> list[Any]:
    """The values of a property that holds a list of days and may stand more than once."""
    given = event.get(key, [])
    return [day for part in (given if isinstance(given, list) else [given]) for day in part.dts]


def _days_long(event: Any) -> int:
    """How many days an event takes; its end is the day after its last."""
    length = 1
    if "DTEND" in event:
        length = (_day(event["DTEND"].dt) - event["DTSTART"].dt).days
    elif "DURATION" in event:
        length = event["DURATION"].dt.days
    if length > _MOST_DAYS_LONG:
        raise InvalidUpload(f'"{_name(event)}" is longer than a year.')
    return max(length, 1)


def _day(value: date | datetime) -> date:
    return value.date() if isinstance(value, datetime) else value


def _name(event: Any) -> str:
    """What an event is called, on one line; nothing where it cannot be stored."""
    name = " ".join(str(event.get("SUMMARY", "")).split())[:MAX_NAME_LENGTH]
    return name if is_one_line(name) and is_storable(name) else ""


def _left_out(timed: int, repeating: int) -> tuple[str, ...]:
    """What no day off was made of, in words."""
    said = []
    if timed:
        said.append(f"{_events(timed)} left out: not all day.")
    if repeating:
        said.append(f"{_events(repeating)} left out: repeated otherwise than yearly. Set the working week instead.")
    return tuple(said)


def _events(count: int) -> str:
    return "1 event was" if count == 1 else f"{count:,} events were"


def _shown(block: list[str]) -> str:
    """An unreadable event as it may stand in a message."""
    line = next((line for line in block if line.upper().startswith(("SUMMARY", "DTSTART"))), "")
    return f'"{line[:60]}"'
