"""A filter as a list of open conditions, for places too narrow for chips: inside one measure."""

from datetime import date

import streamlit as st

from core.domain.access import Principal
from core.domain.dataset import Dataset
from core.domain.filter import FilterGroup, Match
from pages.widgets import draft as drafts
from pages.widgets import filter_edits
from pages.widgets.condition import Editing, condition_editor
from pages.widgets.edits import new_condition
from pages.widgets.filter_add import match_control
from pages.widgets.filter_place import FilterPlace
from pages.widgets.filter_standing import stands_in


def filter_list(principal: Principal, dataset: Dataset, place: FilterPlace, today: date) -> None:
    """Draw every condition of a place, groups framed, and the control that adds one."""
    group = place.group(drafts.current().definition)
    if len(group.items) > 1 or group.match is not Match.ALL:
        match_control(place, group, key=f"{place.key}_match")
    for position, item in enumerate(group.items):
        if isinstance(item, FilterGroup):
            with st.container(key=f"builder_frame_{place.key}_{position}"):
                filter_list(principal, dataset, place.inside(position), today)
            continue
        field = place.fields.get(item.field)
        if field is None:
            _gone(place, position, item.field)
            continue
        condition_editor(
            Editing(
                principal=principal,
                dataset=dataset,
                place=place,
                position=position,
                item=item,
                field=field,
                today=today,
            )
        )
        stands_in(place, position, f"{place.key}_{position}_{field.name}")
    _add(place, len(group.items))
    if place.path:
        drafts.act(
            "Take the frame away",
            key=f"{place.key}_dissolve",
            edit=lambda d: place.reshaped(d, lambda root: filter_edits.dissolved(root, place.path)),
            icon=":material/select:",
            type="tertiary",
        )


def _gone(place: FilterPlace, position: int, name: str) -> None:
    """Draw a condition whose field the dataset has no more."""
    st.caption(f"{name} is no longer there, so the report cannot run.")
    drafts.act("Remove filter", key=f"{place.key}_{position}_drop", edit=lambda d: place.set_item(d, position, None))


def _add(place: FilterPlace, position: int) -> None:
    drafts.control(
        st.selectbox,
        "Count only rows where",
        key=f"{place.key}_add",
        value=None,
        edit=lambda d, name: place.set_item(d, position, new_condition(place.fields[name])) if name else d,
        options=[name for name, field in place.fields.items() if not field.is_hidden],
        index=None,
        format_func=lambda name: place.fields[name].label if name in place.fields else str(name),
        placeholder="Count only rows where …",
        label_visibility="collapsed",
    )
