"""Durations and days as people read them.

- durations are seconds: "42 s" under a minute, "5 min 03 s" under an hour, "1 h 05 min" from there on, rounded to the
  last unit shown; CSV, XLSX and Parquet keep the seconds and say so in the header;
- days follow the column's date style.
"""

from datetime import date
from decimal import Decimal

from core.domain.field import DateStyle

_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
_WEEKDAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
_LONG_MONTHS = (
    *("January", "February", "March", "April", "May", "June"),
    *("July", "August", "September", "October", "November", "December"),
)
#: Styles that say no day and so no time of day either.
SPAN_STYLES = (DateStyle.MONTH, DateStyle.QUARTER, DateStyle.YEAR)


def duration_words(seconds: int | float | Decimal, decimals: int | None = None) -> str:
    """A finite number of seconds in words; `decimals` of those under a minute, 1 for those under ten seconds."""
    sign = "-" if seconds < 0 else ""
    size = Decimal(str(abs(seconds)))
    if decimals is None:
        decimals = 1 if size < 10 and size != int(size) else 0
    if round(size, decimals) < 60:
        return f"{sign}{size:.{decimals}f} s"
    whole = int(size + Decimal("0.5"))
    if whole < 3600:
        return f"{sign}{whole // 60} min {whole % 60:02d} s"
    minutes = (whole + 30) // 60
    return f"{sign}{minutes // 60:,} h {minutes % 60:02d} min"


def day_words(day: date, style: DateStyle | None = None) -> str:
    """A day in its style, MEDIUM unless it says otherwise: "23 Nov 2026"."""
    month = _MONTHS[day.month - 1]
    match style:
        case DateStyle.ISO:
            return day.isoformat()
        case DateStyle.LONG:
            return f"{_WEEKDAYS[day.weekday()]} {day.day} {_LONG_MONTHS[day.month - 1]} {day.year:04d}"
        case DateStyle.WEEKDAY:
            return f"{_WEEKDAYS[day.weekday()][:3]} {day.day} {month} {day.year:04d}"
        case DateStyle.MONTH:
            return f"{month} {day.year:04d}"
        case DateStyle.QUARTER:
            return f"Q{(day.month + 2) // 3} {day.year:04d}"
        case DateStyle.YEAR:
            return f"{day.year:04d}"
    return f"{day.day} {month} {day.year:04d}"
