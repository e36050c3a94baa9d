"""The editor of one condition: the operator, the control that type and operator ask for, and whether it is asked."""

from dataclasses import dataclass, replace
from datetime import date
from functools import partial

import streamlit as st

from core.domain.access import Principal
from core.domain.dataset import Dataset
from core.domain.definition import ReportDefinition
from core.domain.field import Field, FieldType
from core.domain.filter import Condition, DateUnit, DateWindow, Operator, WindowKind
from pages.widgets import draft as drafts
from pages.widgets import words
from pages.widgets.app import broadsheet
from pages.widgets.edits import NO_OPERAND, RANGES, WINDOWS
from pages.widgets.filter_place import FilterPlace
from pages.widgets.operands import CHOICES, Operand, operand_inputs
from pages.widgets.parameter_edits import add_parameter, asking, fixed, parameter_of, set_parameter
from pages.widgets.value_picker import no_values, values_in
from pages.widgets.windows import window_editor

#: Whether these heed case unless told otherwise.
_HEEDING = (Operator.IS, Operator.IS_NOT)
#: Types whose values are few enough to choose from.
_LISTED = (FieldType.TEXT, FieldType.INTEGER)


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


def condition_editor(editing: Editing) -> None:
    """Draw the editor of one condition."""
    item, field, key = editing.item, editing.field, editing.key
    drafts.control(
        st.selectbox,
        words.plain(field.label),
        key=f"{key}_operator",
        value=item.operator,
        edit=lambda d, operator: editing.save(d, with_operator(fixed(d, item) if item.parameter else item, operator)),
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
    item = editing.item
    if item.operator in WINDOWS:
        if item.window is not None:
            window_editor(
                editing.key, item.window, editing.today, lambda d, w: editing.save(d, replace(item, window=w))
            )
        return
    is_listed = editing.place.is_of_dataset and editing.field.type in _LISTED
    find = values_in(editing.principal, editing.dataset, editing.field.name) if is_listed else no_values
    operand_inputs(Operand(key=editing.key, field=editing.field, item=item, save=editing.save, find=find))


def with_operator(item: Condition, operator: Operator) -> Condition:
    """Keep what the new operator can take of the old one's operand."""
    if operator is item.operator:
        return item
    if operator in WINDOWS:
        window = item.window or DateWindow(kind=WindowKind.LAST, n=30, unit=DateUnit.DAY)
        return Condition(field=item.field, operator=operator, window=window, is_off=item.is_off)
    keeps = operator not in NO_OPERAND and item.operator not in WINDOWS
    same_shape = (operator in RANGES) is (item.operator in RANGES)
    values = item.values if keeps and same_shape else ()
    listed = operator in (*CHOICES, *RANGES)
    kept = values if listed else values[:1]
    return Condition(field=item.field, operator=operator, values=kept, is_off=item.is_off)
