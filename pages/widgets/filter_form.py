"""A small form for conditions over columns, for steps and measures: which column, how, and which value."""

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

import streamlit as st

from core.domain.dataset import Dataset
from core.domain.field import Field, FieldType
from core.domain.filter import Condition, FilterGroup, Match, Operator
from core.domain.filter_models import MAX_FILTER_DEPTH
from pages.widgets import dataset_draft as drafts
from pages.widgets import filter_edits, words
from pages.widgets.app import broadsheet
from pages.widgets.scalars import scalar_input

_NO_OPERAND = (Operator.IS_EMPTY, Operator.IS_NOT_EMPTY)
_BETWEEN = (Operator.BETWEEN, Operator.NOT_BETWEEN)
_LISTS = (Operator.IS, Operator.IS_NOT)
#: Windows move with the time of a run, and here there is none.
_WINDOWS = (Operator.IN_WINDOW, Operator.NOT_IN_WINDOW)
_WORDS = {
    Operator.NOT_STARTS_WITH: "does not start with",
    Operator.NOT_ENDS_WITH: "does not end with",
    Operator.NOT_BETWEEN: "is not between",
}
SetGroup = Callable[[Dataset, FilterGroup], Dataset]


def filter_form(
    key: str, group: FilterGroup, columns: Mapping[str, Field], save: SetGroup, *, verb: str, level: int = 1
) -> None:
    """Draw the conditions of a group; every change goes through `save(dataset, group)`. `level`: 1 is the outermost."""
    if len(group.items) > 1:
        drafts.control(
            st.segmented_control,
            verb,
            key=f"{key}_match",
            value=group.match,
            edit=lambda d, match: save(d, replace(group, match=match or Match.ALL)),
            options=list(Match),
            format_func=lambda match: (
                f"{words.MATCHES[match]} hold" if match is not Match.ANY else "any of these holds"
            ),
            required=True,
        )
    elif group.items:
        st.caption(verb)
    for position, item in enumerate(group.items):
        if isinstance(item, FilterGroup):
            _inner(f"{key}_{position}", group, position, columns, save, level=level + 1)
        else:
            _condition(f"{key}_{position}", group, position, item, columns, save)
    drafts.control(
        st.selectbox,
        "Add a filter",
        key=f"{key}_add",
        value=None,
        edit=lambda d, name: save(d, _with(group, len(group.items), _fresh(columns[name]))) if name else d,
        options=list(columns),
        index=None,
        format_func=lambda name: columns[name].label if name in columns else str(name),
        placeholder="Add a filter by …",
        label_visibility="collapsed",
        width=280,
    )
    if len(group.items) > 1 and level - 1 + filter_edits.depth(group) < MAX_FILTER_DEPTH:
        _frame_button(key, group, save)


def _inner(
    key: str, outer: FilterGroup, position: int, columns: Mapping[str, Field], save: SetGroup, *, level: int
) -> None:
    """Draw the group that is an item of another, in its frame."""

    def save_inner(d: Dataset, changed: FilterGroup) -> Dataset:
        return save(d, _with(outer, position, changed if changed.items else None))

    with st.container(key=f"builder_frame_{key}"):
        inner = filter_edits.group_at(outer, (position,))
        filter_form(key, inner, columns, save_inner, verb="Rows for which", level=level)
        drafts.act(
            "Take the frame away",
            key=f"{key}_dissolve",
            edit=lambda d: save(d, filter_edits.dissolved(outer, (position,))),
            icon=":material/select:",
            type="tertiary",
        )


def _frame_button(key: str, group: FilterGroup, save: SetGroup) -> None:
    """Draw the button that puts all conditions into a group of their own, beside which others can stand."""
    drafts.act(
        "Put these in a frame",
        key=f"{key}_frame",
        edit=lambda d: save(d, FilterGroup(items=(group,))),
        icon=":material/select:",
        type="tertiary",
    )


def _condition(
    key: str, group: FilterGroup, position: int, item: Condition, columns: Mapping[str, Field], save: SetGroup
) -> None:
    field = columns.get(item.field)
    kind = field.type if field else FieldType.TEXT

    def set_to(d: Dataset, changed: Condition | None) -> Dataset:
        return save(d, _with(group, position, changed))

    with st.container(horizontal=True, vertical_alignment="center", gap="small", key=f"{key}_row"):
        st.markdown(words.plain(field.label if field else item.field), width="content")
        offered = [one for one in broadsheet().reports.operators_for(kind) if one not in _WINDOWS]
        drafts.control(
            st.selectbox,
            "How",
            key=f"{key}_operator",
            value=item.operator,
            edit=lambda d, picked: set_to(d, _with_operator(item, picked)),
            options=offered if item.operator in offered else [item.operator, *offered],
            format_func=lambda one: operator_words(one, kind),
            label_visibility="collapsed",
            width=170,
        )
        _operand(key, item, kind, set_to)
        drafts.act(
            "",
            key=f"{key}_drop",
            edit=lambda d: set_to(d, None),
            icon=":material/close:",
            type="tertiary",
            help="Take it out",
        )


def operator_words(operator: Operator, kind: FieldType) -> str:
    """Return an operator in words."""
    return _WORDS[operator] if operator in _WORDS else words.operator(operator, kind)


def _operand(
    key: str, item: Condition, kind: FieldType, set_to: Callable[[Dataset, Condition | None], Dataset]
) -> None:
    if item.operator in _NO_OPERAND:
        return
    if kind is FieldType.TEXT and item.operator in _LISTS:
        drafts.control(
            st.multiselect,
            "Values",
            key=f"{key}_values",
            value=[str(value) for value in item.values],
            edit=lambda d, values: set_to(d, replace(item, values=tuple(values))),
            options=[str(value) for value in item.values],
            accept_new_options=True,
            label_visibility="collapsed",
            placeholder="Type a value, press Enter",
            width=300,
        )
        return
    for place in range(2 if item.operator in _BETWEEN else 1):
        value = item.values[place] if place < len(item.values) else None
        scalar_input(
            "and" if place else "Value",
            key=f"{key}_value_{place}",
            kind=kind,
            value=value,
            edit=lambda d, given, place=place: set_to(d, replace(item, values=_placed(item.values, place, given))),
            label_visibility="collapsed",
            width=170,
        )


def _placed(values: tuple[Any, ...], place: int, given: Any) -> tuple[Any, ...]:
    padded = [*values, None, None][: max(place + 1, len(values))]
    padded[place] = given
    return tuple(value for value in padded if value is not None)


def _fresh(field: Field) -> Condition:
    if field.type.is_number or field.type.is_temporal:
        return Condition(field=field.name, operator=Operator.AT_LEAST)
    values = (True,) if field.type is FieldType.BOOLEAN else ()
    return Condition(field=field.name, operator=Operator.IS, values=values)


def _with_operator(item: Condition, operator: Operator) -> Condition:
    is_pair = operator in _BETWEEN
    values = () if operator in _NO_OPERAND else item.values if operator in _LISTS or is_pair else item.values[:1]
    return replace(item, operator=operator, values=values)


def _with(group: FilterGroup, position: int, item: Condition | FilterGroup | None) -> FilterGroup:
    items = (*group.items[:position], *([item] if item else []), *group.items[position + 1 :])
    return replace(group, items=items)
