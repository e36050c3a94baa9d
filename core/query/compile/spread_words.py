"""The values that a pivot spreads, as the headers over its columns say them."""

from datetime import date, datetime

from core.domain.definition import Grouping
from core.domain.field import DateStyle
from core.domain.filter import Grain
from core.domain.moments import day_words, instant_words, weekday_words
from core.domain.result import CellValue, ResultColumn

EMPTY = "(empty)"
_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
_DAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")


def spread_text(value: CellValue, grouping: Grouping, column: ResultColumn, timezone: str) -> str:
    """A value in words: "Germany", "Nov 2026", "Mon"; "(empty)" for null and the empty text."""
    match value:
        case None | "":
            return EMPTY
        case bool():
            return "Yes" if value else "No"
        case datetime():
            return instant_words(value, timezone)
        case date():
            return _day(value, column.format.date_style)
        case int() if grouping.grain is Grain.DAY_OF_WEEK:
            return _DAYS[value - 1]
        case int() if grouping.grain is Grain.MONTH_OF_YEAR:
            return _MONTHS[value - 1]
        case int() if grouping.grain is Grain.QUARTER_OF_YEAR:
            return f"Q{value}"
        case _:
            return str(value)


def _day(day: date, style: DateStyle | None) -> str:
    match style:
        case DateStyle.ISO:
            return day.isoformat()
        case DateStyle.LONG | DateStyle.WEEKDAY:
            return weekday_words(day)
        case DateStyle.MONTH:
            return f"{_MONTHS[day.month - 1]} {day.year}"
        case DateStyle.QUARTER:
            return f"Q{(day.month + 2) // 3} {day.year}"
        case DateStyle.YEAR:
            return str(day.year)
        case _:
            return day_words(day)
