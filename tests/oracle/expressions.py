"""The value of an expression: what each sign and function means for plain Python values, nothing spreading as None."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

from core.domain.expression import (
    AGGREGATES,
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
)
from core.domain.filter import Calendar, DateUnit, Grain
from tests.oracle.arithmetic import divided, number_pair, remainder, rounded
from tests.oracle.buckets import bucket
from tests.oracle.order import Value, compare
from tests.oracle.windows import begin, later


@dataclass(frozen=True, slots=True, kw_only=True)
class Reading:
    """What the names and aggregates of an expression stand for, and where days begin."""

    name: Callable[[str], Value]
    zone: ZoneInfo
    calendar: Calendar
    aggregate: Callable[[Call], Value] | None = None

    def value(self, part: Expression) -> Any:
        match part:
            case Number() | Text() | Flag():
                return part.value
            case Null():
                return None
            case Name():
                return self.name(part.name)
            case Call():
                return self._call(part)
            case _:
                return self._operation(part)

    def _operation(self, part: Unary | Binary | In | IsEmpty) -> Any:
        match part:
            case Unary():
                operand = self.value(part.operand)
                if operand is None:
                    return None
                return not operand if part.operator == "not" else -operand
            case IsEmpty():
                return (self.value(part.operand) in (None, "")) is not part.negated
            case In():
                return self._is_in(part)
            case Binary(operator="and" | "or"):
                return self._logic(part)
            case _:
                left, right = self.value(part.left), self.value(part.right)
                return None if left is None or right is None else _OPERATIONS[part.operator](left, right)

    def _is_in(self, part: In) -> bool | None:
        operand, options = self.value(part.operand), [self.value(each) for each in part.options]
        if operand is None:
            return None
        if any(each is not None and compare(operand, each) == 0 for each in options):
            return not part.negated
        return None if None in options else part.negated

    def _logic(self, part: Binary) -> bool | None:
        sides = (self.value(part.left), self.value(part.right))
        decisive = part.operator == "or"
        if decisive in sides:
            return decisive
        return None if None in sides else not decisive

    def _call(self, call: Call) -> Any:
        if call.function in AGGREGATES:
            assert self.aggregate is not None
            return self.aggregate(call)
        given = [self.value(each) for each in call.arguments]
        special = _SPECIAL.get(call.function)
        if special is not None:
            return special(given)
        if None in given:
            return None
        dated = _DATED.get(call.function)
        return dated(self, *given) if dated is not None else _PLAIN[call.function](*given)

    def day(self, value: date | str) -> date:
        """The day of an instant, of a day, or written out."""
        if isinstance(value, str):
            return date.fromisoformat(value)
        return value.astimezone(self.zone).date() if isinstance(value, datetime) else value

    def part(self, value: date, grain: Grain) -> Any:
        return bucket(value, grain, self.zone, Calendar())


def as_text(value: Any) -> str:
    """A value in the form that texts of it have."""
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, datetime):
        text = value.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%f")
        return text.rstrip("0").rstrip(".") + "Z"
    if isinstance(value, Decimal | float):
        text = format(Decimal(str(value)), "f")
        return text.rstrip("0").rstrip(".") if "." in text else text
    return str(value)


def _case(given: list[Any]) -> Any:
    *pairs, otherwise = given
    return next((value for condition, value in zip(pairs[::2], pairs[1::2], strict=True) if condition), otherwise)


def _extreme(sign: int) -> Callable[[list[Any]], Any]:
    def pick(given: list[Any]) -> Any:
        best = None
        for value in given:
            if value is not None and (best is None or compare(value, best) == sign):
                best = value
        return best

    return pick


def _arithmetic(operation: Callable[[Any, Any], Any]) -> Callable[[Any, Any], Any]:
    def compute(left: Any, right: Any) -> Any:
        found = operation(*number_pair(left, right))
        return found + 0 if isinstance(found, Decimal) else found  # no engine has an exact zero with a sign

    return compute


_OPERATIONS: dict[str, Callable[[Any, Any], Any]] = {
    "+": _arithmetic(lambda left, right: left + right),
    "-": _arithmetic(lambda left, right: left - right),
    "*": _arithmetic(lambda left, right: left * right),
    "/": divided,
    "%": remainder,
    "=": lambda left, right: compare(left, right) == 0,
    "!=": lambda left, right: compare(left, right) != 0,
    "<": lambda left, right: compare(left, right) < 0,
    "<=": lambda left, right: compare(left, right) <= 0,
    ">": lambda left, right: compare(left, right) > 0,
    ">=": lambda left, right: compare(left, right) >= 0,
}
#: Functions that have a say about values that are not there.
_SPECIAL: dict[str, Callable[[list[Any]], Any]] = {
    "if": _case,
    "case": _case,
    "coalesce": lambda given: next((value for value in given if value is not None), None),
    "least": _extreme(-1),
    "greatest": _extreme(1),
}
_PLAIN: dict[str, Callable[..., Any]] = {
    "round": rounded,
    "abs": abs,
    "floor": lambda x: x.__floor__(),
    "ceil": lambda x: x.__ceil__(),
    "lower": str.lower,
    "upper": str.upper,
    "trim": lambda text: text.strip(" "),
    "length": len,
    "left": lambda text, count: text[: max(count, 0)],
    "right": lambda text, count: text[-count:] if count > 0 else "",
    "replace": str.replace,
    "concat": lambda *parts: "".join(map(as_text, parts)),
    "contains": lambda text, part: part.lower() in text.lower(),
    "starts_with": lambda text, part: text.lower().startswith(part.lower()),
    "ends_with": lambda text, part: text.lower().endswith(part.lower()),
}
_DATED: dict[str, Callable[..., Any]] = {
    "year": lambda at, value: at.day(value).year,
    "quarter": lambda at, value: at.part(value, Grain.QUARTER_OF_YEAR),
    "month": lambda at, value: at.part(value, Grain.MONTH_OF_YEAR),
    "day": lambda at, value: at.part(value, Grain.DAY_OF_MONTH),
    "weekday": lambda at, value: at.part(value, Grain.DAY_OF_WEEK),
    "hour": lambda at, value: at.part(value, Grain.HOUR_OF_DAY),
    "date": lambda at, value: at.day(value),
    "days_between": lambda at, first, last: (at.day(last) - at.day(first)).days,
    "add_days": lambda at, value, count: later(at.day(value), DateUnit.DAY, count),
    "add_months": lambda at, value, count: later(at.day(value), DateUnit.MONTH, count),
    "start_of": lambda at, unit, value: begin(at.day(value), DateUnit(unit), at.calendar),
}
