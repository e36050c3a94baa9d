"""The row of chips under a report's title: its period and its filters, each with the control its type asks for.

A popover's controls are drawn only while it is open: the browser keeps no hidden control whose old value would undo
a change that was made elsewhere.
"""

from collections.abc import Mapping
from dataclasses import replace
from datetime import date
from typing import Any

import streamlit as st

from core.domain.access import Principal
from core.domain.dataset import Dataset
from core.domain.definition import Period, ReportDefinition
from core.domain.filter import Condition, DateUnit, DateWindow, FilterGroup, Match, WindowKind
from core.domain.result import Preview, ResultColumn
from pages.widgets import draft as drafts
from pages.widgets import edits, keys, words
from pages.widgets.condition import Editing, condition_editor, parameter_form
from pages.widgets.filter_place import FilterPlace, over_fields, over_result
from pages.widgets.mend import mended
from pages.widgets.parameter_edits import ask_for_period, parameter_of
from pages.widgets.windows import window_editor

_NO_PERIOD = "All time"
#: What tells figures of the result from fields of the same name.
_RESULT = "result: "


def filter_row(
    principal: Principal,
    dataset: Dataset,
    columns: Mapping[str, ResultColumn],
    today: date,
    preview: Preview | None,
) -> None:
    """Draw the period, every filter of fields and of figures, and the button that adds one."""
    definition = drafts.current().definition
    places = (over_fields(dataset), over_result(definition, columns))
    with st.container(horizontal=True, gap="small", key="builder_chips"):
        _period_chip(dataset, definition, today, preview)
        for place in places:
            for position, item in enumerate(place.read(definition).items):
                if isinstance(item, FilterGroup):
                    _group_chip(place, position, item)
                elif item.field in place.fields:
                    _condition_chip(
                        Editing(
                            principal=principal,
                            dataset=dataset,
                            place=place,
                            position=position,
                            item=item,
                            field=place.fields[item.field],
                            today=today,
                        )
                    )
        _add_filter(definition, places)


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
    if period is not None and period.parameter is not None:
        label = f"{label} (asked)"
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
    parameter = parameter_of(drafts.current().definition, period.parameter)
    if parameter is None:
        window_editor("builder_window", period.window, today, lambda d, w: replace(d, period=replace(period, window=w)))
    else:
        parameter_form(parameter.name, parameter.label, is_required=parameter.is_required)
    drafts.control(
        st.selectbox,
        "By the date",
        key="builder_period_field",
        value=period.field,
        edit=lambda d, name: replace(d, period=replace(period, field=name)),
        options=list(dates),
        format_func=lambda name: dates.get(name, name),
    )
    with st.container(horizontal=True, vertical_alignment="center"):
        drafts.control(
            st.toggle,
            "Ask each time",
            key="builder_period_asks",
            value=period.parameter is not None,
            edit=lambda d, asks: ask_for_period(d, asks=asks),
            help="Whoever opens, downloads or schedules the report gives the period.",
            width="stretch",
        )
        drafts.act("Read all time", key="builder_period_drop", edit=_without_period, type="tertiary")


def _without_period(d: ReportDefinition) -> ReportDefinition:
    return mended(replace(d, period=None))


def _condition_chip(editing: Editing) -> None:
    item = editing.item
    icon = ":material/filter_alt:"
    if item.parameter is not None:
        icon = ":material/help_center:"
    elif not edits.is_complete(item):
        icon = ":material/edit:"
    label = words.plain(words.condition(item, editing.field))
    popover = _popover(label, icon=icon, key=chip_key(editing.place, editing.position, item))
    if popover.open:
        with popover:
            condition_editor(editing)


def _group_chip(place: FilterPlace, position: int, group: FilterGroup) -> None:
    key = f"{place.key}_group_{position}"
    with st.popover(f"{len(group.items)} filters, {words.MATCHES[group.match]}", key=key):
        st.caption("Filters inside filters are made through the API.")
        drafts.act("Remove", key=f"{key}_drop", edit=lambda d: place.set_item(d, position, None))


def _add_filter(definition: ReportDefinition, places: tuple[FilterPlace, FilterPlace]) -> None:
    popover = st.popover(
        "Filter", icon=":material/add:", type="tertiary", key=keys.BUILDER_ADD_FILTER, on_change="rerun"
    )
    if not popover.open:
        return
    fields, result = places
    labels = {name: field.label for name, field in fields.fields.items() if not field.is_hidden}
    labels |= {f"{_RESULT}{key}": f"{field.label} of the result" for key, field in result.fields.items()}
    with popover:
        st.selectbox(
            "Field to filter by",
            list(labels),
            index=None,
            key=keys.BUILDER_FILTER_FIELD,
            format_func=lambda name: labels.get(name, name),
            placeholder="Choose a field or a figure",
            on_change=_add,
            args=(places,),
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


def _add(places: tuple[FilterPlace, FilterPlace]) -> None:
    picked = st.session_state[keys.BUILDER_FILTER_FIELD] or ""
    name = picked.removeprefix(_RESULT)
    place = places[0] if name == picked else places[1]
    if name not in place.fields:
        return
    definition = drafts.current().definition
    position = len(place.read(definition).items)
    item = edits.new_condition(place.fields[name])
    drafts.change(place.set_item(definition, position, item))
    st.session_state[keys.BUILDER_ADD_FILTER] = False
    st.session_state[chip_key(place, position, item)] = True


def chip_key(place: FilterPlace, position: int, item: Condition) -> str:
    """Return the key of a filter's chip; `True` in the session opens it."""
    return f"{place.chip}_{position}_{item.field}"
