"""Says date windows and days in plain English."""

from datetime import date, datetime
from zoneinfo import ZoneInfo

from core.domain.filter import Calendar, DateUnit, DateWindow, ResolvedWindow, WindowKind
from core.domain.moments import city_of, day_words, days_words
from core.query.windows import resolve_window

_FISCAL_UNITS = (DateUnit.QUARTER, DateUnit.YEAR)


def window_in_words(window: DateWindow, calendar: Calendar = Calendar()) -> str:
    """The window as asked: "last 7 days", "last 3 complete months", "this month to date", "1 to 15 Nov 2026"."""
    if window.kind is WindowKind.BETWEEN:
        return days_words(window.first_on or date.min, window.last_on or date.max)
    words = _relative(window, _unit(window.unit, calendar))
    if not window.offset:
        return words
    unit, count = str(window.offset_unit), abs(window.offset)
    distance = f"a {unit}" if count == 1 else f"{count:,} {unit}s"
    return f"{words} as of {distance} {'earlier' if window.offset < 0 else 'later'}"


def _relative(window: DateWindow, unit: str) -> str:
    is_day = window.unit is DateUnit.DAY
    current = "today" if is_day else f"this {unit}"
    match window.kind:
        case WindowKind.LAST | WindowKind.NEXT if window.include_current:
            return current if window.n == 1 else f"{window.kind} {window.n:,} {unit}s including {current}"
        case WindowKind.LAST if is_day and window.n == 1:
            return "yesterday"
        case WindowKind.NEXT if is_day and window.n == 1:
            return "tomorrow"
        case WindowKind.LAST if not is_day and window.n > 1:
            return f"last {window.n:,} complete {unit}s"
        case WindowKind.LAST | WindowKind.NEXT:
            return f"{window.kind} {unit}" if window.n == 1 else f"{window.kind} {window.n:,} {unit}s"
        case WindowKind.TO_DATE if not is_day:
            return f"{current} to date"
        case _:
            return current


def window_as_predicate(window: DateWindow, calendar: Calendar = Calendar(), *, negated: bool = False) -> str:
    """What follows "Shipped at": "is within the last 7 days", "is yesterday", "is not from 1 to 3 Nov 2026"."""
    words = window_in_words(window, calendar)
    verb = "is not" if negated else "is"
    if window.kind is WindowKind.BETWEEN:
        return f"{verb} from {words}" if window.first_on != window.last_on else f"{verb} on {words}"
    if words.partition(" ")[0] in ("today", "yesterday", "tomorrow"):
        return f"{verb} {words}"
    if window.kind in (WindowKind.LAST, WindowKind.NEXT) and window.n > 1:
        return f"{verb} within the {words}"
    return f"{verb} within {words}"


def resolved_in_words(window: DateWindow, logical_at: datetime, timezone: str, calendar: Calendar = Calendar()) -> str:
    """The window with the days it stands for: "last 7 days (16 to 22 Nov 2026)"."""
    words = window_in_words(window, calendar)
    if window.kind is WindowKind.BETWEEN:
        return words
    return f"{words} ({resolved_days_in_words(window, logical_at, timezone, calendar)})"


def resolved_days_in_words(
    window: DateWindow, logical_at: datetime, timezone: str, calendar: Calendar = Calendar()
) -> str:
    """The days that the window stands for."""
    resolved = resolve_window(window, logical_at, timezone, calendar)
    return days_words(resolved.first_on, resolved.last_on)


def period_in_words(resolved: ResolvedWindow) -> str:
    """The days of a resolved window and their timezone: "16 Nov 2026 to 22 Nov 2026 (New York)"."""
    return f"{days_words(resolved.first_on, resolved.last_on)} ({city_of(resolved.timezone)})"


def instant_in_words(instant: datetime, timezone: str) -> str:
    """An instant such as "16 Nov 2026, 09:00" in `timezone`, with seconds where there are any."""
    local = instant.astimezone(ZoneInfo(timezone))
    clock = f"{local:%H:%M:%S}" if local.second or local.microsecond else f"{local:%H:%M}"
    return f"{day_words(local.date())}, {clock}"


def _unit(unit: DateUnit, calendar: Calendar) -> str:
    return f"fiscal {unit}" if unit in _FISCAL_UNITS and calendar.fiscal_year_start != 1 else str(unit)
