"""Which type an expression has over typed columns, and what of it does not fit; compiling it is a later stage's."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from difflib import get_close_matches
from enum import StrEnum

from core.domain.expression import (
    Binary,
    Call,
    Expression,
    Flag,
    In,
    IsEmpty,
    Name,
    Null,
    Number,
    Text,
    Unary,
    mistake_at,
)
from core.domain.expression_functions import FUNCTIONS, Function, Takes, shapes
from core.domain.field import FieldType
from core.domain.filter import DateUnit
from core.errors import InvalidInput


class ExpressionContext(StrEnum):
    """What an expression is computed of."""

    ROW = "row"  #: one row: names are the dataset's fields or the relation's columns
    AGGREGATE = "aggregate"  #: a group: names inside aggregates are fields, outside of them dataset measures
    RESULT = "result"  #: a result's row: names are keys of result columns


_NO_MEASURES: Mapping[str, FieldType] = {}
_MAX_DIGITS = 15


def type_of(
    expression: Expression,
    columns: Mapping[str, FieldType],
    context: ExpressionContext = ExpressionContext.ROW,
    *,
    measures: Mapping[str, FieldType] = _NO_MEASURES,
) -> FieldType:
    """The type of its values. `measures` are the dataset's, for AGGREGATE. Raises InvalidInput naming the character."""
    found = part_type(expression, columns, context, measures=measures)
    if found is None:
        raise InvalidInput("The expression is always empty.")
    return found


def part_type(
    expression: Expression,
    columns: Mapping[str, FieldType],
    context: ExpressionContext = ExpressionContext.ROW,
    *,
    measures: Mapping[str, FieldType] = _NO_MEASURES,
) -> FieldType | None:
    """The type of a part; None for one that is always empty and so fits everywhere. Raises InvalidInput."""
    if context is ExpressionContext.AGGREGATE:
        return _Typing(names=measures, fields=columns).type(expression)
    return _Typing(names=columns, fields=None).type(expression)


def common_type(types: Iterable[FieldType | None]) -> FieldType | None:
    """The type that holds all of them; None where all are empty. Raises ValueError where there is none."""
    known = {found for found in types if found is not None}
    if known <= {FieldType.INTEGER, FieldType.DECIMAL} and len(known) > 1:
        return FieldType.DECIMAL
    if len(known) > 1:
        raise ValueError("no common type")
    return next(iter(known), None)


