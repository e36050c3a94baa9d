"""The row of chips under a report's title: its period and its filters, each with the control its type asks for.

A popover's controls are drawn only while it is open: the browser keeps no hidden control whose old value would undo
a change that was made elsewhere.
"""

from dataclasses import replace
from datetime import date
from typing import Any

import streamlit as st

from core.domain.access import Principal
from core.domain.dataset import Dataset, Field
from core.domain.definition import Period, ReportDefinition
from core.domain.filter import Condition, DateUnit, DateWindow, FilterGroup, Match, WindowKind
from core.domain.result import Preview
from pages.widgets import draft as drafts
from pages.widgets import edits, keys, words
from pages.widgets.condition import condition_editor
from pages.widgets.windows import window_editor

_NO_PERIOD = "All time"


def filter_row(principal: Principal, dataset: Dataset, today: date, preview: Preview | None) -> None:
    """Draw the period, every filter, and the button that adds one."""
    definition = drafts.current().definition
    with st.container(horizontal=True, gap="small", key="builder_chips"):
        _period_chip(dataset, definition, today, preview)
        for position, item in enumerate(definition.filters.items):
            if isinstance(item, FilterGroup):
                _group_chip(position, item)
            else:
                _condition_chip(principal, dataset, position, item, today)
        _add_filter(dataset, definition)


def _popover(label: str, *, icon: str, key: str) -> Any:
    """Draw a chip that stays open while its label changes, which to Streamlit makes it a new and closed one."""
    if st.session_state.get(key):
        st.session_state[key] = True
    return st.popover(label, icon=icon, key=key, on_change="rerun")


def _period_chip(dataset: Dataset, definition: ReportDefinition, today: date, preview: Preview | None) -> None:
    dates = {field.name: field.label for field in dataset.fields if field.type.is_temporal}
    if not dates:
        return
    period = definition.period
    label = words.window(period.window).capitalize() if period else _NO_PERIOD
    popover = _popover(label, icon=":material/date_range:", key="builder_period")
    if popover.open:
        with popover:
            _period_editor(dataset, dates, period, today, preview)


def _period_editor(
    dataset: Dataset, dates: dict[str, str], period: Period | None, today: date, preview: Preview | None
) -> None:
    if period is None:
        field = dataset.time_field or next(iter(dates))
        fresh = Period(field=field, window=DateWindow(kind=WindowKind.LAST, n=30, unit=DateUnit.DAY))
        st.caption("The report reads every row, whenever it happened.")
        drafts.act("Set a period", key="builder_period_set", edit=lambda d: replace(d, period=fresh))
        return
    if preview is not None and preview.period is not None:
        st.markdown(f"**{words.span(preview.period)}**")
    window_editor("builder_window", period.window, today, lambda d, w: replace(d, period=replace(period, window=w)))
    drafts.control(
        st.selectbox,
        "By the date",
        key="builder_period_field",
        value=period.field,
        edit=lambda d, name: replace(d, period=replace(period, field=name)),
        options=list(dates),
        format_func=lambda name: dates.get(name, name),
    )
    drafts.act("Read all time", key="builder_period_drop", edit=lambda d: replace(d, period=None), type="tertiary")


def _condition_chip(principal: Principal, dataset: Dataset, position: int, item: Condition, today: date) -> None:
    field = dataset.field(item.field)
    if field is None:
        return
    key = chip_key(position, item)
    unfinished = not edits.is_complete(item)
    icon = ":material/edit:" if unfinished else ":material/filter_alt:"
    popover = _popover(words.condition(item, field), icon=icon, key=key)
    if popover.open:
        with popover:
            condition_editor(principal, dataset, field, position, item, today)


def _group_chip(position: int, group: FilterGroup) -> None:
    with st.popover(f"{len(group.items)} filters, {words.MATCHES[group.match]}", key=f"builder_group_{position}"):
        st.caption("Filters inside filters are made through the API.")
        drafts.act("Remove", key=f"builder_group_drop_{position}", edit=lambda d: edits.set_item(d, position, None))


def _add_filter(dataset: Dataset, definition: ReportDefinition) -> None:
    popover = st.popover(
        "Filter", icon=":material/add:", type="tertiary", key=keys.BUILDER_ADD_FILTER, on_change="rerun"
    )
    if not popover.open:
        return
    labels = {field.name: field.label for field in dataset.fields}
    with popover:
        st.selectbox(
            "Field to filter by",
            list(labels),
            index=None,
            key=keys.BUILDER_FILTER_FIELD,
            format_func=lambda name: labels.get(name, name),
            placeholder="Choose a field",
            on_change=_add,
            args=(dataset,),
        )
        if len(definition.filters.items) > 1:
            drafts.control(
                st.segmented_control,
                "A row counts when it meets",
                key="builder_match",
                value=definition.filters.match,
                edit=lambda d, match: replace(d, filters=replace(d.filters, match=match or Match.ALL)),
                options=list(Match),
                format_func=lambda match: words.MATCHES[match],
                required=True,
            )


def _add(dataset: Dataset) -> None:
    name = st.session_state[keys.BUILDER_FILTER_FIELD]
    field: Field | None = dataset.field(name) if name else None
    if field is None:
        return
    definition = drafts.current().definition
    position = len(definition.filters.items)
    item = edits.new_condition(field)
    drafts.change(edits.set_item(definition, position, item))
    st.session_state[keys.BUILDER_ADD_FILTER] = False
    st.session_state[chip_key(position, item)] = True


def chip_key(position: int, item: Condition) -> str:
    """Return the key of a filter's chip; `True` in the session opens it."""
    return f"builder_chip_{position}_{item.field}"
