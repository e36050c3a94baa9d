"""Which operators and aggregations a field takes, and what type an aggregation gives."""

from core.domain.definition import Aggregation
from core.domain.field import FieldType
from core.domain.filter import Operator

_EMPTINESS = (Operator.IS_EMPTY, Operator.IS_NOT_EMPTY)
_EQUALITY = (Operator.IS, Operator.IS_NOT)
_ORDER = (
    Operator.GREATER,
    Operator.AT_LEAST,
    Operator.LESS,
    Operator.AT_MOST,
    Operator.BETWEEN,
    Operator.NOT_BETWEEN,
)
_WINDOWS = (Operator.IN_WINDOW, Operator.NOT_IN_WINDOW)
_TEXT = (
    Operator.CONTAINS,
    Operator.NOT_CONTAINS,
    Operator.STARTS_WITH,
    Operator.NOT_STARTS_WITH,
    Operator.ENDS_WITH,
    Operator.NOT_ENDS_WITH,
)

_OPERATORS: dict[FieldType, tuple[Operator, ...]] = {
    FieldType.TEXT: (*_EQUALITY, *_TEXT, *_EMPTINESS),
    FieldType.INTEGER: (*_EQUALITY, *_ORDER, *_EMPTINESS),
    FieldType.DECIMAL: (*_EQUALITY, *_ORDER, *_EMPTINESS),
    FieldType.BOOLEAN: (*_EQUALITY, *_EMPTINESS),
    FieldType.DATE: (*_WINDOWS, *_EQUALITY, *_ORDER, *_EMPTINESS),
    FieldType.DATETIME: (*_WINDOWS, *_EQUALITY, *_ORDER, *_EMPTINESS),
}

_NUMBER_AGGREGATIONS = (
    Aggregation.SUM,
    Aggregation.AVERAGE,
    Aggregation.MIN,
    Aggregation.MAX,
    Aggregation.MEDIAN,
    Aggregation.PERCENTILE,
    Aggregation.COUNT_DISTINCT,
)
_RANGE_AGGREGATIONS = (Aggregation.COUNT_DISTINCT, Aggregation.MIN, Aggregation.MAX)

_AGGREGATIONS: dict[FieldType, tuple[Aggregation, ...]] = {
    FieldType.TEXT: _RANGE_AGGREGATIONS,
    FieldType.INTEGER: _NUMBER_AGGREGATIONS,
    FieldType.DECIMAL: _NUMBER_AGGREGATIONS,
    FieldType.BOOLEAN: (Aggregation.COUNT_DISTINCT,),
    FieldType.DATE: _RANGE_AGGREGATIONS,
    FieldType.DATETIME: _RANGE_AGGREGATIONS,
}

#: Aggregations whose result lies between values, so that it is a double.
INTERPOLATED = (Aggregation.AVERAGE, Aggregation.MEDIAN, Aggregation.PERCENTILE)

#: How many values an operator takes: least, most (None: any number).
VALUE_COUNTS: dict[Operator, tuple[int, int | None]] = {
    Operator.IS: (1, None),
    Operator.IS_NOT: (1, None),
    Operator.CONTAINS: (1, None),
    Operator.NOT_CONTAINS: (1, None),
    Operator.STARTS_WITH: (1, None),
    Operator.ENDS_WITH: (1, None),
    Operator.NOT_STARTS_WITH: (1, None),
    Operator.NOT_ENDS_WITH: (1, None),
    Operator.GREATER: (1, 1),
    Operator.AT_LEAST: (1, 1),
    Operator.LESS: (1, 1),
    Operator.AT_MOST: (1, 1),
    Operator.BETWEEN: (2, 2),
    Operator.NOT_BETWEEN: (2, 2),
    Operator.IN_WINDOW: (0, 0),
    Operator.NOT_IN_WINDOW: (0, 0),
    Operator.IS_EMPTY: (0, 0),
    Operator.IS_NOT_EMPTY: (0, 0),
}


def operators_for(kind: FieldType) -> tuple[Operator, ...]:
    """The operators that a field of this type takes, in the order people are offered them."""
    return _OPERATORS[kind]


def aggregations_for(kind: FieldType) -> tuple[Aggregation, ...]:
    """The aggregations that a field of this type takes, in the order people are offered them."""
    return _AGGREGATIONS[kind]


def aggregated_type(aggregation: Aggregation, kind: FieldType | None) -> FieldType:
    """The type of a measure over a field of type `kind`; None for a count of rows."""
    if kind is None or aggregation in (Aggregation.COUNT, Aggregation.COUNT_DISTINCT):
        return FieldType.INTEGER
    if aggregation in INTERPOLATED:
        return FieldType.DECIMAL
    return kind
