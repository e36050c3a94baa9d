"""Compiles definitions to SQLAlchemy selects: rows as they are, groups, counts, headline numbers and their trends."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, FromClause, Select, func, literal_column, select
from sqlalchemy.sql import quoted_name

from core.catalog.sources.connector import SqlFunctions
from core.domain.dataset import Dataset, FieldType
from core.domain.definition import Grouping, Measure, ReportDefinition
from core.domain.filter import DateUnit, ResolvedWindow
from core.query.predicates import PredicateCompiler, contains_pattern
from core.query.relation import dataset_relation
from core.query.windows import previous_window, resolve_window

#: Name of the extra column of a page of groups.
TOTAL = "rows matched"
#: A sparkline has at most this many points.
MAX_TREND_POINTS = 40
_DAYS_PER_UNIT = {DateUnit.DAY: 1, DateUnit.WEEK: 7, DateUnit.MONTH: 28, DateUnit.QUARTER: 90}


@dataclass(frozen=True, slots=True, kw_only=True)
class Page:
    """A slice of the rows."""

    offset: int
    size: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Query:
    """A definition bound to a dataset, an engine's SQL and one logical time; each method gives one statement."""

    definition: ReportDefinition
    relation: FromClause
    functions: SqlFunctions
    predicates: PredicateCompiler
    period: ResolvedWindow | None
    previous_period: ResolvedWindow | None

    def rows(self, page: Page | None = None) -> Select[Any]:
        """The rows in their order: up to the definition's limit, or a page of them.

        A page of groups has one column more, `TOTAL`: how many groups there are, known once they are made.
        """
        columns = self._columns()
        total = [func.count().over().label(TOTAL)] if page is not None and self.definition.groupings else []
        statement = self._from(*columns.values(), *total, window=self.period)
        if self.definition.groupings:
            statement = statement.group_by(*_positions(len(self.definition.groupings)))
        statement = statement.order_by(*self._order(columns))
        if page is not None:
            return statement.limit(page.size).offset(page.offset or None)
        return statement if self.definition.limit is None else statement.limit(self.definition.limit)

    def count(self) -> Select[Any]:
        """How many rows there are without the limit."""
        if not self.definition.is_summary:
            return self._from(func.count().label("rows"), window=self.period)
        if not self.definition.groupings:
            return select(literal_column("1").label("rows"))
        groups = [self._grouping(grouping) for grouping in self.definition.groupings]
        inner = self._from(*groups, window=self.period).group_by(*_positions(len(groups)))
        return select(func.count().label("rows")).select_from(inner.subquery("groups"))

    def kpis(self) -> Select[Any]:
        """One row with every headline number of the period."""
        return self._from(*self._kpi_columns(), window=self.period)

    def previous_kpis(self) -> Select[Any]:
        """The same numbers of the span before."""
        return self._from(*self._kpi_columns(), window=self.previous_period)

    def trend(self) -> Select[Any]:
        """Every headline number per `trend_unit` of the period, oldest first; units without rows are left out."""
        if self.definition.period is None or self.period is None:
            raise ValueError("a trend needs a period")
        unit = self._grouping(Grouping(field=self.definition.period.field, grain=trend_unit(self.period)))
        statement = self._from(unit, *self._kpi_columns(), window=self.period)
        return statement.group_by(*_positions(1)).order_by(*_positions(1))

    def _from(self, *columns: ColumnElement[Any], window: ResolvedWindow | None) -> Select[Any]:
        """Select from the dataset where the filters and the window hold."""
        statement = select(*columns).select_from(self.relation)
        if window is not None and self.definition.period is not None:
            statement = statement.where(self.predicates.window(self.definition.period.field, window))
        if self.definition.filters.items:
            statement = statement.where(self.predicates.group(self.definition.filters))
        return statement

    def _columns(self) -> dict[str, ColumnElement[Any]]:
        """The result columns by key."""
        if not self.definition.is_summary:
            return {name: self.predicates.column(name)[1] for name in self.definition.columns}
        columns = {grouping.key: self._grouping(grouping) for grouping in self.definition.groupings}
        return columns | {measure.key: self._measure(measure) for measure in self.definition.measures}

    def _order(self, columns: dict[str, ColumnElement[Any]]) -> list[ColumnElement[Any]]:
        """The asked order, then every key that is left, so that ties fall the same way each time."""
        descending = {sort.key: sort.descending for sort in self.definition.sort}
        keys = [grouping.key for grouping in self.definition.groupings] or list(self.definition.columns)
        order: list[ColumnElement[Any]] = []
        for key in [*descending, *(key for key in keys if key not in descending)]:
            order.extend(self.functions.order(columns[key], descending=descending.get(key, False)))
        return order

    def _grouping(self, grouping: Grouping) -> ColumnElement[Any]:
        field, column = self.predicates.column(grouping.field)
        if grouping.grain is None:
            return column.label(quoted_name(grouping.key, quote=True))
        period = self.definition.period
        is_bounded = self.period is not None and period is not None and period.field == grouping.field
        bucket = self.functions.bucket(
            column,
            grain=grouping.grain,
            timezone=self.definition.timezone if field.type is FieldType.DATETIME else None,
            between=(self.period.starts_at, self.period.ends_at) if is_bounded and self.period else None,
        )
        return bucket.label(quoted_name(grouping.key, quote=True))

    def _measure(self, measure: Measure) -> ColumnElement[Any]:
        if measure.field is None:
            return func.count().label(quoted_name(measure.key, quote=True))
        field, column = self.predicates.column(measure.field)
        return self.functions.aggregate(measure.aggregation, column, field).label(quoted_name(measure.key, quote=True))

    def _kpi_columns(self) -> list[ColumnElement[Any]]:
        return [self._measure(measure) for measure in self.definition.kpis]


