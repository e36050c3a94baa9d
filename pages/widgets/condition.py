"""The editor of one filter: the operator, then the control that the field's type and the operator ask for."""

from collections.abc import Callable
from dataclasses import replace
from datetime import date, datetime
from typing import Any

import streamlit as st

from core.domain.access import Principal
from core.domain.dataset import Dataset, Field, FieldType
from core.domain.definition import ReportDefinition
from core.domain.filter import Condition, DateUnit, DateWindow, Operator, Scalar, WindowKind
from core.errors import BroadsheetError
from pages.widgets import draft as drafts
from pages.widgets import edits, words
from pages.widgets.app import broadsheet
from pages.widgets.windows import window_editor

_NO_OPERAND = (Operator.IS_EMPTY, Operator.IS_NOT_EMPTY)
_CHOICES = (Operator.IS, Operator.IS_NOT)
SetValues = Callable[[ReportDefinition, Any], ReportDefinition]


def condition_editor(
    principal: Principal, dataset: Dataset, field: Field, position: int, item: Condition, today: date
) -> None:
    """Draw the editor of the filter at `position`."""
    key = f"builder_filter_{position}_{field.name}"

    def save(d: ReportDefinition, changed: Condition) -> ReportDefinition:
        return edits.set_item(d, position, changed)

    drafts.control(
        st.selectbox,
        field.label,
        key=f"{key}_operator",
        value=item.operator,
        edit=lambda d, operator: save(d, _with_operator(item, operator)),
        options=list(broadsheet().reports.operators_for(field.type)),
        format_func=lambda operator: words.operator(operator, field.type),
    )
    _operand(principal, dataset, field, key, item, today, save)
    drafts.act(
        "Remove filter",
        key=f"{key}_drop",
        edit=lambda d: edits.set_item(d, position, None),
        icon=":material/delete:",
        type="tertiary",
    )


def _operand(
    principal: Principal,
    dataset: Dataset,
    field: Field,
    key: str,
    item: Condition,
    today: date,
    save: Callable[[ReportDefinition, Condition], ReportDefinition],
) -> None:
    def save_values(d: ReportDefinition, values: tuple[Scalar, ...]) -> ReportDefinition:
        return save(d, replace(item, values=values))

    if item.operator in _NO_OPERAND:
        return
    if item.operator is Operator.IN_WINDOW and item.window is not None:
        window_editor(key, item.window, today, lambda d, w: save(d, replace(item, window=w)))
    elif field.type is FieldType.BOOLEAN:
        _yes_no(key, item, save_values)
    elif field.type.is_temporal:
        _dates(key, item, save_values)
    elif field.type.is_number:
        _numbers(field, key, item, save_values)
    elif item.operator in _CHOICES:
        _suggestions(principal, dataset, field, key, item, save_values)
    else:
        drafts.control(
            st.text_input,
            "Text",
            key=f"{key}_text",
            value=str(item.values[0]) if item.values else "",
            edit=lambda d, text: save_values(d, (text,) if text else ()),
            label_visibility="collapsed",
            placeholder="Text, in any case",
        )


def _suggestions(
    principal: Principal, dataset: Dataset, field: Field, key: str, item: Condition, save: SetValues
) -> None:
    counts = _values(principal, dataset, field)
    options = list(dict.fromkeys([*(str(value) for value in item.values), *counts]))
    drafts.control(
        st.multiselect,
        "Values",
        key=f"{key}_values",
        value=[str(value) for value in item.values],
        edit=lambda d, values: save(d, tuple(values)),
        options=options,
        format_func=lambda value: f"{value}  ({counts[value]:,})" if value in counts else value,
        accept_new_options=True,
        label_visibility="collapsed",
        placeholder="Choose or type values",
    )


def _values(principal: Principal, dataset: Dataset, field: Field) -> dict[str, int]:
    try:
        found = broadsheet().catalog.field_values(principal, dataset.id, field.name, limit=100)
    except BroadsheetError as error:
        st.caption(f"The values cannot be listed: {error.user_message}")
        return {}
    return {str(value): count for value, count in found if value not in (None, "")}


def _numbers(field: Field, key: str, item: Condition, save: SetValues) -> None:
    whole = field.type is FieldType.INTEGER
    count = 2 if item.operator is Operator.BETWEEN else 1

    def edit_at(position: int) -> SetValues:
        def edit(d: ReportDefinition, number: float | int | None) -> ReportDefinition:
            values: list[Scalar | None] = [*item.values, None, None][:count]
            values[position] = int(number) if number is not None and number == int(number) else number
            return save(d, tuple(value for value in values if value is not None))

        return edit

    with st.container(horizontal=True):
        for position in range(count):
            value = item.values[position] if position < len(item.values) else None
            drafts.control(
                st.number_input,
                "and" if position else "Number",
                key=f"{key}_number_{position}",
                value=value if value is None or whole else float(value),  # type: ignore[arg-type]
                edit=edit_at(position),
                step=1 if whole else None,
                placeholder=field.format.unit or "Number",
                label_visibility="collapsed",
                **({} if whole else {"format": "%g"}),
            )


def _dates(key: str, item: Condition, save: SetValues) -> None:
    days = [value.date() if isinstance(value, datetime) else value for value in item.values]
    known = [value for value in days if isinstance(value, date)]
    if item.operator is Operator.BETWEEN:
        drafts.control(
            st.date_input,
            "First and last day",
            key=f"{key}_days",
            value=tuple(known[:2]),
            edit=lambda d, picked: save(d, tuple(picked)),
            format="YYYY-MM-DD",
        )
        return
    drafts.control(
        st.date_input,
        "Day",
        key=f"{key}_day",
        value=known[0] if known else None,
        edit=lambda d, picked: save(d, (picked,) if picked else ()),
        format="YYYY-MM-DD",
        label_visibility="collapsed",
    )


def _yes_no(key: str, item: Condition, save: SetValues) -> None:
    drafts.control(
        st.segmented_control,
        "Value",
        key=f"{key}_flag",
        value=item.values[0] if item.values else None,
        edit=lambda d, flag: save(d, (flag,) if flag is not None else ()),
        options=[True, False],
        format_func=lambda flag: "Yes" if flag else "No",
        label_visibility="collapsed",
    )


def _with_operator(item: Condition, operator: Operator) -> Condition:
    if operator is item.operator:
        return item
    if operator is Operator.IN_WINDOW:
        window = item.window or DateWindow(kind=WindowKind.LAST, n=30, unit=DateUnit.DAY)
        return Condition(field=item.field, operator=operator, window=window)
    keeps = operator not in _NO_OPERAND and item.operator is not Operator.IN_WINDOW
    values = item.values if keeps and Operator.BETWEEN not in (operator, item.operator) else ()
    listed = operator in _CHOICES
    return Condition(field=item.field, operator=operator, values=values if listed else values[:1])
