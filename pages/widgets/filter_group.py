"""Filters as chips, and groups of them as frames: each chip opens its editor, its x takes it out.

A popover's controls are drawn only while it is open: the browser keeps no hidden control whose old value would undo
a change that was made elsewhere.
"""

from dataclasses import dataclass, replace
from datetime import date
from functools import partial

import streamlit as st

from core.domain.access import Principal
from core.domain.dataset import Dataset
from core.domain.field import Field
from core.domain.filter import Condition, FilterGroup, Match
from pages.widgets import draft as drafts
from pages.widgets import edits, filter_edits, words
from pages.widgets.condition import Editing, condition_editor
from pages.widgets.filter_add import add_popover, chip_key, match_control, popover
from pages.widgets.filter_place import FilterPlace
from pages.widgets.filter_standing import stands_in
from pages.widgets.filter_words import MATCHES, condition_words


@dataclass(frozen=True, slots=True, kw_only=True)
class Chips:
    """What the chips of one report share."""

    principal: Principal
    dataset: Dataset
    today: date


def group_chips(chips: Chips, place: FilterPlace, group: FilterGroup) -> None:
    """Draw the outermost group: bare chips where all of them hold, else a frame that says how they combine."""
    if group.match is Match.ALL or not group.items:
        _items(chips, place, group)
    else:
        _frame(chips, place, group)


def _items(chips: Chips, place: FilterPlace, group: FilterGroup) -> None:
    for position, item in enumerate(group.items):
        if isinstance(item, FilterGroup):
            _frame(chips, place.inside(position), item)
        else:
            _chip(chips, place, position, item)


def _chip(chips: Chips, place: FilterPlace, position: int, item: Condition) -> None:
    key, field = chip_key(place, position, item), place.fields.get(item.field)
    label = condition_words(item, place.fields)
    held = f"builder_held_{key}{'_is_off' if item.is_off else ''}"
    with st.container(horizontal=True, gap=None, width="content", key=held):
        chip = popover(words.plain(label), icon=_icon(place, item, field), key=key)
        if chip.open:
            with chip:
                _editor(chips, place, position, item, field)
        drafts.act(
            f"Switch {'on' if item.is_off else 'off'}: {words.plain(label)}",
            key=f"{key}_switch",
            edit=lambda d: place.set_item(d, position, replace(item, is_off=not item.is_off)),
            icon=f":material/toggle_{'off' if item.is_off else 'on'}:",
            type="tertiary",
            help="A filter that is switched off stays here, and the report answers without it.",
        )
        drafts.act(
            f"Remove: {words.plain(label)}",
            key=f"{key}_x",
            edit=lambda d: place.set_item(d, position, None),
            icon=":material/close:",
            type="tertiary",
        )


def _icon(place: FilterPlace, item: Condition, field: Field | None) -> str:
    if field is None:
        return ":material/error:"
    if item.parameter is not None:
        return ":material/help_center:"
    if not edits.is_complete(item):
        return ":material/edit:"
    return ":material/filter_alt:" if place.is_of_dataset else ":material/functions:"


def _editor(chips: Chips, place: FilterPlace, position: int, item: Condition, field: Field | None) -> None:
    if field is None:
        st.markdown(f"{words.plain(item.field)} is no longer there, so the report cannot run. Remove this filter.")
        return
    condition_editor(
        Editing(
            principal=chips.principal,
            dataset=chips.dataset,
            place=place,
            position=position,
            item=item,
            field=field,
            today=chips.today,
        )
    )
    stands_in(place, position, f"{place.key}_{position}_{field.name}")


def _frame(chips: Chips, place: FilterPlace, group: FilterGroup) -> None:
    name = f"{place.key}_group"
    frame = f"builder_frame_{name}{'_is_off' if group.is_off else ''}"
    with st.container(horizontal=True, vertical_alignment="center", gap="small", width="content", key=frame):
        label = f"{MATCHES[group.match]}{' (off)' if group.is_off else ''}"
        head = popover(label, key=name, type="tertiary", help="How these filters combine")
        if head.open:
            with head:
                _head(place, group, name)
        _items(chips, place, group)
        add_popover("Add", (place,), key=f"{name}_add", field_key=f"{name}_add_field")


def _head(place: FilterPlace, group: FilterGroup, name: str) -> None:
    """Draw what can be done with a group as a whole."""
    match_control(place, group, key=f"{name}_match")
    if place.path:
        stands_in(place, place.path[-1], name, is_group=True)
    is_off = group.is_off or (not place.path and all(item.is_off for item in group.items))
    drafts.control(
        st.toggle,
        "These filters apply",
        key=f"{name}_applies",
        value=not is_off,
        edit=lambda d, on: place.reshaped(d, partial(filter_edits.switched, path=place.path, is_off=not on)),
    )
    with st.container(horizontal=True):
        if place.path:
            drafts.act(
                "Take the frame away",
                key=f"{name}_dissolve",
                edit=lambda d: place.reshaped(d, partial(filter_edits.dissolved, path=place.path)),
                icon=":material/select:",
                type="tertiary",
                help="Its filters stay, one group further out.",
            )
        drafts.act(
            "Remove its filters",
            key=f"{name}_drop",
            edit=lambda d: place.reshaped(d, partial(filter_edits.dropped, path=place.path)),
            icon=":material/delete:",
            type="tertiary",
        )
