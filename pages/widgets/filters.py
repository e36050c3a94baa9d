"""The row of chips under a report's title: its period, its filters, and the button that adds one."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import date

import streamlit as st

from core.domain.access import Principal
from core.domain.dataset import Dataset
from core.domain.definition import Period, ReportDefinition
from core.domain.filter import DateUnit, DateWindow, WindowKind
from core.domain.result import Preview, ResultColumn
from pages.widgets import draft as drafts
from pages.widgets import keys, words
from pages.widgets.condition import parameter_form
from pages.widgets.filter_add import add_popover, popover
from pages.widgets.filter_group import Chips, group_chips
from pages.widgets.filter_place import over_fields, over_result
from pages.widgets.mend import mended
from pages.widgets.parameter_edits import ask_for_period, parameter_of
from pages.widgets.windows import window_editor

_NO_PERIOD = "All time"


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
    chips = Chips(principal=principal, dataset=dataset, today=today)
    with st.container(horizontal=True, vertical_alignment="center", gap="small", key="builder_chips"):
        _period_chip(dataset, definition, today, preview)
        for place in places:
            group_chips(chips, place, place.read(definition))
        add_popover("Filter", places, key=keys.BUILDER_ADD_FILTER, field_key=keys.BUILDER_FILTER_FIELD)


def _period_chip(dataset: Dataset, definition: ReportDefinition, today: date, preview: Preview | None) -> None:
    dates = {field.name: field.label for field in dataset.fields if field.type.is_temporal}
    if not dates:
        return
    period = definition.period
    label = words.window(period.window).capitalize() if period else _NO_PERIOD
    if period is not None and period.parameter is not None:
        label = f"{label} (asked)"
    chip = popover(label, icon=":material/date_range:", key="builder_period")
    if chip.open:
        with chip:
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
    parameter = parameter_of(drafts.current().definition, period.parameter)
    if parameter is None:
        window_editor("builder_window", period.window, today, lambda d, w: replace(d, period=replace(period, window=w)))
    else:
        if preview is not None and preview.period is not None:
            st.markdown(f"**{words.span(preview.period)}**")
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
