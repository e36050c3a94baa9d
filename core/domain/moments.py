"""Days and instants in words, the same on every screen, in every file and mail; independent of the machine's locale."""

from datetime import date, datetime
from zoneinfo import ZoneInfo

_DAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")


def city_of(timezone: str) -> str:
    """Return what people call a timezone: "New York" for America/New_York."""
    return timezone.rpartition("/")[2].replace("_", " ")


def day_words(day: date) -> str:
    """Return a day: "23 Nov 2026"."""
    return f"{day.day} {_MONTHS[day.month - 1]} {day.year}"


def weekday_words(day: date) -> str:
    """Return a day with its weekday: "Mon 23 Nov 2026"."""
    return f"{_DAYS[day.weekday()]} {day_words(day)}"


def instant_words(instant: datetime, timezone: str) -> str:
    """Return an instant in `timezone` with its place: "Mon 23 Nov 2026, 09:00 (New York)"."""
    local = instant.astimezone(ZoneInfo(timezone))
    return f"{weekday_words(local.date())}, {local:%H:%M} ({city_of(timezone)})"


def days_words(first: date, last: date) -> str:
    """Return a span of days, saying nothing twice: "16 to 22 Nov 2026", "30 Nov to 6 Dec 2026"."""
    if first == last:
        return day_words(first)
    if first.year != last.year:
        return f"{day_words(first)} to {day_words(last)}"
    if first.month != last.month:
        return f"{first.day} {_MONTHS[first.month - 1]} to {day_words(last)}"
    return f"{first.day} to {day_words(last)}"
