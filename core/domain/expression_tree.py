"""The tree of an expression and the names in it; `core.domain.expression` reads it from text and hands it on."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from decimal import Decimal

#: Functions that condense rows; measures only.
AGGREGATES = frozenset(
    {"count", "count_distinct", "sum", "average", "min", "max", "median", "percentile"},
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Number:
    """A number as it was written: whole, or with digits after the point."""

    value: int | Decimal
    position: int = field(default=0, compare=False)  #: where it begins in the text, from 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Text:
    """A text in single quotes."""

    value: str
    position: int = field(default=0, compare=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Flag:
    """`true` or `false`."""

    value: bool
    position: int = field(default=0, compare=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Null:
    """`null`: no value."""

    position: int = field(default=0, compare=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Name:
    """A field, column, result key or dataset measure, whichever the context says."""

    name: str
    position: int = field(default=0, compare=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Unary:
    """`-x` or `not x`."""

    operator: str
    operand: "Expression"
    position: int = field(default=0, compare=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Binary:
    """Two operands and one of `+ - * / % = != < <= > >= and or`."""

    operator: str
    left: "Expression"
    right: "Expression"
    position: int = field(default=0, compare=False)  #: of the operator


@dataclass(frozen=True, slots=True, kw_only=True)
class Call:
    """A function, its name in lower case, and what it is given."""

    function: str
    arguments: "tuple[Expression, ...]"
    position: int = field(default=0, compare=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class In:
    """`x in (a, b)` or `x not in (a, b)`."""

    operand: "Expression"
    options: "tuple[Expression, ...]"
    negated: bool = False
    position: int = field(default=0, compare=False)  #: of `in` or `not`


@dataclass(frozen=True, slots=True, kw_only=True)
class IsEmpty:
    """`x is empty` or `x is not empty`: null, or the text without characters."""

    operand: "Expression"
    negated: bool = False
    position: int = field(default=0, compare=False)  #: of `is`


Expression = Number | Text | Flag | Null | Name | Unary | Binary | Call | In | IsEmpty


def children(expression: Expression) -> tuple[Expression, ...]:
    """The parts directly below."""
    match expression:
        case Unary(operand=operand) | IsEmpty(operand=operand):
            return (operand,)
        case Binary(left=left, right=right):
            return (left, right)
        case Call(arguments=arguments):
            return arguments
        case In(operand=operand, options=options):
            return (operand, *options)
        case _:
            return ()


def walk(expression: Expression) -> Iterator[Expression]:
    """The expression and every part of it, from left to right."""
    waiting = [expression]
    while waiting:
        part = waiting.pop()
        yield part
        waiting.extend(reversed(children(part)))


def names_in(expression: Expression) -> frozenset[str]:
    """Every name it mentions."""
    return frozenset(part.name for part in walk(expression) if isinstance(part, Name))


def aggregates_in(expression: Expression) -> tuple[Call, ...]:
    """Its calls of aggregates, from left to right."""
    return tuple(part for part in walk(expression) if isinstance(part, Call) and part.function in AGGREGATES)


def field_names_in(expression: Expression) -> frozenset[str]:
    """The fields of a measure's expression: the names inside its aggregates."""
    return frozenset[str]().union(*map(names_in, aggregates_in(expression)))


def measure_names_in(expression: Expression) -> frozenset[str]:
    """The dataset measures of a measure's expression: the names outside of its aggregates."""
    if isinstance(expression, Name):
        return frozenset((expression.name,))
    if isinstance(expression, Call) and expression.function in AGGREGATES:
        return frozenset()
    return frozenset[str]().union(*map(measure_names_in, children(expression)))
