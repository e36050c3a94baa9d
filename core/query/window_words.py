"""Says date windows and days in plain English."""

from datetime import date, datetime
from zoneinfo import ZoneInfo

from core.domain.filter import DateUnit, DateWindow, ResolvedWindow, WindowKind
from core.domain.moments import city_of, day_words, days_words
from core.query.windows import resolve_window

#: Written out: `%b` would follow the machine's locale.


def window_in_words(window: DateWindow) -> str:
    """The window as asked: "last 7 days", "yesterday", "this month to date", "1 Nov 2026 to 15 Nov 2026"."""
    unit = str(window.unit)
    match window.kind:
        case WindowKind.BETWEEN:
            return days_words(window.first_on or date.min, window.last_on or date.max)
        case WindowKind.LAST if window.include_current:
            if window.n == 1:
                return _current(window.unit)
            return f"last {window.n:,} {unit}s including {_current(window.unit)}"
        case WindowKind.LAST:
            if window.n == 1:
                return "yesterday" if window.unit is DateUnit.DAY else f"last {unit}"
            return f"last {window.n:,} {unit}s"
        case WindowKind.NEXT:
            if window.n == 1:
                return "tomorrow" if window.unit is DateUnit.DAY else f"next {unit}"
            return f"next {window.n:,} {unit}s"
        case WindowKind.THIS:
            return _current(window.unit)
        case WindowKind.TO_DATE:
            return "today" if window.unit is DateUnit.DAY else f"this {unit} to date"


def window_as_predicate(window: DateWindow) -> str:
    """What follows "Shipped at": "is within the last 7 days", "is yesterday"."""
    words = window_in_words(window)
    if window.kind is WindowKind.BETWEEN:
        return f"is from {words}" if window.first_on != window.last_on else f"is on {words}"
    if words in ("today", "yesterday", "tomorrow"):
        return f"is {words}"
    if window.kind in (WindowKind.LAST, WindowKind.NEXT) and window.n > 1:
        return f"is within the {words}"
    return f"is within {words}"


def resolved_in_words(window: DateWindow, logical_at: datetime, timezone: str) -> str:
    """The window with the days it stands for: "last 7 days (16 Nov 2026 to 22 Nov 2026)"."""
    words = window_in_words(window)
    if window.kind is WindowKind.BETWEEN:
        return words
    return f"{words} ({resolved_days_in_words(window, logical_at, timezone)})"


def resolved_days_in_words(window: DateWindow, logical_at: datetime, timezone: str) -> str:
    """The days that the window stands for."""
    resolved = resolve_window(window, logical_at, timezone)
    return days_words(resolved.first_on, resolved.last_on)


def period_in_words(resolved: ResolvedWindow) -> str:
    """The days of a resolved window and their timezone: "16 Nov 2026 to 22 Nov 2026 (New York)"."""
    return f"{days_words(resolved.first_on, resolved.last_on)} ({city_of(resolved.timezone)})"


def instant_in_words(instant: datetime, timezone: str) -> str:
    """An instant such as "16 Nov 2026, 09:00" in `timezone`, with seconds where there are any."""
    local = instant.astimezone(ZoneInfo(timezone))
    clock = f"{local:%H:%M:%S}" if local.second or local.microsecond else f"{local:%H:%M}"
    return f"{day_words(local.date())}, {clock}"


def _current(unit: DateUnit) -> str:
    return "today" if unit is DateUnit.DAY else f"this {unit}"
