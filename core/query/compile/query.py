"""A definition bound to a dataset, an engine's SQL and one logical time; each method gives one statement.

Some questions take two phases in one snapshot: what the first ones find (spans of dates, top values, values that
become columns) goes back into the query, which then gives the others.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy import Select, func, literal_column, select

from core.catalog.sources.sql_functions import SqlFunctions
from core.domain.dataset import Dataset
from core.domain.definition import Grouping, Measure, ReportDefinition, Totals
from core.domain.field import FieldType
from core.domain.filter import Condition, FilterGroup, Grain, Match, Operator, ResolvedWindow
from core.domain.filter_off import applied
from core.domain.relation import TableOrigin
from core.domain.result import CellValue, ColumnRole, ResultColumn
from core.query.columns import measure_column, result_columns
from core.query.compile.detail import detail_count, detail_rows
from core.query.compile.final import TOTAL, final_select
from core.query.compile.level import Level
from core.query.compile.pivot import (
    MAX_SPREAD_COLUMNS,
    pivoted_columns,
    pivoted_level,
    spread_groupings,
    spread_level,
    staying_groupings,
)
from core.query.compile.scope import Scope, open_base
from core.query.compile.summary import summary_level
from core.query.compile.top import top_scope
from core.query.compile.totals import totals_questions
from core.query.compile.trend import trend_unit
from core.query.windows import compared_window, resolve_window

__all__ = ["TOTAL", "Asked", "Page", "Query", "compile_query"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Page:
    """A slice of the rows."""

    offset: int
    size: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """A statement and the columns of its answer."""

    statement: Select[Any]
    columns: tuple[ResultColumn, ...]
    level: int = 0  #: of totals: how many groupings they are over


@dataclass(frozen=True, slots=True, kw_only=True)
class Query:
    """The statements of one question."""

    scope: Scope
    previous_period: ResolvedWindow | None  #: what headline numbers compare with

    @property
    def definition(self) -> ReportDefinition:
        """What is asked."""
        return self.scope.definition

    @property
    def period(self) -> ResolvedWindow | None:
        """The span the question is about."""
        return self.scope.period

    @property
    def columns(self) -> tuple[ResultColumn, ...]:
        """The columns of the rows."""
        if self.definition.pivot is not None:
            return pivoted_columns(self.scope)
        return tuple(self.scope.columns[key] for key in self.definition.column_keys)

    def table(self) -> TableOrigin | None:
        """The one plain table that all rows come from, if that is all there is to it."""
        return open_base(self.scope, self.definition.columns).relation.table

    def extremes(self) -> Select[Any] | None:
        """First and last value of every date and time grouped without a known span; None where it would not pay off."""
        fields = self._unbounded_fields()
        if not fields:
            return None
        relation = open_base(self.scope, fields).relation
        columns = [relation.column(name) for name in fields]
        return select(*(pick(column) for column in columns for pick in (func.min, func.max))).select_from(
            relation.source
        )

    def within(self, extremes: Sequence[datetime | None]) -> "Query":
        """The same query, knowing the answer to `extremes`: naive values are UTC."""
        spans = dict(self.scope.spans)
        for name, first, last in zip(self._unbounded_fields(), extremes[::2], extremes[1::2], strict=True):
            if first is not None and last is not None:
                spans[name] = (_whole_second(first), _whole_second(last) + timedelta(seconds=1))
        return replace(self, scope=replace(self.scope, spans=spans))

    def numbered(self, row_key: str | None) -> "Query":
        """The same query over rows that the hidden column `row_key` numbers."""
        return replace(self, scope=replace(self.scope, row_key=row_key))

    def top(self) -> Asked | None:
        """The values that a top n keeps, in the first column; None where there is no top."""
        scope = top_scope(self.scope)
        if scope is None:
            return None
        columns = tuple(scope.columns[key] for key in scope.definition.column_keys)
        statement = final_select(scope, summary_level(scope), scope.columns)
        return Asked(statement=statement.limit(scope.definition.limit), columns=columns)

    def with_top(self, keys: Sequence[CellValue]) -> "Query":
        """The same query, knowing the answer to `top`."""
        asked = top_scope(self.scope)
        if asked is None:
            return self
        scope = replace(self.scope, top_keys=tuple(keys), top_grouping=asked.definition.groupings[0])
        return replace(self, scope=scope)

    def spread(self) -> Asked | None:
        """The values that the pivot makes columns of, and `TOTAL`; None where there is no pivot."""
        if self.definition.pivot is None:
            return None
        groupings = spread_groupings(self.scope)
        asked = self.scope.asking(groupings=groupings, pivot=None, sort=(), totals=Totals())
        columns = tuple(self.scope.columns[grouping.key] for grouping in groupings)
        statement = final_select(asked, spread_level(self.scope), self.scope.columns, with_total=True)
        return Asked(statement=statement.limit(MAX_SPREAD_COLUMNS), columns=columns)

    def with_spread(self, values: Sequence[tuple[CellValue, ...]]) -> "Query":
        """The same query, knowing the answer to `spread`."""
        return replace(self, scope=replace(self.scope, spread=tuple(values)))

    def rows(self, page: Page | None = None) -> Select[Any]:
        """The rows in their order: up to the definition's limit, or a page of them.

        A page of groups has one column more, `TOTAL`: how many groups there are, known once they are made.
        """
        limit, offset = (self.definition.limit, None) if page is None else (page.size, page.offset or None)
        statement = self._rows(with_total=page is not None)
        return statement if limit is None else statement.limit(limit).offset(offset)

    def count(self) -> Select[Any]:
        """How many rows there are without the limit."""
        definition = self.definition
        if not definition.is_summary:
            return detail_count(self.scope)
        staying = staying_groupings(self.scope)
        is_compared = any(calculation.kind.compares for calculation in definition.calculations)
        if definition.result_filters.items or (is_compared and staying):
            return self._level().count()
        if not staying:
            return select(literal_column("1").label("row_count"))
        return summary_level(self.scope.asking(groupings=staying, measures=(), calculations=(), pivot=None)).count()

    def totals(self, *, limit: int | None) -> Iterator[Asked]:
        """A statement for each level of totals, the grand total first; `limit`: most subtotals of a level."""
        for question in totals_questions(self.scope):
            keys = question.answer.keys
            described = {column.key: column for column in self.columns} | dict(self.scope.columns)
            statement = final_select(question.scope, question.answer, described)
            yield Asked(
                statement=statement.limit(limit) if question.level and limit is not None else statement,
                columns=tuple(described[key] for key in keys),
                level=question.level,
            )

    def overall(self) -> Asked | None:
        """One row with every measure over all rows of the result; None where it has no measure."""
        measures = self.definition.measures
        if not measures:
            return None
        described = {measure.key: measure_column(measure, self.scope.dataset) for measure in measures}
        question = totals_questions(self.scope.asking(pivot=None, calculations=(), totals=Totals(grand=True)))[0]
        return Asked(
            statement=final_select(question.scope, question.answer, described), columns=tuple(described.values())
        )

    def kpis(self) -> Asked:
        """One row with every headline number of the period."""
        return self._headline(self.period)

    def previous_kpis(self) -> Asked:
        """The same numbers of the span compared with."""
        return self._headline(self.previous_period)

    def trend(self) -> Asked:
        """Every headline number per `trend_unit` of the period, oldest first; units without rows are left out."""
        if self.definition.period is None or self.period is None:
            raise ValueError("a trend needs a period")
        unit = Grouping(field=self.definition.period.field, grain=Grain(trend_unit(self.period)))
        return self._headline(self.period, unit)

    def _headline(self, window: ResolvedWindow | None, *groupings: Grouping) -> Asked:
        measures = self.definition.kpis
        columns = [_bucket_column(each) for each in groupings]
        columns += [measure_column(measure, self.scope.dataset) for measure in measures]
        described = {column.key: column for column in columns}
        scope = replace(_plain(self.scope, groupings, measures), period=window, columns=described)
        return Asked(statement=final_select(scope, summary_level(scope), described), columns=tuple(columns))

    def _rows(self, *, with_total: bool) -> Select[Any]:
        if not self.definition.is_summary:
            return detail_rows(self.scope)
        counts = with_total and bool(staying_groupings(self.scope) or self.definition.result_filters.items)
        described = {column.key: column for column in self.columns}
        return final_select(self.scope, self._level(), described, with_total=counts)

    def _level(self) -> Level:
        return summary_level(self.scope) if self.definition.pivot is None else pivoted_level(self.scope)

    def _unbounded_fields(self) -> list[str]:
        """Dates and times of the base table that are grouped without a known span."""
        scope = self.scope
        if not scope.functions.wants_spans or scope.definition.timezone == "UTC" or scope.dataset.steps:
            return []
        names = {grouping.field for grouping in scope.definition.groupings if grouping.grain} - scope.spans.keys()
        fields = [field for field in scope.dataset.fields if field.name in names]
        return sorted(
            field.name
            for field in fields
            if field.type is FieldType.DATETIME and field.table is None and field.expression is None
        )


def compile_query(
    definition: ReportDefinition, dataset: Dataset, *, functions: SqlFunctions, logical_at: datetime
) -> Query:
    """Bind a validated definition, without what is switched off in it, to its dataset. Raises InvalidDefinition."""
    definition = applied(definition)
    period = previous = None
    spans = dict(_spans_of_filters(definition, logical_at))
    asked = definition.period
    if asked is not None:
        calendar = definition.calendar
        period = resolve_window(asked.window, logical_at, definition.timezone, calendar)
        previous = compared_window(period, asked.window, asked.against, calendar)
        spans[asked.field] = (period.starts_at, period.ends_at)
    scope = Scope(
        definition=definition,
        dataset=dataset,
        functions=functions,
        logical_at=logical_at,
        columns={column.key: column for column in result_columns(definition, dataset)},
        period=period,
        spans=spans,
    )
    return Query(scope=scope, previous_period=previous)


def _spans_of_filters(
    definition: ReportDefinition, logical_at: datetime
) -> Iterator[tuple[str, tuple[datetime, datetime]]]:
    """The spans of the windows that every row lies in, each with its field."""
    for item in definition.filters.items if definition.filters.match is Match.ALL else ():
        if isinstance(item, Condition) and item.operator is Operator.IN_WINDOW and item.window is not None:
            window = resolve_window(item.window, logical_at, definition.timezone, definition.calendar)
            yield item.field, (window.starts_at, window.ends_at)


def _plain(scope: Scope, groupings: tuple[Grouping, ...], measures: tuple[Measure, ...]) -> Scope:
    """The rows of the question, measured in another way."""
    asked = scope.asking(
        groupings=groupings,
        measures=measures,
        calculations=(),
        result_filters=FilterGroup(),
        sort=(),
        top=None,
        pivot=None,
        totals=Totals(),
    )
    return replace(asked, top_keys=None, top_grouping=None)


def _bucket_column(grouping: Grouping) -> ResultColumn:
    return ResultColumn(key=grouping.key, label=grouping.key, type=FieldType.DATE, role=ColumnRole.DIMENSION)


def _whole_second(value: datetime) -> datetime:
    return (value if value.tzinfo else value.replace(tzinfo=UTC)).replace(microsecond=0)
