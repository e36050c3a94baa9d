"""Controls in which people give the values that a report asks for: above its preview, and for a schedule."""

from collections.abc import Mapping
from datetime import date, datetime
from typing import Any

import streamlit as st

from core.domain.access import Principal
from core.domain.dataset import Dataset
from core.domain.definition import Parameter, ParameterType
from core.domain.field import Field, FieldType
from core.domain.filter import DateWindow, WindowKind
from core.domain.parameters import ParameterValue, parse_parameters
from core.domain.run import Run
from core.errors import InvalidInput
from pages.widgets import words
from pages.widgets.value_picker import values_in
from pages.widgets.windows import QUICK

_FIXED = DateWindow(kind=WindowKind.BETWEEN)
_WIDTH = 240


def parameter_inputs(
    principal: Principal,
    dataset: Dataset,
    parameters: tuple[Parameter, ...],
    kept: dict[str, ParameterValue],
    *,
    key: str,
) -> Mapping[str, ParameterValue]:
    """Draw a control for each parameter and return the values given; `kept` remembers them between screens."""
    for parameter in parameters:
        widget = f"{key}_{parameter.name}"
        with st.container(width=_WIDTH, key=f"{widget}_box"):
            if parameter.type is ParameterType.WINDOW:
                value: ParameterValue | None = _window(parameter, kept.get(parameter.name), widget)
            else:
                value = _values(principal, dataset, parameter, kept.get(parameter.name), widget)
        if value:
            kept[parameter.name] = value
        else:
            kept.pop(parameter.name, None)
    names = {parameter.name for parameter in parameters}
    return {name: value for name, value in kept.items() if name in names}


def given_words(parameters: tuple[Parameter, ...], given: Mapping[str, ParameterValue]) -> list[tuple[str, str]]:
    """Return what was given as label and words, in the order the report asks."""
    return [(one.label, _in_words(given[one.name])) for one in parameters if one.name in given]


def run_words(run: Run) -> str:
    """Return what a run was given; values that its report does not ask for stand under their names."""
    try:
        given = given_words(run.definition.parameters, parse_parameters(run.definition, dict(run.parameters)))
    except InvalidInput:
        given = [(name, str(value)) for name, value in run.parameters.items()]
    return "; ".join(f"{label}: {value}" for label, value in given)


def _in_words(value: ParameterValue) -> str:
    return words.window(value) if isinstance(value, DateWindow) else ", ".join(map(words.scalar, value))


def _label(parameter: Parameter) -> str:
    needed = parameter.is_required and not parameter.default and parameter.default_window is None
    return words.plain(parameter.label) + (" :gray[(needed)]" if needed else "")


def _hint(parameter: Parameter) -> str:
    default = parameter.default_window or parameter.default
    return f"Usually {_in_words(default)}" if default else "Choose" if parameter.is_required else "Any"


def _window(parameter: Parameter, kept: ParameterValue | None, key: str) -> DateWindow | None:
    present = kept if isinstance(kept, DateWindow) else None
    options = [*QUICK, *([present] if present and present.kind is not _FIXED.kind and present not in QUICK else [])]
    _start(key, _FIXED if present and present.kind is _FIXED.kind else present)
    picked: DateWindow | None = st.selectbox(
        _label(parameter),
        [*options, _FIXED],
        index=None,
        key=key,
        format_func=lambda w: "Fixed days …" if w == _FIXED else words.window(w).capitalize(),
        placeholder=_hint(parameter),
    )
    if picked != _FIXED:
        return picked
    _start(f"{key}_days", (present.first_on, present.last_on) if present and present.first_on else ())
    days = st.date_input(
        "First and last day", key=f"{key}_days", format="YYYY-MM-DD", label_visibility="collapsed", value=()
    )
    if not isinstance(days, tuple) or len(days) != 2:
        return None
    return DateWindow(kind=WindowKind.BETWEEN, first_on=days[0], last_on=days[1])


def _values(
    principal: Principal, dataset: Dataset, parameter: Parameter, kept: ParameterValue | None, key: str
) -> ParameterValue | None:
    present = kept if isinstance(kept, tuple) else ()
    field = dataset.field(parameter.field) if parameter.field else None
    kind = field.type if field else parameter.value_type or FieldType.TEXT
    if kind is FieldType.BOOLEAN:
        return _flag(parameter, present, key)
    if kind is FieldType.TEXT:
        return _texts(principal, dataset, parameter, field, present, key)
    if parameter.is_list:
        return _typed(parameter, present, key, kind)
    return _one(parameter, present, key, kind)


def _flag(parameter: Parameter, present: tuple[Any, ...], key: str) -> ParameterValue | None:
    _start(key, present[0] if present else None)
    flag = st.selectbox(
        _label(parameter),
        [True, False],
        index=None,
        key=key,
        format_func=lambda one: "Yes" if one else "No",
        placeholder=_hint(parameter),
    )
    return None if flag is None else (flag,)


def _texts(
    principal: Principal,
    dataset: Dataset,
    parameter: Parameter,
    field: Field | None,
    present: tuple[Any, ...],
    key: str,
) -> ParameterValue | None:
    counts = values_in(principal, dataset, field.name)("") if field else {}
    options = list(dict.fromkeys([*(str(value) for value in present), *counts]))
    if parameter.is_list:
        _start(key, [str(value) for value in present])
        picked = st.multiselect(
            _label(parameter), options, key=key, accept_new_options=True, placeholder=_hint(parameter)
        )
        return tuple(picked) or None
    _start(key, str(present[0]) if present else None)
    one = st.selectbox(
        _label(parameter), options, index=None, key=key, accept_new_options=True, placeholder=_hint(parameter)
    )
    return (one,) if one else None


def _one(parameter: Parameter, present: tuple[Any, ...], key: str, kind: FieldType) -> ParameterValue | None:
    if kind.is_temporal:
        day = present[0] if present else None
        _start(key, day.date() if isinstance(day, datetime) else day if isinstance(day, date) else None)
        picked = st.date_input(_label(parameter), key=key, format="YYYY-MM-DD", help=_hint(parameter), value=None)
        return (picked,) if isinstance(picked, date) else None
    _start(key, float(present[0]) if present else None)
    number = st.number_input(_label(parameter), value=None, key=key, format="%g", placeholder=_hint(parameter))
    return None if number is None else (int(number) if number == int(number) else number,)


def _typed(parameter: Parameter, present: tuple[Any, ...], key: str, kind: FieldType) -> ParameterValue | None:
    """Several numbers or days, each typed in."""
    _start(key, [str(value) for value in present])
    texts = st.multiselect(
        _label(parameter),
        [str(value) for value in present],
        key=key,
        accept_new_options=True,
        placeholder=_hint(parameter) if parameter.default else "Type a value, press Enter",
    )
    if kind.is_temporal:
        return tuple(texts) or None
    return tuple(_number(text) for text in texts) or None


def _number(text: str) -> int | float | str:
    """Return a typed number; what is none stays as it is, and the report says what is wrong with it."""
    try:
        number = float(text)
    except ValueError:
        return text
    return int(number) if number == int(number) else number


def _start(key: str, value: object) -> None:
    """Fill a control that was not on the screen a moment ago."""
    if key not in st.session_state and value not in (None, (), []):
        st.session_state[key] = value
