"""Edits of parameters: a filter or the period asks for its value, or stops asking. Pure functions."""

from dataclasses import replace
from typing import Any

from core.domain.definition import Parameter, ParameterType, ReportDefinition
from core.domain.field import Field
from core.domain.filter import Condition, DateUnit, DateWindow, Operator, WindowKind
from pages.widgets.dataset_edits import name_of
from pages.widgets.edits import RANGES, WINDOWS
from pages.widgets.mend import mended

_LISTS = (Operator.IS, Operator.IS_NOT, *RANGES)
_LAST_MONTH = DateWindow(kind=WindowKind.LAST, n=30, unit=DateUnit.DAY)


def parameter_of(d: ReportDefinition, name: str | None) -> Parameter | None:
    """Return the parameter called `name`, or None."""
    return next((parameter for parameter in d.parameters if parameter.name == name), None)


def asking(
    d: ReportDefinition, item: Condition, field: Field, *, is_dataset_field: bool
) -> tuple[Parameter, Condition]:
    """Return a new parameter that starts with a condition's value, and the condition that takes it."""
    name = name_of(field.label, [parameter.name for parameter in d.parameters])
    if item.operator in WINDOWS:
        made = Parameter(name=name, label=field.label, type=ParameterType.WINDOW, default_window=item.window)
    else:
        whole = item.operator not in RANGES or len(item.values) == 2
        made = Parameter(
            name=name,
            label=field.label,
            field=field.name if is_dataset_field else None,
            value_type=None if is_dataset_field else field.type,
            is_list=item.operator in _LISTS,
            default=item.values if whole else (),
        )
    return made, replace(item, values=(), window=None, parameter=name)


def fixed(d: ReportDefinition, item: Condition) -> Condition:
    """Return an asking condition with the parameter's default in its place."""
    parameter = parameter_of(d, item.parameter)
    if item.operator in WINDOWS:
        return replace(item, parameter=None, window=(parameter and parameter.default_window) or _LAST_MONTH)
    return replace(item, parameter=None, values=parameter.default if parameter else ())


def add_parameter(d: ReportDefinition, parameter: Parameter) -> ReportDefinition:
    """Add a parameter; something has to take it."""
    return replace(d, parameters=(*d.parameters, parameter))


def set_parameter(d: ReportDefinition, name: str, **changes: Any) -> ReportDefinition:
    """Change what a parameter is called, whether it needs a value, or its default."""
    return replace(d, parameters=tuple(replace(p, **changes) if p.name == name else p for p in d.parameters))


def ask_for_period(d: ReportDefinition, *, asks: bool) -> ReportDefinition:
    """Let the period be asked for, its present window the default; or stop asking."""
    period = d.period
    if period is None or (period.parameter is not None) is asks:
        return d
    if not asks:
        parameter = parameter_of(d, period.parameter)
        window = (parameter and parameter.default_window) or period.window
        return mended(replace(d, period=replace(period, parameter=None, window=window)))
    name = name_of("Period", [parameter.name for parameter in d.parameters])
    made = Parameter(name=name, label="Period", type=ParameterType.WINDOW, default_window=period.window)
    return replace(add_parameter(d, made), period=replace(period, parameter=name))
