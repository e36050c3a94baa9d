"""What dates are grouped by."""

from datetime import date, datetime
from zoneinfo import ZoneInfo

from core.domain.filter import Calendar, DateUnit, Grain
from tests.oracle.windows import begin, later

Bucket = date | int | str
#: Parts that come again in every span: they are compared with themselves.
_RECURRING = (Grain.HOUR_OF_DAY, Grain.DAY_OF_WEEK, Grain.DAY_OF_MONTH)


def bucket(
    value: date | None, grain: Grain, zone: ZoneInfo, calendar: Calendar, shift: tuple[DateUnit, int] | None = None
) -> Bucket | None:
    """The span or part that a day or an instant lies in, moved by `shift`."""
    if value is None:
        return None
    hour = 0
    if isinstance(value, datetime):
        local = value.astimezone(zone)
        hour, value = local.hour, local.date()
    if shift is not None and grain not in _RECURRING:
        value = later(value, *shift)
    match grain:
        case Grain.HOUR_OF_DAY:
            return hour
        case Grain.DAY_OF_WEEK:
            return value.isoweekday()
        case Grain.DAY_OF_MONTH:
            return value.day
        case Grain.MONTH_OF_YEAR:
            return value.month
        case Grain.QUARTER_OF_YEAR:
            return (value.month - calendar.fiscal_year_start) % 12 // 3 + 1
        case Grain.ISO_WEEK:
            year, week, _ = value.isocalendar()
            return f"{year:04d}-W{week:02d}"
        case _:
            return begin(value, DateUnit(grain.value), calendar)
