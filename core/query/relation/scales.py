"""How many digits after the point exact numbers have; None stands for floating or unknown."""

from collections.abc import Iterable, Mapping
from decimal import Decimal

from core.domain.expression import Binary, Call, Expression, Name, Number, Unary
from core.domain.field import FieldType
from core.domain.filter import Scalar
from core.domain.relation import SourceColumn

#: Functions whose value is one of their arguments, and which of them.
_CHOOSING = {
    "if": slice(1, None),
    "coalesce": slice(None),
    "least": slice(None),
    "greatest": slice(None),
    "abs": slice(None),
}


def digits_after_point(value: Scalar | Decimal) -> int | None:
    """The digits that a number written out has."""
    exponent = Decimal(str(value)).normalize().as_tuple().exponent
    return max(0, -exponent) if isinstance(exponent, int) else None


def widest(scales: Iterable[int | None]) -> int | None:
    """The digits that hold all of them."""
    known = list(scales)
    return None if None in known else max((scale for scale in known if scale is not None), default=None)


def expression_scale(expression: Expression, columns: Mapping[str, SourceColumn]) -> int | None:
    """The digits of an expression's values, as far as they are known without asking the engine."""
    match expression:
        case Number():
            return digits_after_point(expression.value)
        case Name():
            column = columns[expression.name]
            return 0 if column.type is FieldType.INTEGER else column.scale
        case Unary():
            return expression_scale(expression.operand, columns)
        case Binary():
            return _of_binary(expression, columns)
        case Call() if expression.function in _CHOOSING:
            chosen = expression.arguments[_CHOOSING[expression.function]]
            return widest(expression_scale(part, columns) for part in chosen)
        case _:
            return None


def _of_binary(expression: Binary, columns: Mapping[str, SourceColumn]) -> int | None:
    left, right = expression_scale(expression.left, columns), expression_scale(expression.right, columns)
    match expression.operator:
        case "+" | "-":
            return widest((left, right))
        case "*":
            return None if left is None or right is None else left + right
        case _:
            return None
