"""The unit of a sparkline."""

from core.domain.filter import DateUnit, ResolvedWindow

#: A sparkline has at most this many points.
MAX_TREND_POINTS = 40
_DAYS_PER_UNIT = {DateUnit.DAY: 1, DateUnit.WEEK: 7, DateUnit.MONTH: 28, DateUnit.QUARTER: 90}


def trend_unit(period: ResolvedWindow) -> DateUnit:
    """The smallest unit that keeps the trend of the period to `MAX_TREND_POINTS` points."""
    days = (period.last_on - period.first_on).days + 1
    for unit, length in _DAYS_PER_UNIT.items():
        # A span that does not begin with a unit touches one more of them.
        if days / length + (0 if unit is DateUnit.DAY else 1) <= MAX_TREND_POINTS:
            return unit
    return DateUnit.YEAR
