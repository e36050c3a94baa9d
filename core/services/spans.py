"""The days that a date window stands for, in words, for whoever chooses one."""

from datetime import datetime

from core.domain.filter import Calendar, DateWindow
from core.query.window_words import resolved_days_in_words


def days_in_words(window: DateWindow, *, logical_at: datetime, timezone: str, calendar: Calendar) -> str:
    """Return the days as seen at `logical_at`: "1 Aug to 31 Oct 2026"; raises InvalidDefinition past the calendar."""
    return resolved_days_in_words(window, logical_at, timezone, calendar)
