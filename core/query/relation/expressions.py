"""Compiles expressions to SQL; what their functions do is written in `expression_calls`."""

from collections.abc import Callable
from dataclasses import dataclass
from itertools import islice
from typing import Any

from sqlalchemy import ColumnElement, and_, func, literal_column, not_, or_
from sqlalchemy.sql.visitors import iterate

from core.catalog.sources.sql_functions import DEFAULT_CALENDAR, SqlFunctions
from core.domain.expression import Binary, Call, Expression, Flag, In, IsEmpty, Name, Null, Number, Text, Unary
from core.domain.expression_functions import FUNCTIONS, shapes
from core.domain.expression_types import common_type
from core.domain.field import FieldType
from core.domain.filter import Calendar
from core.errors import InvalidInput
from core.query.relation.expression_calls import CALLS, TypedCall
from core.query.relation.expression_values import Value

#: Gives the column and the type that a name stands for.
Resolve = Callable[[str], tuple[ColumnElement[Any], FieldType]]

#: Some engines write a function with its argument in it twice: nested deep, the text would outgrow the memory.
MAX_ELEMENTS = 20_000


def compile_expression(
    expression: Expression,
    resolve: Resolve,
    functions: SqlFunctions,
    *,
    timezone: str = "UTC",
    calendar: Calendar = DEFAULT_CALENDAR,
) -> ColumnElement[Any]:
    """A checked expression (`type_of` found nothing wrong) as SQL; days begin in `timezone`.

    Raises InvalidInput for one that grows too large, and what `resolve` raises.
    """
    compiler = _Compiler(resolve=resolve, functions=functions, timezone=timezone, calendar=calendar)
    element = compiler.value(expression).element
    if next(islice(iterate(element), MAX_ELEMENTS, None), None) is not None:
        raise InvalidInput("The expression is too large once it is written in SQL; compute parts of it by themselves.")
    return element


@dataclass(frozen=True, slots=True, kw_only=True)
class _Compiler:
    resolve: Resolve
    functions: SqlFunctions
    timezone: str
    calendar: Calendar

    def value(self, part: Expression) -> Value:
        match part:
            case Number():
                kind = FieldType.INTEGER if isinstance(part.value, int) else FieldType.DECIMAL
                return Value(functions=self.functions, type=kind, constant=part.value)
            case Text():
                return Value(functions=self.functions, type=FieldType.TEXT, constant=part.value)
            case Flag():
                return Value(functions=self.functions, type=FieldType.BOOLEAN, constant=part.value)
            case Null():
                return Value(functions=self.functions, type=None)
            case Name():
                return self._name(part)
            case Call():
                return self._call(part)
            case _:
                return self._operation(part)

    def _name(self, part: Name) -> Value:
        element, kind = self.resolve(part.name)
        return self._made(self.functions.text(element) if kind is FieldType.TEXT else element, kind)

    def _made(self, element: ColumnElement[Any], kind: FieldType | None) -> Value:
        return Value(functions=self.functions, type=kind, made=element)

    def _operation(self, part: Unary | Binary | In | IsEmpty) -> Value:
        match part:
            case Unary(operator="not"):
                return self._made(not_(self.value(part.operand).element), FieldType.BOOLEAN)
            case Unary():
                operand = self.value(part.operand)
                return self._made(-operand.number, operand.type)
            case Binary():
                return self._binary(part)
            case In():
                operand, *options = map(self.value, (part.operand, *part.options))
                kind = common_type(value.type for value in (operand, *options))
                # Not IN: ClickHouse takes no list of another number type than the operand's.
                found = or_(*(operand.as_type(kind) == option.as_type(kind) for option in options))
                return self._made(not_(found) if part.negated else found, FieldType.BOOLEAN)
            case IsEmpty():
                empty = self._is_empty(self.value(part.operand))
                return self._made(not_(empty) if part.negated else empty, FieldType.BOOLEAN)

    def _is_empty(self, operand: Value) -> ColumnElement[bool]:
        is_null = operand.element.is_(None)
        if operand.type is not FieldType.TEXT:
            return is_null
        return or_(is_null, operand.element == self.functions.literal("", FieldType.TEXT))

    def _binary(self, part: Binary) -> Value:
        left, right = self.value(part.left), self.value(part.right)
        match part.operator:
            case "and":
                return self._made(and_(left.element, right.element), FieldType.BOOLEAN)
            case "or":
                return self._made(or_(left.element, right.element), FieldType.BOOLEAN)
            case "/":
                return self._made(self.functions.divided(left.element, right.element), FieldType.DECIMAL)
            case "+" | "-" | "*" | "%":
                kind = common_type((left.type, right.type))
                return self._made(_ARITHMETIC[part.operator](left.number, right.number), kind)
            case operator:
                kind = common_type((left.type, right.type))
                compared = _COMPARISONS[operator](left.as_type(kind), right.as_type(kind))
                return self._made(compared, FieldType.BOOLEAN)

    def _call(self, call: Call) -> Value:
        function = FUNCTIONS[call.function]
        arguments = tuple(self.value(part) for part in call.arguments)
        kind = function.gives
        if kind is None:
            taken = zip(arguments, function.expects(len(arguments)) or (), strict=True)
            kind = common_type(argument.type for argument, takes in taken if shapes(takes))
        typed = TypedCall(
            arguments=arguments,
            type=kind,
            functions=self.functions,
            timezone=self.timezone,
            calendar=self.calendar,
        )
        return self._made(CALLS[call.function](typed), kind)


def _remainder(left: ColumnElement[Any], right: ColumnElement[Any]) -> ColumnElement[Any]:
    """Of a division by zero there is none."""
    return left % func.nullif(right, literal_column("0"), type_=right.type)


_ARITHMETIC: dict[str, Callable[[ColumnElement[Any], ColumnElement[Any]], ColumnElement[Any]]] = {
    "+": lambda left, right: left + right,
    "-": lambda left, right: left - right,
    "*": lambda left, right: left * right,
    "%": _remainder,
}
_COMPARISONS: dict[str, Callable[[ColumnElement[Any], ColumnElement[Any]], ColumnElement[bool]]] = {
    "=": lambda left, right: left == right,
    "!=": lambda left, right: left != right,
    "<": lambda left, right: left < right,
    "<=": lambda left, right: left <= right,
    ">": lambda left, right: left > right,
    ">=": lambda left, right: left >= right,
}
