"""The editor of one condition: the operator, the control that type and operator ask for, and whether it is asked."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import date, datetime
from functools import partial
from typing import Any

import streamlit as st

from core.domain.access import Principal
from core.domain.dataset import Dataset
from core.domain.definition import ReportDefinition
from core.domain.field import Field, FieldType
from core.domain.filter import Condition, DateUnit, DateWindow, Operator, Scalar, WindowKind
from core.errors import BroadsheetError
from pages.widgets import draft as drafts
from pages.widgets import words
from pages.widgets.app import broadsheet
from pages.widgets.edits import NO_OPERAND, RANGES, WINDOWS
from pages.widgets.filter_place import FilterPlace
from pages.widgets.parameter_edits import add_parameter, asking, fixed, parameter_of, set_parameter
from pages.widgets.windows import window_editor

_CHOICES = (Operator.IS, Operator.IS_NOT)
#: Whether these heed case unless told otherwise.
_HEEDING = (Operator.IS, Operator.IS_NOT)
SetValues = Callable[[ReportDefinition, Any], ReportDefinition]


@dataclass(frozen=True, slots=True, kw_only=True)
class Editing:
    """The condition at `position` of `place` while it is edited."""

    principal: Principal
    dataset: Dataset
    place: FilterPlace
    position: int
    item: Condition
    field: Field
    today: date

    @property
    def key(self) -> str:
        """What the keys of its controls begin with."""
        return f"{self.place.key}_{self.position}_{self.field.name}"

    def save(self, d: ReportDefinition, changed: Condition | None) -> ReportDefinition:
        """Put the changed condition into the definition."""
        return self.place.set_item(d, self.position, changed)

    def save_values(self, d: ReportDefinition, values: tuple[Scalar, ...]) -> ReportDefinition:
        """Give the condition other values."""
        return self.save(d, replace(self.item, values=values))


def condition_editor(editing: Editing) -> None:
    """Draw the editor of one condition."""
    item, field, key = editing.item, editing.field, editing.key
    drafts.control(
        st.selectbox,
        words.plain(field.label),
        key=f"{key}_operator",
        value=item.operator,
        edit=lambda d, operator: editing.save(d, _with_operator(fixed(d, item) if item.parameter else item, operator)),
        options=list(broadsheet().reports.operators_for(field.type)),
        format_func=lambda operator: words.operator(operator, field.type),
    )
    if item.parameter is not None:
        _asked(editing)
    else:
        _operand(editing)
        _case(editing)
    with st.container(horizontal=True, vertical_alignment="center"):
        if item.operator not in NO_OPERAND:
            drafts.control(
                st.toggle,
                "Ask each time",
                key=f"{key}_asks",
                value=item.parameter is not None,
                edit=partial(_ask, editing),
                help="Whoever opens, downloads or schedules the report gives the value.",
                width="stretch",
            )
        drafts.act(
            "Remove filter",
            key=f"{key}_drop",
            edit=lambda d: editing.save(d, None),
            icon=":material/delete:",
            type="tertiary",
        )


def _ask(editing: Editing, d: ReportDefinition, asks: bool) -> ReportDefinition:
    if not asks:
        return editing.save(d, fixed(d, editing.item))
    parameter, changed = asking(d, editing.item, editing.field, is_dataset_field=editing.place.is_of_dataset)
    return editing.save(add_parameter(d, parameter), changed)


def _asked(editing: Editing) -> None:
    """Draw how a parameter is called and whether it needs a value."""
    name = editing.item.parameter or ""
    parameter = parameter_of(drafts.current().definition, name)
    if parameter is not None:
        parameter_form(parameter.name, parameter.label, is_required=parameter.is_required)


def parameter_form(name: str, label: str, *, is_required: bool) -> None:
    """Draw how a parameter is called and whether it needs a value."""
    drafts.control(
        st.text_input,
        "Asked as",
        key=f"builder_parameter_{name}_label",
        value=label,
        edit=lambda d, text: set_parameter(d, name, label=text or label),
        max_chars=100,
    )
    drafts.control(
        st.checkbox,
        "A value is needed",
        key=f"builder_parameter_{name}_required",
        value=is_required,
        edit=lambda d, on: set_parameter(d, name, is_required=on),
        help="Otherwise the filter is left out when nothing is given and it has no default.",
    )


def _case(editing: Editing) -> None:
    item = editing.item
    if editing.field.type is not FieldType.TEXT or item.operator in NO_OPERAND:
        return
    usual = item.operator not in _HEEDING
    drafts.control(
        st.checkbox,
        "In any case",
        key=f"{editing.key}_case",
        value=usual if item.ignore_case is None else item.ignore_case,
        edit=lambda d, on: editing.save(d, replace(item, ignore_case=None if on is usual else on)),
        help="Large and small letters count as the same.",
    )


def _operand(editing: Editing) -> None:
    item, field, key = editing.item, editing.field, editing.key
    if item.operator in NO_OPERAND:
        return
    if item.operator in WINDOWS and item.window is not None:
        window_editor(key, item.window, editing.today, lambda d, w: editing.save(d, replace(item, window=w)))
    elif field.type is FieldType.BOOLEAN:
        _yes_no(key, item, editing.save_values)
    elif field.type.is_temporal:
        _dates(key, item, editing.save_values)
    elif field.type.is_number:
        _numbers(field, key, item, editing.save_values)
    elif item.operator in _CHOICES:
        _suggestions(editing)
    else:
        drafts.control(
            st.text_input,
            "Text",
            key=f"{key}_text",
            value=str(item.values[0]) if item.values else "",
            edit=lambda d, text: editing.save_values(d, (text,) if text else ()),
            label_visibility="collapsed",
            placeholder="Text",
        )


def _suggestions(editing: Editing) -> None:
    item = editing.item
    counts = field_values(editing.principal, editing.dataset, editing.field) if editing.place.is_of_dataset else {}
    drafts.control(
        st.multiselect,
        "Values",
        key=f"{editing.key}_values",
        value=[str(value) for value in item.values],
        edit=lambda d, values: editing.save_values(d, tuple(values)),
        options=list(dict.fromkeys([*(str(value) for value in item.values), *counts])),
        format_func=lambda value: f"{value}  ({counts[value]:,})" if value in counts else value,
        accept_new_options=True,
        label_visibility="collapsed",
        placeholder="Choose or type values",
    )


def field_values(principal: Principal, dataset: Dataset, field: Field) -> dict[str, int]:
    """Return the most frequent values of a text field with how many rows have each; none where they cannot be asked."""
    try:
        found = broadsheet().catalog.field_values(principal, dataset.id, field.name, limit=100)
    except BroadsheetError as error:
        st.caption(f"The values cannot be listed: {error.user_message}")
        return {}
    return {str(value): count for value, count in found if value not in (None, "")}


def _numbers(field: Field, key: str, item: Condition, save: SetValues) -> None:
    whole = field.type is FieldType.INTEGER
    count = 2 if item.operator in RANGES else 1

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
    if item.operator in RANGES:
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
    """Keep what the new operator can take of the old one's operand."""
    if operator is item.operator:
        return item
    if operator in WINDOWS:
        window = item.window or DateWindow(kind=WindowKind.LAST, n=30, unit=DateUnit.DAY)
        return Condition(field=item.field, operator=operator, window=window)
    keeps = operator not in NO_OPERAND and item.operator not in WINDOWS
    same_shape = (operator in RANGES) is (item.operator in RANGES)
    values = item.values if keeps and same_shape else ()
    listed = operator in (*_CHOICES, *RANGES)
    return Condition(field=item.field, operator=operator, values=values if listed else values[:1])
