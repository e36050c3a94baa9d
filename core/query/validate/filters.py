"""Checks filters: operators that fit the type, values that can be read as it, windows that can be."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from core.domain.definition import Parameter, ParameterType
from core.domain.field import Field, FieldType
from core.domain.filter import Condition, FilterGroup, Operator, Scalar
from core.query.field_rules import VALUE_COUNTS, operators_for
from core.query.operands import Operand, Span, read_operand
from core.query.validate.fields import check_window
from core.query.validate.problems import (
    TYPE_WORDS,
    at,
    closest,
    operator_label,
    refusal,
    types_listed,
)

WINDOW_OPERATORS = (Operator.IN_WINDOW, Operator.NOT_IN_WINDOW)
_RANGES = (Operator.BETWEEN, Operator.NOT_BETWEEN)
_EMPTINESS = (Operator.IS_EMPTY, Operator.IS_NOT_EMPTY)
#: Types whose values may stand in for each other.
_FAMILIES = ((FieldType.INTEGER, FieldType.DECIMAL), (FieldType.DATE, FieldType.DATETIME))


@dataclass(frozen=True, slots=True, kw_only=True)
class FilterCheck:
    """Checks the filters of one definition. `look_up` finds what a condition names, given that name and its place."""

    look_up: Callable[[str, str], Field]
    parameters: Mapping[str, Parameter]
    #: The type of the values each VALUES parameter takes.
    parameter_types: Mapping[str, FieldType]
    timezone: str

    def check(self, group: FilterGroup, place: str) -> None:
        """Raise InvalidDefinition for the first condition that cannot be. What is switched off may be anything."""
        for index, item in enumerate(group.items):
            inner = f"{place}.items[{index}]"
            if item.is_off:
                continue
            if isinstance(item, FilterGroup):
                self.check(item, inner)
            else:
                self._check_condition(item, inner)

    def _check_condition(self, condition: Condition, place: str) -> None:
        field = self.look_up(condition.field, f"{place}.field")
        check_operator(condition.operator, field, f"{place}.operator")
        if condition.ignore_case is not None and field.type is not FieldType.TEXT:
            raise refusal(f"{place}.ignore_case", f"Only texts have a case; {field.label} is {TYPE_WORDS[field.type]}.")
        if condition.parameter is not None:
            self._check_parameter(condition, field, f"{place}.parameter")
        if condition.values or condition.parameter is None:
            check_values(condition.operator, condition.values, field, timezone=self.timezone, place=f"{place}.values")
        self._check_window(condition, field, place)

    def _check_window(self, condition: Condition, field: Field, place: str) -> None:
        if condition.window is not None:
            if condition.operator not in WINDOW_OPERATORS:
                raise refusal(f"{place}.window", f"'{operator_label(condition.operator)}' takes no window.")
            check_window(condition.window, f"{place}.window")
        elif condition.operator in WINDOW_OPERATORS and condition.parameter is None:
            raise refusal(f"{place}.window", f"Say which span {field.label} should lie in.")

    def _check_parameter(self, condition: Condition, field: Field, place: str) -> None:
        name = condition.parameter or ""
        takes_window = condition.operator in WINDOW_OPERATORS
        parameter = self.find(name, ParameterType.WINDOW if takes_window else ParameterType.VALUES, place)
        if takes_window:
            return
        words = f"'{operator_label(condition.operator)}'"
        if condition.operator in _EMPTINESS:
            raise refusal(place, f"{words} takes no value and so no parameter.")
        least, most = VALUE_COUNTS[condition.operator]
        if parameter.is_list and most == 1:
            raise refusal(place, f"{words} takes one value; '{parameter.label}' asks for several.")
        if not parameter.is_list and least > 1:
            raise refusal(place, f"{words} takes two values; '{parameter.label}' asks for one.")
        kind = self.parameter_types.get(name)
        if kind is not None and not _is_alike(kind, field.type):
            raise refusal(
                place,
                f"'{parameter.label}' asks for {TYPE_WORDS[kind]}; {field.label} is {TYPE_WORDS[field.type]}.",
            )

    def find(self, name: str, kind: ParameterType, place: str) -> Parameter:
        """The parameter called `name`, which has to be of `kind`."""
        parameter = self.parameters.get(name)
        if parameter is None:
            raise refusal(place, f"The report has no parameter '{name}'. {closest(name, self.parameters)}")
        if parameter.type is not kind:
            wanted = "a span of days" if kind is ParameterType.WINDOW else "values"
            raise refusal(place, f"'{parameter.label}' does not ask for {wanted}, which is what is needed here.")
        return parameter


def check_operator(operator: Operator, field: Field, place: str) -> None:
    """The operator works on the field's type."""
    if operator not in operators_for(field.type):
        takers = types_listed(kind for kind in FieldType if operator in operators_for(kind))
        words = f"'{operator_label(operator)}' works on {takers}"
        raise refusal(place, f"{words}; {field.label} is {TYPE_WORDS[field.type]}.")


def check_values(operator: Operator, values: tuple[Scalar, ...], field: Field, *, timezone: str, place: str) -> None:
    """As many values as the operator takes, each of the field's type; a range begins before it ends."""
    least, most = VALUE_COUNTS[operator]
    count = len(values)
    if count < least or (most is not None and count > most):
        wanted = f"at least {least}" if most is None else ("no" if most == 0 else f"exactly {most}")
        noun = "value" if (least if most is None else most) == 1 else "values"
        raise refusal(place, f"'{operator_label(operator)}' takes {wanted} {noun}, not {count}.")
    operands = [_read(value, field, timezone, f"{place}[{index}]") for index, value in enumerate(values)]
    if operator in _RANGES and _is_backwards(operands[0], operands[1]):
        raise refusal(f"{place}[1]", f"The range of {field.label} ends before it begins; swap its two values.")


def check_all(values: tuple[Scalar, ...], field: Field, *, timezone: str, place: str) -> None:
    """Each value can be read as the field's type."""
    for index, value in enumerate(values):
        _read(value, field, timezone, f"{place}[{index}]")


def _read(value: Scalar, field: Field, timezone: str, place: str) -> Operand:
    with at(place):
        return read_operand(value, field, timezone)


def _is_backwards(first: Operand, last: Operand) -> bool:
    match first, last:
        case Span(starts_at=begin), Span(starts_at=end):
            return begin > end
        case (int() | Decimal(), int() | Decimal()):
            return first > last
        case date(), date():
            return first > last
        case _:
            return False


def _is_alike(first: FieldType, second: FieldType) -> bool:
    return first is second or any(first in family and second in family for family in _FAMILIES)
