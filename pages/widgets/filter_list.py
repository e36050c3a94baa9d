"""A filter as a list of open conditions, for places too narrow for chips: inside one measure."""

from datetime import date

import streamlit as st

from core.domain.access import Principal
from core.domain.dataset import Dataset
from core.domain.filter import FilterGroup
from pages.widgets import draft as drafts
from pages.widgets.condition import Editing, condition_editor
from pages.widgets.edits import new_condition
from pages.widgets.filter_place import FilterPlace


def filter_list(principal: Principal, dataset: Dataset, place: FilterPlace, today: date) -> None:
    """Draw every condition of a place, and the control that adds one."""
    items = place.read(drafts.current().definition).items
    for position, item in enumerate(items):
        if isinstance(item, FilterGroup):
            st.caption(f"{len(item.items)} filters inside of a filter; they are changed through the API.")
            continue
        field = place.fields.get(item.field)
        if field is not None:
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
    drafts.control(
        st.selectbox,
        "Count only rows where",
        key=f"{place.key}_add",
        value=None,
        edit=lambda d, name: place.set_item(d, len(items), new_condition(place.fields[name])) if name else d,
        options=[name for name, field in place.fields.items() if not field.is_hidden],
        index=None,
        format_func=lambda name: place.fields[name].label if name in place.fields else str(name),
        placeholder="Count only rows where …",
        label_visibility="collapsed",
    )