_KINDS = {
    FieldType.TEXT: "a text",
    FieldType.INTEGER: "a whole number",
    FieldType.DECIMAL: "a number",
    FieldType.BOOLEAN: "true or false",
    FieldType.DATE: "a date",
    FieldType.DATETIME: "a date with time",
    None: "always empty",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class _Typing:
    """`names` are what stands outside of aggregates; `fields` what stands inside, None where there are none."""

    names: Mapping[str, FieldType]
    fields: Mapping[str, FieldType] | None

    def type(self, part: Expression) -> FieldType | None:
        match part:
            case Number():
                return FieldType.INTEGER if isinstance(part.value, int) else FieldType.DECIMAL
            case Text():
                return FieldType.TEXT
            case Flag():
                return FieldType.BOOLEAN
            case Null():
                return None
            case Name():
                return self._name(part)
            case Call():
                return self._call(part)
            case _:
                return self._operation(part)

    def _operation(self, part: Unary | Binary | In | IsEmpty) -> FieldType | None:
        match part:
            case Unary(operator="not"):
                return self._condition(part.operand, part.position)
            case Unary():
                return _number(self.type(part.operand), part.position, "-")
            case IsEmpty():
                self.type(part.operand)
                return FieldType.BOOLEAN
            case In():
                operand = self.type(part.operand)
                for option in part.options:
                    _check_compare((operand, self.type(option)), part.position, ordered=False)
                return FieldType.BOOLEAN
            case Binary():
                return self._binary(part)

    def _binary(self, part: Binary) -> FieldType | None:
        match part.operator:
            case "and" | "or":
                self._condition(part.left, part.position)
                return self._condition(part.right, part.position)
            case "+" | "-" | "*" | "/" | "%":
                left = _number(self.type(part.left), part.position, part.operator)
                right = _number(self.type(part.right), part.position, part.operator)
                return FieldType.DECIMAL if part.operator == "/" else common_type((left, right))
            case operator:
                types = (self.type(part.left), self.type(part.right))
                _check_compare(types, part.position, ordered=operator not in ("=", "!="))
                return FieldType.BOOLEAN

    def _condition(self, part: Expression, position: int) -> FieldType:
        found = self.type(part)
        if found is not FieldType.BOOLEAN:
            raise mistake_at(position, f"a condition is needed here, which is true or false; this is {_KINDS[found]}.")
        return found

    def _name(self, part: Name) -> FieldType:
        found = self.names.get(part.name)
        if found is not None:
            return found
        if self.fields is not None and part.name in self.fields:
            raise mistake_at(
                part.position, f"'{part.name}' is a field: put it into an aggregate such as sum({part.name})."
            )
        raise mistake_at(part.position, f"there is no '{part.name}'{_closest(part.name, self.names)}")

    def _call(self, call: Call) -> FieldType | None:
        function = FUNCTIONS.get(call.function)
        if function is None:
            raise mistake_at(
                call.position, f"there is no function '{call.function}'{_closest(call.function, FUNCTIONS)}"
            )
        if not function.is_aggregate:
            return self._result(call, function)
        if self.fields is None:
            raise mistake_at(call.position, f"{function.name}() counts over rows; only measures do that.")
        return _Typing(names=self.fields, fields=None)._result(call, function)

    def _result(self, call: Call, function: Function) -> FieldType | None:
        expected = function.expects(len(call.arguments))
        if expected is None:
            raise mistake_at(call.position, f"it is written {function.signature}: {function.explanation}.")
        types = [self._argument(*pair, call) for pair in zip(call.arguments, expected, strict=True)]
        if function.gives is not None:
            return function.gives
        try:
            return common_type(found for found, takes in zip(types, expected, strict=True) if shapes(takes))
        except ValueError as error:
            kinds = " and ".join(dict.fromkeys(_KINDS[found] for found in types if found is not None))
            raise mistake_at(call.position, f"{function.name}() gives values of one type, not {kinds}.") from error

    def _argument(self, part: Expression, takes: Takes, call: Call) -> FieldType | None:
        found = self.type(part)
        if not _fits(part, found, takes):
            raise mistake_at(part.position, f"{call.function}() takes {takes} here, not {_KINDS[found]}.")
        return found


_TYPES: Mapping[Takes, frozenset[FieldType]] = {
    Takes.NUMBER: frozenset({FieldType.INTEGER, FieldType.DECIMAL}),
    Takes.WHOLE: frozenset({FieldType.INTEGER}),
    Takes.TEXT: frozenset({FieldType.TEXT}),
    Takes.CONDITION: frozenset({FieldType.BOOLEAN}),
    Takes.DATE: frozenset({FieldType.DATE, FieldType.DATETIME}),
    Takes.INSTANT: frozenset({FieldType.DATETIME}),
    Takes.DAY: frozenset({FieldType.DATE, FieldType.DATETIME}),
    Takes.ORDERED: frozenset(FieldType) - {FieldType.BOOLEAN},
}


def _fits(part: Expression, found: FieldType | None, takes: Takes) -> bool:
    match takes:
        case Takes.ANY | Takes.COMMON:
            return True
        case Takes.LITERAL:
            return isinstance(part, Text)
        case Takes.UNIT:
            return isinstance(part, Text) and part.value in tuple(DateUnit)
        case Takes.DIGITS:
            return isinstance(part, Number) and isinstance(part.value, int) and part.value <= _MAX_DIGITS
        case Takes.PERCENT:
            return isinstance(part, Number) and part.value <= 100
        case Takes.DAY if isinstance(part, Text):
            return _is_day(part.value)
        case _:
            return found is not None and found in _TYPES[takes]


def _is_day(text: str) -> bool:
    try:
        return date.fromisoformat(text).isoformat() == text
    except ValueError:
        return False


def _number(found: FieldType | None, position: int, operator: str) -> FieldType:
    if found is not None and found.is_number:
        return found
    hint = ""
    if found is FieldType.TEXT and operator == "+":
        hint = "; texts are put together with concat(a, b)"
    if found is not None and found.is_temporal:
        hint = "; use add_days(d, n), add_months(d, n) or days_between(a, b)"
    raise mistake_at(position, f"'{operator}' takes numbers, and this is {_KINDS[found]}{hint}.")


def _check_compare(types: tuple[FieldType | None, FieldType | None], position: int, *, ordered: bool) -> None:
    if None in types:
        raise mistake_at(position, "nothing compares with null; ask 'is empty'.")
    try:
        found = common_type(types)
    except ValueError as error:
        kinds = f"{_KINDS[types[0]]} does not compare with {_KINDS[types[1]]}"
        raise mistake_at(position, f"{kinds}{_comparing_hint(types)}.") from error
    if ordered and found is FieldType.BOOLEAN:
        raise mistake_at(position, "true and false are neither greater nor less.")


def _comparing_hint(types: tuple[FieldType | None, ...]) -> str:
    if FieldType.TEXT in types and (FieldType.DATE in types or FieldType.DATETIME in types):
        return "; a day is written date('2026-11-23')"
    if FieldType.DATE in types and FieldType.DATETIME in types:
        return "; date(x) is the day of a date with time"
    return ""


def _closest(name: str, known: Iterable[str]) -> str:
    close = get_close_matches(name, list(known), n=1)
    return f"; did you mean '{close[0]}'?" if close else "."
