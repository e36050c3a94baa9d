"""Builds headline numbers from their queries: value, span before, and the trend of the period."""

from collections.abc import Mapping, Sequence
from datetime import date
from decimal import Decimal
from typing import Any

from core.domain.dataset import Dataset
from core.domain.definition import Aggregation, Measure, ReportDefinition
from core.domain.filter import Calendar, ResolvedWindow
from core.domain.result import Kpi
from core.query.columns import measure_column
from core.query.compile.trend import trend_unit
from core.query.measures import resolve_measure
from core.query.windows import add_units, unit_start

#: Where a unit without rows is a zero; for the others it is no point at all.
_ZERO_WITHOUT_ROWS = {Aggregation.COUNT, Aggregation.COUNT_DISTINCT, Aggregation.SUM}


def build_kpis(
    definition: ReportDefinition,
    dataset: Dataset,
    *,
    values: Mapping[str, Any],
    previous: Mapping[str, Any] | None,
    trend: Sequence[Mapping[str, Any]],
    period: ResolvedWindow | None,
) -> tuple[Kpi, ...]:
    """Headline numbers in the order of the definition. `trend`: rows whose first value is the unit's first day."""
    by_day = {next(iter(row.values())): row for row in trend}
    days = unit_starts(period, definition.calendar) if period is not None else []
    kpis = []
    for asked in definition.kpis:
        column, measure = measure_column(asked, dataset), resolve_measure(asked, dataset)
        kpis.append(
            Kpi(
                label=column.label,
                value=known_value(values[measure.key], measure),
                previous=known_value(previous[measure.key], measure) if previous is not None else None,
                format=column.format,
                trend=_points(measure, days, by_day),
            )
        )
    return tuple(kpis)


def unit_starts(period: ResolvedWindow, calendar: Calendar = Calendar()) -> list[date]:
    """The first days of the trend's units in the period, oldest first."""
    unit = trend_unit(period)
    day = unit_start(period.first_on, unit, calendar)
    days = []
    while day <= period.last_on:
        days.append(day)
        day = add_units(day, unit, 1)
    return days


def _points(measure: Measure, days: Sequence[date], by_day: Mapping[date, Mapping[str, Any]]) -> tuple[float, ...]:
    points = []
    for day in days:
        value = by_day[day][measure.key] if day in by_day else None
        if value is not None:
            points.append(float(value))
        elif measure.aggregation in _ZERO_WITHOUT_ROWS:
            points.append(0.0)
    return tuple(points)


def known_value(value: Any, measure: Measure) -> Decimal | int | float | None:
    """The number that people read: a sum over no rows is zero to them, null to SQL."""
    if value is None and measure.aggregation is Aggregation.SUM:
        return 0
    return value if isinstance(value, Decimal | int | float) else None
