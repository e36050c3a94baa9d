"""Compiles filters and windows to predicates on raw columns; values are always bound."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, FromClause, and_, false, func, not_, or_, true

from core.catalog.sources.connector import SqlFunctions
from core.domain.dataset import Dataset, Field, FieldType
from core.domain.filter import Condition, FilterGroup, Match, Operator, ResolvedWindow
from core.errors import InvalidDefinition
from core.query.operands import Operand, Span, read_operand
from core.query.windows import resolve_window

Predicate = ColumnElement[bool]


@dataclass(frozen=True, slots=True, kw_only=True)
class PredicateCompiler:
    """Compiles the filters of one definition at one logical time."""

    dataset: Dataset
    relation: FromClause
    functions: SqlFunctions
    logical_at: datetime
    timezone: str

    def column(self, name: str) -> tuple[Field, ColumnElement[Any]]:
        """The field called `name` and its column. Raises InvalidDefinition."""
        field = self.dataset.field(name)
        if field is None:
            raise InvalidDefinition(f"{self.dataset.label} has no field '{name}' any more.")
        return field, self.relation.c[field.name]

    def group(self, group: FilterGroup) -> Predicate:
        """A group; an empty one holds for every row. NONE holds where every item is false or unknown."""
        if not group.items:
            return true()
        items = [self.group(item) if isinstance(item, FilterGroup) else self.condition(item) for item in group.items]
        match group.match:
            case Match.ALL:
                return and_(*items)
            case Match.ANY:
                return or_(*items)
            case Match.NONE:
                return not_(func.coalesce(or_(*items), false()))

    def window(self, field_name: str, window: ResolvedWindow) -> Predicate:
        """Inside a window, as a half-open range on the raw column so that indexes and zone maps serve it."""
        field, column = self.column(field_name)
        return self._between(column, field, window.first_on, window.last_on, (window.starts_at, window.ends_at))

    def condition(self, condition: Condition) -> Predicate:
        """One condition."""
        field, column = self.column(condition.field)
        match condition.operator:
            case Operator.IN_WINDOW:
                if condition.window is None:
                    raise InvalidDefinition(f"The filter on {field.label} has no window.")
                return self.window(field.name, resolve_window(condition.window, self.logical_at, self.timezone))
            case Operator.IS_EMPTY:
                return self._is_empty(field, column)
            case Operator.IS_NOT_EMPTY:
                return not_(self._is_empty(field, column))
        operands = [read_operand(value, field, self.timezone) for value in condition.values]
        match field.type:
            case FieldType.TEXT:
                return self._text(condition.operator, column, [str(operand) for operand in operands])
            case FieldType.DATETIME:
                spans = [operand for operand in operands if isinstance(operand, Span)]
                return self._instants(condition.operator, column, spans)
            case _:
                return _plain(condition.operator, column, operands)

    def _between(
        self,
        column: ColumnElement[Any],
        field: Field,
        first: date,
        last: date,
        instants: tuple[datetime, datetime],
    ) -> Predicate:
        if field.type is FieldType.DATE:
            return and_(column >= first, column < last + timedelta(days=1))
        starts_at, ends_at = instants
        return and_(column >= self.functions.instant(starts_at), column < self.functions.instant(ends_at))

    def _is_empty(self, field: Field, column: ColumnElement[Any]) -> Predicate:
        if field.type is FieldType.TEXT:
            return or_(column.is_(None), self.functions.text(column) == "")
        return column.is_(None)

    def _text(self, operator: Operator, column: ColumnElement[Any], values: Sequence[str]) -> Predicate:
        if operator in (Operator.IS, Operator.IS_NOT):
            return _plain(operator, self.functions.text(column), values, raw=column)
        prefix, suffix = {
            Operator.STARTS_WITH: ("", "%"),
            Operator.ENDS_WITH: ("%", ""),
        }.get(operator, ("%", "%"))
        found = or_(*(self.functions.matches(column, f"{prefix}{_escaped(value)}{suffix}") for value in values))
        return or_(column.is_(None), not_(found)) if operator is Operator.NOT_CONTAINS else found

    def _instants(self, operator: Operator, column: ColumnElement[Any], spans: Sequence[Span]) -> Predicate:
        """Days compare as whole days: after a day begins with the next one."""
        first, last = spans[0], spans[-1]
        match operator:
            case Operator.IS:
                return or_(*(self._within(column, span) for span in spans))
            case Operator.IS_NOT:
                return or_(column.is_(None), not_(or_(*(self._within(column, span) for span in spans))))
            case Operator.GREATER if first.is_instant:
                return column > self.functions.instant(first.starts_at)
            case Operator.GREATER:
                return column >= self.functions.instant(first.ends_at)
            case Operator.AT_LEAST:
                return column >= self.functions.instant(first.starts_at)
            case Operator.LESS:
                return column < self.functions.instant(first.starts_at)
            case Operator.AT_MOST:
                return self._up_to(column, first)
            case _:
                return and_(column >= self.functions.instant(first.starts_at), self._up_to(column, last))

    def _within(self, column: ColumnElement[Any], span: Span) -> Predicate:
        if span.is_instant:
            return column == self.functions.instant(span.starts_at)
        return and_(column >= self.functions.instant(span.starts_at), column < self.functions.instant(span.ends_at))

    def _up_to(self, column: ColumnElement[Any], span: Span) -> Predicate:
        bound = self.functions.instant(span.ends_at)
        return column <= bound if span.is_instant else column < bound


def _plain(
    operator: Operator,
    column: ColumnElement[Any],
    values: Sequence[Operand],
    *,
    raw: ColumnElement[Any] | None = None,
) -> Predicate:
    """Comparisons that need no translation. `raw`: the column to ask for null, where `column` wraps it."""
    first = values[0]
    match operator:
        case Operator.IS:
            return column == first if len(values) == 1 else column.in_(values)
        case Operator.IS_NOT:
            different = column != first if len(values) == 1 else column.not_in(values)
            return or_((column if raw is None else raw).is_(None), different)
        case Operator.GREATER:
            return column > first
        case Operator.AT_LEAST:
            return column >= first
        case Operator.LESS:
            return column < first
        case Operator.AT_MOST:
            return column <= first
        case Operator.BETWEEN:
            return and_(column >= first, column <= values[1])
    raise InvalidDefinition("This operator does not fit the field's type.")


def contains_pattern(text: str) -> str:
    """A LIKE pattern for values that contain `text`."""
    return f"%{_escaped(text)}%"


def _escaped(text: str) -> str:
    r"""Take the meaning from LIKE's wildcards; the escape character is `\`."""
    return text.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")
