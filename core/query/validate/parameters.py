"""Checks parameters: what each takes, its default, and that something uses it."""

from collections.abc import Iterator, Mapping

from core.domain.dataset import Dataset
from core.domain.definition import Measure, Parameter, ParameterType, ReportDefinition
from core.domain.field import Field, FieldType
from core.domain.filter import FilterGroup
from core.query.validate.fields import check_window
from core.query.validate.filters import FilterCheck, check_all
from core.query.validate.problems import known_field, refusal


def parameter_types(definition: ReportDefinition, dataset: Dataset) -> dict[str, FieldType]:
    """The type of the values that each VALUES parameter takes, by its name; those whose field is gone have none."""
    types: dict[str, FieldType] = {}
    for parameter in definition.parameters:
        field = dataset.field(parameter.field) if parameter.field is not None else None
        kind = field.type if field is not None else parameter.value_type
        if parameter.type is ParameterType.VALUES and kind is not None:
            types[parameter.name] = kind
    return types


def check_parameters(definition: ReportDefinition, dataset: Dataset, filters: FilterCheck) -> None:
    """Every parameter can be asked for and is used."""
    names: set[str] = set()
    for index, parameter in enumerate(definition.parameters):
        place = f"parameters[{index}]"
        if not parameter.name:
            raise refusal(f"{place}.name", "A parameter needs a name.")
        if parameter.name in names:
            raise refusal(f"{place}.name", f"There are two parameters '{parameter.name}'; give one another name.")
        names.add(parameter.name)
        if parameter.type is ParameterType.WINDOW:
            _check_window_parameter(parameter, place)
        else:
            _check_values_parameter(parameter, dataset, definition.timezone, place)
    if definition.period is not None and definition.period.parameter is not None:
        filters.find(definition.period.parameter, ParameterType.WINDOW, "period.parameter")
    _check_used(definition)


def _check_window_parameter(parameter: Parameter, place: str) -> None:
    for name, value in (("field", parameter.field), ("value_type", parameter.value_type)):
        if value is not None:
            raise refusal(f"{place}.{name}", "A parameter that asks for a span of days has no field and no type.")
    if parameter.is_list:
        raise refusal(f"{place}.is_list", "A parameter asks for one span of days, not for several.")
    if parameter.default:
        raise refusal(f"{place}.default", "The default of a span of days is its 'default_window'.")
    if parameter.default_window is not None:
        check_window(parameter.default_window, f"{place}.default_window")


def _check_values_parameter(parameter: Parameter, dataset: Dataset, timezone: str, place: str) -> None:
    if parameter.default_window is not None:
        raise refusal(f"{place}.default_window", "Only a parameter of the type 'window' has a default window.")
    if (parameter.field is None) == (parameter.value_type is None):
        raise refusal(f"{place}.field", "A parameter takes its type from a field, or says its type; one of both.")
    if parameter.field is not None:
        field = known_field(dataset, parameter.field, f"{place}.field")
    else:
        field = Field(name=parameter.name, label=parameter.label, type=parameter.value_type or FieldType.TEXT)
    if len(parameter.default) > 1 and not parameter.is_list:
        raise refusal(f"{place}.default", f"'{parameter.label}' takes one value; let it take several, or leave one.")
    check_all(parameter.default, field, timezone=timezone, place=f"{place}.default")


def _check_used(definition: ReportDefinition) -> None:
    used = set(_parameters_used(definition))
    for index, parameter in enumerate(definition.parameters):
        if parameter.name not in used:
            raise refusal(
                f"parameters[{index}]",
                f"Nothing uses the parameter '{parameter.label}'. Let a filter or the period take it, or remove it.",
            )


def _parameters_used(definition: ReportDefinition) -> Iterator[str]:
    if definition.period is not None and definition.period.parameter is not None:
        yield definition.period.parameter
    for group in filter_groups(definition).values():
        yield from _in_group(group)


def filter_groups(definition: ReportDefinition) -> Mapping[str, FilterGroup]:
    """Every filter of a definition by its place."""
    measures: list[tuple[str, Measure]] = [
        *((f"measures[{index}]", measure) for index, measure in enumerate(definition.measures)),
        *((f"kpis[{index}]", measure) for index, measure in enumerate(definition.kpis)),
    ]
    return {
        "filters": definition.filters,
        "result_filters": definition.result_filters,
        **{f"{place}.filters": measure.filters for place, measure in measures},
    }


def _in_group(group: FilterGroup) -> Iterator[str]:
    for item in group.items:
        if isinstance(item, FilterGroup):
            yield from _in_group(item)
        elif item.parameter is not None:
            yield item.parameter
