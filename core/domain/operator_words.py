"""The verb of each operator as sentences have it: "is at least", and of days "is on or after"."""

from collections.abc import Mapping

from core.domain.filter import Operator

_VERBS: Mapping[Operator, str] = {
    Operator.IS: "is",
    Operator.IS_NOT: "is not",
    Operator.CONTAINS: "contains",
    Operator.NOT_CONTAINS: "does not contain",
    Operator.STARTS_WITH: "starts with",
    Operator.ENDS_WITH: "ends with",
    Operator.NOT_STARTS_WITH: "does not start with",
    Operator.NOT_ENDS_WITH: "does not end with",
    Operator.GREATER: "is greater than",
    Operator.AT_LEAST: "is at least",
    Operator.LESS: "is less than",
    Operator.AT_MOST: "is at most",
    Operator.BETWEEN: "is between",
    Operator.NOT_BETWEEN: "is not between",
    Operator.IN_WINDOW: "is within",
    Operator.NOT_IN_WINDOW: "is not within",
    Operator.IS_EMPTY: "is empty",
    Operator.IS_NOT_EMPTY: "is not empty",
}
_TEMPORAL_VERBS: Mapping[Operator, str] = {
    Operator.GREATER: "is after",
    Operator.AT_LEAST: "is on or after",
    Operator.LESS: "is before",
    Operator.AT_MOST: "is on or before",
}


def verb(operator: Operator, *, is_temporal: bool) -> str:
    """The verb of an operator over a day or an instant, or over anything else."""
    usual = _VERBS[operator]
    return _TEMPORAL_VERBS.get(operator, usual) if is_temporal else usual
