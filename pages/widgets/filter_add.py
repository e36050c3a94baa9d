"""The button that adds a filter, and the choice of how the filters of a group combine."""

from functools import partial
from typing import Any

import streamlit as st

from core.domain.definition import ReportDefinition
from core.domain.field import Field
from core.domain.filter import Condition, FilterGroup, Match
from pages.widgets import draft as drafts
from pages.widgets import edits, filter_edits, words
from pages.widgets.filter_place import FilterPlace

#: A choice of what to filter by: the place, and the field's name there.
_Offers = dict[str, tuple[FilterPlace, str]]
#: What tells figures of the result from fields of the same name.
_RESULT = "result: "


def popover(label: str, *, icon: str | None = None, key: str, **options: Any) -> Any:
    """Draw a chip that stays open while its label changes, which to Streamlit makes it a new and closed one."""
    if st.session_state.get(key):
        st.session_state[key] = True
    return st.popover(label, icon=icon, key=key, on_change="rerun", **options)


def add_popover(label: str, places: tuple[FilterPlace, ...], *, key: str, field_key: str) -> None:
    """Draw the button that adds a filter by a field of one of the places; with several, how each combines its own."""
    chip = popover(label, icon=":material/add:", key=key, type="tertiary")
    if not chip.open:
        return
    offers, labels = _offers(places)
    with chip:
        st.selectbox(
            "Field to filter by",
            list(offers),
            index=None,
            key=field_key,
            format_func=lambda name: labels.get(name, name),
            placeholder="Choose a field or a figure" if len(places) > 1 else "Choose a field",
            on_change=_add,
            args=(key, field_key, offers),
        )
        if len(places) > 1:
            for place in places:
                group = place.group(drafts.current().definition)
                if len(group.items) > 1:
                    match_control(place, group, key=f"{place.key}_match")


def _offers(places: tuple[FilterPlace, ...]) -> tuple[_Offers, dict[str, str]]:
    """What can be filtered by, and how it is called."""
    offers: _Offers = {}
    labels: dict[str, str] = {}
    is_summary = drafts.current().definition.is_summary
    for place in places:
        prefix = "" if place.is_of_dataset else _RESULT
        for name, field in place.fields.items():
            if not field.is_hidden:
                offers[f"{prefix}{name}"] = (place, name)
                labels[f"{prefix}{name}"] = _offer_words(place, field, is_summary=is_summary)
    return offers, words.distinct(labels)


def _offer_words(place: FilterPlace, field: Field, *, is_summary: bool) -> str:
    if not place.is_of_dataset:
        return f"{field.label} (figure in the table)"
    return f"{field.label} (before summing up)" if is_summary and field.is_measure else field.label


def _add(key: str, field_key: str, offers: _Offers) -> None:
    picked = st.session_state[field_key]
    if picked not in offers:
        return
    add_filter(*offers[picked])
    st.session_state[key] = False


def add_filter(place: FilterPlace, name: str) -> None:
    """Add a filter by a field of the place, with its chip open to say how."""
    definition: ReportDefinition = drafts.current().definition
    position = len(place.group(definition).items)
    item = edits.new_condition(place.fields[name])
    drafts.change(place.set_item(definition, position, item))
    st.session_state[chip_key(place, position, item)] = True


def match_control(place: FilterPlace, group: FilterGroup, *, key: str) -> None:
    """Draw the choice of how the items of a group combine."""
    drafts.control(
        st.segmented_control,
        "A row counts when it meets" if place.is_of_dataset else "A line of the table counts when it meets",
        key=key,
        value=group.match,
        edit=lambda d, match: place.reshaped(
            d, partial(filter_edits.turned, path=place.path, match=match or group.match)
        ),
        options=list(Match),
        format_func=lambda match: words.MATCHES[match],
        required=True,
    )


def chip_key(place: FilterPlace, position: int, item: Condition) -> str:
    """Return the key of a filter's chip; `True` in the session opens it."""
    return f"{place.chip}_{position}_{item.field}"
