"""The spans that a summary reads rows of: its own, and those that it is compared with, moved onto its own."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, literal_column

from core.catalog.sources.sql_functions import Bucketing
from core.domain.definition import Comparison, Grouping
from core.domain.field import FieldType
from core.domain.filter import DateUnit, Grain, ResolvedWindow
from core.query.compile.scope import Base, Scope
from core.query.windows import compared_shift, compared_window

_MONTHS = {DateUnit.MONTH: 1, DateUnit.QUARTER: 3, DateUnit.YEAR: 12}
_DAYS = {DateUnit.DAY: 1, DateUnit.WEEK: 7}
#: Parts that come again in every span compare with themselves: Mondays with Mondays, the 5th with the 5th.
_RECURRING = (Grain.HOUR_OF_DAY, Grain.DAY_OF_WEEK, Grain.DAY_OF_MONTH)


@dataclass(frozen=True, slots=True, kw_only=True)
class Side:
    """A span that rows are read of. `shift` moves its days to their place in the current span."""

    window: ResolvedWindow | None
    shift: tuple[DateUnit, int] | None = None


def sides_of(scope: Scope) -> Mapping[Comparison | None, Side]:
    """The current span under None, and each one that a calculation compares it with."""
    sides: dict[Comparison | None, Side] = {None: Side(window=scope.period)}
    definition = scope.definition
    if scope.period is None or definition.period is None:
        return sides
    window, calendar = definition.period.window, definition.calendar
    for against in dict.fromkeys(each.against for each in definition.calculations if each.kind.compares):
        sides[against] = Side(
            window=compared_window(scope.period, window, against, calendar),
            shift=compared_shift(scope.period, window, against),
        )
    return sides


def bucket_element(base: Base, grouping: Grouping, side: Side) -> ColumnElement[Any]:
    """The span or part that a date lies in; dates of the period's field are moved where the side says so."""
    scope = base.scope
    field, column = base.relation.field(grouping.field), base.relation.column(grouping.field)
    if grouping.grain is None:
        raise ValueError("only dates with a grain lie in buckets")
    definition, functions = scope.definition, scope.functions
    is_period = definition.period is not None and definition.period.field == grouping.field
    how = Bucketing(
        grain=grouping.grain,
        timezone=definition.timezone if field.type is FieldType.DATETIME else None,
        calendar=definition.calendar,
        between=(side.window.starts_at, side.window.ends_at)
        if is_period and side.window is not None
        else scope.spans.get(grouping.field),
    )
    if side.shift is None or not is_period or grouping.grain in _RECURRING:
        return functions.bucket(column, how)
    day = functions.bucket(column, Bucketing(grain=Grain.DAY, timezone=how.timezone, between=how.between))
    moved = _moved(day, side.shift, scope)
    if grouping.grain is Grain.DAY:
        return moved
    return functions.bucket(moved, Bucketing(grain=grouping.grain, timezone=None, calendar=definition.calendar))


def _moved(day: ColumnElement[Any], shift: tuple[DateUnit, int], scope: Scope) -> ColumnElement[Any]:
    unit, count = shift
    if unit in _MONTHS:
        return scope.functions.months_added(day, literal_column(str(count * _MONTHS[unit])))
    return scope.functions.days_added(day, literal_column(str(count * _DAYS[unit])))