def compile_query(
    definition: ReportDefinition, dataset: Dataset, *, functions: SqlFunctions, logical_at: datetime
) -> Query:
    """Bind a validated definition to its dataset at `logical_at`. Raises InvalidDefinition."""
    relation = dataset_relation(dataset)
    period = previous = None
    if definition.period is not None:
        period = resolve_window(definition.period.window, logical_at, definition.timezone)
        previous = previous_window(period, definition.period.window)
    return Query(
        definition=definition,
        relation=relation,
        functions=functions,
        predicates=PredicateCompiler(
            dataset=dataset,
            relation=relation,
            functions=functions,
            logical_at=logical_at,
            timezone=definition.timezone,
        ),
        period=period,
        previous_period=previous,
    )


def compile_values(dataset: Dataset, field: str, *, functions: SqlFunctions, search: str, limit: int) -> Select[Any]:
    """The values of a field with their counts, most frequent first; `search` is contained in the value."""
    relation = dataset_relation(dataset)
    column = relation.c[field]
    statement = select(column.label("value"), func.count().label("rows")).select_from(relation)
    if search:
        statement = statement.where(functions.matches(column, contains_pattern(search)))
    statement = statement.group_by(*_positions(1)).order_by(literal_column("2").desc())
    return statement.order_by(*functions.order(literal_column("1"), descending=False)).limit(limit)


def trend_unit(period: ResolvedWindow) -> DateUnit:
    """The smallest unit that keeps the trend of the period to `MAX_TREND_POINTS` points."""
    days = (period.last_on - period.first_on).days + 1
    for unit, length in _DAYS_PER_UNIT.items():
        # A span that does not begin with a unit touches one more of them.
        if days / length + (0 if unit is DateUnit.DAY else 1) <= MAX_TREND_POINTS:
            return unit
    return DateUnit.YEAR


def _positions(count: int) -> list[ColumnElement[Any]]:
    """`1, 2, …`: names would be ambiguous where a key is also a column of the table."""
    return [literal_column(str(position)) for position in range(1, count + 1)]
