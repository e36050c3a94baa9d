"""Compiles definitions to SQLAlchemy selects: rows as they are, groups, counts, headline numbers and their trends."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, FromClause, Select, column, func, literal_column, select
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
    #: Half-open spans that all values of a field lie in, where they are known.
    spans: Mapping[str, tuple[datetime, datetime]]
    #: Hidden column that breaks ties between rows, and in whose order they come anyway.
    row_key: str | None = None

    def extremes(self) -> Select[Any] | None:
        """First and last value of every date and time grouped without a known span; None where it would not pay off."""
        fields = self._unbounded_fields()
        if not fields:
            return None
        columns = [self.predicates.column(name)[1] for name in fields]
        return select(*(pick(column) for column in columns for pick in (func.min, func.max))).select_from(self.relation)

    def within(self, extremes: Sequence[datetime | None]) -> "Query":
        """The same query, knowing the answer to `extremes`: naive values are UTC."""
        spans = dict(self.spans)
        for name, first, last in zip(self._unbounded_fields(), extremes[::2], extremes[1::2], strict=True):
            if first is not None and last is not None:
                spans[name] = (_whole_second(first), _whole_second(last) + timedelta(seconds=1))
        return replace(self, spans=spans)

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
            return self._from(func.count().label("row_count"), window=self.period)
        if not self.definition.groupings:
            return select(literal_column("1").label("row_count"))
        groups = [self._grouping(grouping) for grouping in self.definition.groupings]
        inner = self._from(*groups, window=self.period).group_by(*_positions(len(groups)))
        return select(func.count().label("row_count")).select_from(inner.subquery("grouped"))

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
        """The asked order, then what makes it complete, so that ties fall the same way each time.

        Groups differ in their keys. Rows differ in their hidden number, or at least in all of their columns; a number
        costs a tenth of what a dozen columns do, and nothing at all in a plain scan, which has that order already.
        """
        descending = {sort.key: sort.descending for sort in self.definition.sort}
        keys = [grouping.key for grouping in self.definition.groupings] or list(self.definition.columns)
        if not self.definition.is_summary and self.row_key is not None:
            is_plain_scan = not (descending or self.period or self.definition.filters.items)
            keys = [] if is_plain_scan else [self.row_key]
            columns = columns | {self.row_key: column(quoted_name(self.row_key, quote=True))}
        order: list[ColumnElement[Any]] = []
        for key in [*descending, *(key for key in keys if key not in descending)]:
            order.extend(self.functions.order(columns[key], descending=descending.get(key, False)))
        return order

    def _unbounded_fields(self) -> list[str]:
        if not self.functions.wants_spans or self.definition.timezone == "UTC":
            return []
        names = {grouping.field for grouping in self.definition.groupings if grouping.grain} - self.spans.keys()
        return [name for name in sorted(names) if self.predicates.column(name)[0].type is FieldType.DATETIME]

    def _grouping(self, grouping: Grouping) -> ColumnElement[Any]:
        field, column = self.predicates.column(grouping.field)
        if grouping.grain is None:
            return column.label(quoted_name(grouping.key, quote=True))
        bucket = self.functions.bucket(
            column,
            grain=grouping.grain,
            timezone=self.definition.timezone if field.type is FieldType.DATETIME else None,
            between=self.spans.get(grouping.field),
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
    spans: dict[str, tuple[datetime, datetime]] = {}
    if definition.period is not None:
        period = resolve_window(definition.period.window, logical_at, definition.timezone)
        previous = previous_window(period, definition.period.window)
        spans = {definition.period.field: (period.starts_at, period.ends_at)}
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
        spans=spans,
    )


def compile_values(dataset: Dataset, field: str, *, functions: SqlFunctions, search: str, limit: int) -> Select[Any]:
    """The values of a field with their counts, most frequent first; `search` is contained in the value."""
    relation = dataset_relation(dataset)
    column = relation.c[field]
    statement = select(column.label("value"), func.count().label("row_count")).select_from(relation)
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


def _whole_second(value: datetime) -> datetime:
    return (value if value.tzinfo else value.replace(tzinfo=UTC)).replace(microsecond=0)


def _positions(count: int) -> list[ColumnElement[Any]]:
    """`1, 2, …`: names would be ambiguous where a key is also a column of the table."""
    return [literal_column(str(position)) for position in range(1, count + 1)]
