"""Compiles filters and windows to predicates on raw columns; values are always bound."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

from sqlalchemy import ColumnElement, and_, false, func, not_, or_, true

from core.catalog.sources.sql_functions import SqlFunctions
from core.domain.field import Field, FieldType
from core.domain.filter import Calendar, Condition, FilterGroup, Match, Operator, ResolvedWindow
from core.errors import InvalidDefinition
from core.query.operands import Operand, Span, read_operand
from core.query.windows import resolve_window

Predicate = ColumnElement[bool]
Resolve = Callable[[str], tuple[Field, ColumnElement[Any]]]

#: What hides nulls from a plain comparison holds for them: they are not that, not there, not inside.
_OPPOSITES = {
    Operator.IS_NOT: Operator.IS,
    Operator.NOT_CONTAINS: Operator.CONTAINS,
    Operator.NOT_STARTS_WITH: Operator.STARTS_WITH,
    Operator.NOT_ENDS_WITH: Operator.ENDS_WITH,
    Operator.NOT_BETWEEN: Operator.BETWEEN,
    Operator.NOT_IN_WINDOW: Operator.IN_WINDOW,
    Operator.IS_NOT_EMPTY: Operator.IS_EMPTY,
}
#: What stands before and after the text in a LIKE pattern.
_WILDCARDS = {Operator.CONTAINS: ("%", "%"), Operator.STARTS_WITH: ("", "%"), Operator.ENDS_WITH: ("%", "")}


@dataclass(frozen=True, slots=True, kw_only=True)
class PredicateCompiler:
    """Compiles filters at one logical time. `resolve` gives the field and the column that a condition's name means."""

    resolve: Resolve
    functions: SqlFunctions
    logical_at: datetime
    timezone: str
    calendar: Calendar = Calendar()

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
        field, column = self.resolve(field_name)
        if field.type is FieldType.DATE:
            return and_(column >= window.first_on, column < window.last_on + timedelta(days=1))
        starts_at, ends_at = self.functions.instant(window.starts_at), self.functions.instant(window.ends_at)
        return and_(column >= starts_at, column < ends_at)

    def condition(self, condition: Condition) -> Predicate:
        """One condition."""
        field, column = self.resolve(condition.field)
        opposite = _OPPOSITES.get(condition.operator)
        if opposite is None:
            return self._positive(condition, condition.operator, field, column)
        found = self._positive(condition, opposite, field, column)
        return not_(found) if opposite is Operator.IS_EMPTY else or_(column.is_(None), not_(found))

    def _positive(
        self, condition: Condition, operator: Operator, field: Field, column: ColumnElement[Any]
    ) -> Predicate:
        if operator is Operator.IN_WINDOW:
            if condition.window is None:
                raise InvalidDefinition(f"The filter on {field.label} has no window.")
            window = resolve_window(condition.window, self.logical_at, self.timezone, self.calendar)
            return self.window(condition.field, window)
        if operator is Operator.IS_EMPTY:
            is_null = column.is_(None)
            return or_(is_null, self.functions.text(column) == "") if field.type is FieldType.TEXT else is_null
        operands = [read_operand(value, field, self.timezone) for value in condition.values]
        match field.type:
            case FieldType.TEXT:
                return self._text(operator, column, [str(operand) for operand in operands], condition.ignore_case)
            case FieldType.DATETIME:
                return self._instants(operator, column, [each for each in operands if isinstance(each, Span)])
            case _:
                return _plain(operator, column, operands)

    def _text(
        self, operator: Operator, column: ColumnElement[Any], values: Sequence[str], ignore_case: bool | None
    ) -> Predicate:
        if operator not in _WILDCARDS:
            text = self.functions.text(column)
            if not ignore_case:
                return _plain(operator, text, values)
            # The engine folds both sides: Python knows other letters than it does.
            folded = [self.functions.folded(self.functions.literal(value, FieldType.TEXT)) for value in values]
            return _plain(operator, self.functions.folded(text), folded)
        before, after = _WILDCARDS[operator]
        patterns = [f"{before}{_escaped(value)}{after}" for value in values]
        folds = ignore_case is not False
        return or_(*(self.functions.matches(column, pattern, ignore_case=folds) for pattern in patterns))

    def _instants(self, operator: Operator, column: ColumnElement[Any], spans: Sequence[Span]) -> Predicate:
        """Days compare as whole days: after a day begins with the next one."""
        first, last = spans[0], spans[-1]
        match operator:
            case Operator.IS:
                return or_(*(self._within(column, span) for span in spans))
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


def _plain(operator: Operator, column: ColumnElement[Any], values: Sequence[Operand | ColumnElement[Any]]) -> Predicate:
    """Comparisons that need no translation."""
    first = values[0]
    match operator:
        case Operator.IS:
            # Not every engine takes a list of exact numbers for a floating column.
            is_listed = len(values) > 1 and not any(isinstance(value, Decimal) for value in values)
            return column.in_(values) if is_listed else or_(*(column == value for value in values))
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
