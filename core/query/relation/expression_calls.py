"""What the functions of the expression language are in SQL."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, case, extract, func, literal_column

from core.catalog.sources.sql_functions import DEFAULT_CALENDAR, Bucketing, SqlFunctions
from core.domain.field import FieldType
from core.domain.filter import Calendar, Grain
from core.query.predicates import contains_pattern
from core.query.relation.expression_values import Value

Element = ColumnElement[Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class TypedCall:
    """A call with its arguments and the type it gives."""

    arguments: tuple[Value, ...]
    type: FieldType | None
    functions: SqlFunctions
    timezone: str
    calendar: Calendar

    @property
    def first(self) -> Element:
        """The first argument."""
        return self.arguments[0].element

    @property
    def shaped(self) -> list[Element]:
        """Every argument as the type that the call gives."""
        return [argument.as_type(self.type) for argument in self.arguments]

    def constant(self, number: int) -> Any:
        """An argument that is written out; None where it is left out."""
        return self.arguments[number].constant if len(self.arguments) > number else None

    def bucket(self, value: Value, grain: Grain, calendar: Calendar = DEFAULT_CALENDAR) -> Element:
        """The span or part that a date lies in."""
        timezone = self.timezone if value.type is FieldType.DATETIME else None
        return self.functions.bucket(value.element, Bucketing(grain=grain, timezone=timezone, calendar=calendar))

    def day(self, value: Value) -> Element:
        """The day of a date, with time or without, or written out."""
        match value.type:
            case FieldType.DATETIME:
                return self.bucket(value, Grain.DAY)
            case FieldType.TEXT:
                return self.functions.literal(str(value.constant), FieldType.DATE)
            case _:
                return value.element


def _case(call: TypedCall) -> Element:
    """`if(c, a, b)` and `case(c1, a1, …, b)`."""
    *pairs, otherwise = call.arguments
    whens = zip(pairs[::2], pairs[1::2], strict=True)
    return case(
        *((condition.element, value.as_type(call.type)) for condition, value in whens),
        else_=otherwise.as_type(call.type),
    )


def _round(call: TypedCall) -> Element:
    kind = call.arguments[0].type or FieldType.DECIMAL
    if kind is FieldType.INTEGER:
        return call.first
    return call.functions.rounded(call.first, int(call.constant(1) or 0), kind)


def _whole(rounding: Callable[[Element], Element]) -> Callable[[TypedCall], Element]:
    """A number brought to a whole one."""

    def compiled(call: TypedCall) -> Element:
        if call.arguments[0].type is FieldType.INTEGER:
            return call.first
        return call.functions.converted(rounding(call.first), FieldType.DECIMAL, FieldType.INTEGER)

    return compiled


def _pick(pick: Callable[..., Element]) -> Callable[[TypedCall], Element]:
    """The least or greatest. Engines differ on nulls, so each is replaced by one of the others first."""

    def compiled(call: TypedCall) -> Element:
        parts = call.shaped
        turned = [parts[index:] + parts[:index] for index in range(len(parts))]
        return pick(*(func.coalesce(*turn) for turn in turned), type_=parts[0].type)

    return compiled


def _characters(call: TypedCall, taken: Callable[[Element, Element], Element]) -> Element:
    """The first or last characters; none where less than one is asked for."""
    count = call.arguments[1]
    if isinstance(count.constant, int) and count.constant >= 0:
        return taken(call.first, count.element)
    none = call.functions.literal("", FieldType.TEXT)
    is_some = count.element > literal_column("0")
    return case(
        (is_some, taken(call.first, count.element)), (call.first.is_not(None) & count.element.is_not(None), none)
    )


def _texts(call: TypedCall) -> Sequence[Element]:
    return [
        value.element
        if value.type in (FieldType.TEXT, None)
        else call.functions.converted(value.element, value.type, FieldType.TEXT)
        for value in call.arguments
    ]


def _matches(cut: slice) -> Callable[[TypedCall], Element]:
    """`cut` takes the wildcards off that a pattern for 'contains' has at its ends."""
    return lambda call: call.functions.matches(call.first, contains_pattern(str(call.constant(1)))[cut])


def _part(grain: Grain) -> Callable[[TypedCall], Element]:
    return lambda call: call.bucket(call.arguments[0], grain)


def _year(call: TypedCall) -> Element:
    year = extract("year", call.day(call.arguments[0]))
    return call.functions.converted(year, FieldType.DECIMAL, FieldType.INTEGER)


#: The functions by name.
CALLS: dict[str, Callable[[TypedCall], Element]] = {
    "if": _case,
    "case": _case,
    "coalesce": lambda call: func.coalesce(*call.shaped, type_=call.shaped[0].type),
    "round": _round,
    "abs": lambda call: func.abs(call.arguments[0].number, type_=call.first.type),
    "floor": _whole(func.floor),
    "ceil": _whole(func.ceil),
    "least": _pick(func.least),
    "greatest": _pick(func.greatest),
    "lower": lambda call: call.functions.folded(call.first),
    "upper": lambda call: call.functions.raised(call.first),
    "trim": lambda call: func.trim(call.first, type_=call.first.type),
    "length": lambda call: call.functions.length(call.first),
    "left": lambda call: _characters(call, call.functions.first_characters),
    "right": lambda call: _characters(call, call.functions.last_characters),
    "replace": lambda call: func.replace(*(part.element for part in call.arguments), type_=call.first.type),
    "concat": lambda call: call.functions.concatenated(_texts(call)),
    "contains": _matches(slice(None)),
    "starts_with": _matches(slice(1, None)),
    "ends_with": _matches(slice(None, -1)),
    "year": _year,
    "quarter": _part(Grain.QUARTER_OF_YEAR),
    "month": _part(Grain.MONTH_OF_YEAR),
    "day": _part(Grain.DAY_OF_MONTH),
    "weekday": _part(Grain.DAY_OF_WEEK),
    "hour": _part(Grain.HOUR_OF_DAY),
    "date": lambda call: call.day(call.arguments[0]),
    "days_between": lambda call: call.functions.days_between(call.day(call.arguments[0]), call.day(call.arguments[1])),
    "add_days": lambda call: call.functions.days_added(call.day(call.arguments[0]), call.arguments[1].element),
    "add_months": lambda call: call.functions.months_added(call.day(call.arguments[0]), call.arguments[1].element),
    "start_of": lambda call: call.bucket(call.arguments[1], Grain(call.constant(0)), call.calendar),
}
