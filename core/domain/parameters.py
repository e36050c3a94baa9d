"""Parameters: the values given for a run, read from JSON and put into the definition that asks for them."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date
from typing import Any

from pydantic import TypeAdapter, ValidationError

from core.domain.definition import Measure, Parameter, ParameterType, Period, ReportDefinition
from core.domain.definition_json import KEPT_KEYS, MAX_BYTES
from core.domain.field import FieldType
from core.domain.filter import Condition, DateWindow, FilterGroup, Match, Scalar
from core.domain.filter_models import WindowModel
from core.domain.filter_off import applied
from core.domain.json_form import check_size, dump_value, first_mistake
from core.domain.json_values import MAX_VALUES, Value
from core.errors import InvalidDefinition, InvalidInput

ParameterValue = tuple[Scalar, ...] | DateWindow

_VALUE: TypeAdapter[Scalar] = TypeAdapter(Value)


def parse_parameters(definition: ReportDefinition, data: object) -> Mapping[str, ParameterValue]:
    """Read `{name: value | [values] | window}`; null and [] are no value. Raises InvalidInput with its place.

    Whether values suit the field that a parameter belongs to shows when the bound definition is checked.
    """
    if not isinstance(data, dict):
        raise InvalidInput("Parameters are a JSON object of names and values.", place="parameters")
    check_size(data, what="The parameters", max_bytes=MAX_BYTES, refuse=InvalidInput, place="parameters")
    known = {parameter.name: parameter for parameter in definition.parameters}
    given: dict[str, ParameterValue] = {}
    for name, value in data.items():
        parameter = _known(known, name)
        read = _read_window(parameter, value) if parameter.type is ParameterType.WINDOW else _read(parameter, value)
        if read is not None:
            given[name] = read
    return given


def dump_parameters(given: Mapping[str, ParameterValue]) -> dict[str, Any]:
    """The canonical JSON of given values."""
    return {name: dump_value(value, kept=KEPT_KEYS) for name, value in sorted(given.items())}


def bind_parameters(definition: ReportDefinition, given: Mapping[str, ParameterValue]) -> ReportDefinition:
    """Put values in place of parameters; the definition that comes back has none any more.

    A parameter without a value takes its default. One that has none either and is required raises InvalidInput;
    the conditions of one that is not required restrict nothing, wherever they stand. Filters that are switched off
    are left out; what is given for them is accepted, as a schedule outlives the switch.
    """
    known = {parameter.name: parameter for parameter in definition.parameters}
    for name, value in given.items():
        _check_suits(_known(known, name), value)
    definition = applied(definition)
    known = {parameter.name: parameter for parameter in definition.parameters}
    binding = _Binding(values={name: _value_of(parameter, given) for name, parameter in known.items()})
    return replace(
        definition,
        parameters=(),
        period=definition.period and binding.period(definition.period),
        filters=binding.outermost(definition.filters),
        result_filters=binding.outermost(definition.result_filters),
        measures=tuple(map(binding.measure, definition.measures)),
        kpis=tuple(map(binding.measure, definition.kpis)),
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class _Binding:
    """The value of every parameter; None for those that have none."""

    values: Mapping[str, ParameterValue | None]

    def period(self, period: Period) -> Period:
        value = self._look_up(period.parameter, "period")
        return replace(period, parameter=None, window=value if isinstance(value, DateWindow) else period.window)

    def measure(self, measure: Measure) -> Measure:
        return replace(measure, filters=self.outermost(measure.filters))

    def outermost(self, group: FilterGroup) -> FilterGroup:
        return self._group(group, keeps=True) or FilterGroup()

    def _group(self, group: FilterGroup, *, keeps: bool) -> FilterGroup | None:
        """The group with values in it, or None where it restricts nothing.

        `keeps` tells whether rows that the group holds for are kept or, below a NONE, left out. What restricts
        nothing holds for every row where it keeps and for no row where it leaves out.
        """
        if not group.items:
            return group
        below = keeps if group.match is not Match.NONE else not keeps
        bound = [self._item(item, keeps=below) for item in group.items]
        kept = tuple(item for item in bound if item is not None)
        goes_on_without = keeps if group.match is not Match.ANY else not keeps
        if not kept or (len(kept) < len(bound) and not goes_on_without):
            return None
        return replace(group, items=kept)

    def _item(self, item: Condition | FilterGroup, *, keeps: bool) -> Condition | FilterGroup | None:
        if isinstance(item, FilterGroup):
            return self._group(item, keeps=keeps)
        if item.parameter is None:
            return item
        value = self._look_up(item.parameter, f"The condition on '{item.field}'")
        if value is None:
            return None
        if isinstance(value, DateWindow):
            return replace(item, parameter=None, window=value)
        return replace(item, parameter=None, values=value)

    def _look_up(self, name: str | None, user: str) -> ParameterValue | None:
        if name is None:
            return None
        if name not in self.values:
            raise InvalidDefinition(f"{user} takes the parameter '{name}', which is not there.", place="parameters")
        return self.values[name]


def _known(known: Mapping[str, Parameter], name: str) -> Parameter:
    if name not in known:
        place = f"parameters.{name}"
        raise InvalidInput(f"{place}: The report has no parameter '{name}'."[:500], place=place[:500])
    return known[name]


def _value_of(parameter: Parameter, given: Mapping[str, ParameterValue]) -> ParameterValue | None:
    value = given.get(parameter.name) or parameter.default_window or parameter.default or None
    if value is None and parameter.is_required:
        place = f"parameters.{parameter.name}"
        raise InvalidInput(f"{place}: '{parameter.label}' needs a value.", place=place)
    return value


def _read_window(parameter: Parameter, data: object) -> DateWindow | None:
    if data is None:
        return None
    try:
        return WindowModel.model_validate(data).build()
    except ValidationError as error:
        raise _refusal(parameter, error) from error


def _read(parameter: Parameter, data: object) -> tuple[Scalar, ...] | None:
    items = data if isinstance(data, list) else [] if data is None else [data]
    read: list[Scalar] = []
    for index, item in enumerate(items):
        try:
            read.append(_VALUE.validate_python(item))
        except ValidationError as error:
            raise _refusal(parameter, error, f"[{index}]" if isinstance(data, list) else "") from error
    if not read:
        return None
    _check_suits(parameter, tuple(read))
    return tuple(read)


def _refusal(parameter: Parameter, error: ValidationError, where: str = "") -> InvalidInput:
    inner, words = first_mistake(error)
    place = f"parameters.{parameter.name}{where}" + (f".{inner}" if inner else "")
    return InvalidInput(f"{place}: {words.removeprefix(f'{inner}: ')}"[:500], place=place)


_SUITS: Mapping[FieldType, tuple[type, ...]] = {
    FieldType.TEXT: (str,),
    FieldType.INTEGER: (int, float),
    FieldType.DECIMAL: (int, float),
    FieldType.BOOLEAN: (bool,),
    FieldType.DATE: (str, date),
    FieldType.DATETIME: (str, date),
}


def _check_suits(parameter: Parameter, value: ParameterValue) -> None:
    """Refuse what the parameter does not take; whether a text is a day shows where it is compared."""
    place = f"parameters.{parameter.name}"
    if isinstance(value, DateWindow) is not (parameter.type is ParameterType.WINDOW):
        wanted = "a date window" if parameter.type is ParameterType.WINDOW else "values"
        raise InvalidInput(f"{place}: '{parameter.label}' takes {wanted}.", place=place)
    if isinstance(value, DateWindow):
        return
    most = MAX_VALUES if parameter.is_list else 1
    if len(value) > most:
        raise InvalidInput(f"{place}: '{parameter.label}' takes at most {most:,} values.", place=place)
    for index, item in enumerate(value if parameter.value_type else ()):
        types = _SUITS[parameter.value_type or FieldType.TEXT]
        if not isinstance(item, types) or (isinstance(item, bool) and bool not in types):
            inner = f"{place}[{index}]"
            words = f"{inner}: '{parameter.label}' takes values of the type {parameter.value_type}."
            raise InvalidInput(words, place=inner)
