"""Days and instants as people read them: "Mon 23 Nov 2026, 09:00 (New York)"."""

from datetime import date, datetime
from zoneinfo import ZoneInfo


def day_in_words(day: date) -> str:
    """A day: "Mon 23 Nov 2026"."""
    return f"{day:%a} {day.day} {day:%b %Y}"


def moment_in_words(at: datetime, timezone: str) -> str:
    """An instant in `timezone`, with the city that names it: "Mon 23 Nov 2026, 09:00 (New York)"."""
    local = at.astimezone(ZoneInfo(timezone))
    city = timezone.rsplit("/", 1)[-1].replace("_", " ")
    return f"{day_in_words(local.date())}, {local:%H:%M} ({city})"
