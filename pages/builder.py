"""The builder: fields on the left, the report in the middle, its properties on the right."""

from dataclasses import replace

import streamlit as st

from core.domain.access import Permission, Principal
from core.domain.definition import ReportDefinition
from core.domain.result import ResultColumn
from core.errors import BroadsheetError, NotFound
from core.services.one_look import one_look
from pages.widgets import answers, keys
from pages.widgets import draft as drafts
from pages.widgets.actions import toolbar
from pages.widgets.app import broadsheet, guard
from pages.widgets.chart_panel import chart_panel, more_panel
from pages.widgets.control import show
from pages.widgets.export_status import export_status
from pages.widgets.fields import fields_area
from pages.widgets.history import keep, opened, resumed_notice
from pages.widgets.mishap import shielded
from pages.widgets.page_events import page_events
from pages.widgets.properties import shape_panel
from pages.widgets.quick_starts import start_screen
from pages.widgets.report_page import report_page
from pages.widgets.screen import entered
from pages.widgets.sql_side import side_tabs, sql_panel, widths
from pages.widgets.states import problem

STEPS = ("Fields", "Page", "Properties")


def open_draft(principal: Principal) -> drafts.Draft:
    """Return the draft that the address names; ends the run with words, or with what a new report can begin with."""
    draft = None
    try:
        draft = opened(principal, entered=entered("builder"))
        if draft is not None:
            keep(principal, draft)
    except (ValueError, BroadsheetError) as error:
        problem(error if isinstance(error, BroadsheetError) else NotFound("This address names no report."))
        st.page_link("reports.py", label="All reports", icon=":material/arrow_back:")
        st.stop()
    if draft is None:
        start_screen(principal)
        st.stop()
    return draft


def head(principal: Principal, draft: drafts.Draft) -> None:
    """Draw the title, which is edited in place, the toolbar and what stands to be said."""
    title, tools = st.columns([5, 7], vertical_alignment="center")
    with title:
        show(
            st.text_input,
            "Title",
            key=keys.BUILDER_NAME,
            value=draft.name,
            label_visibility="collapsed",
            placeholder="Untitled report",
            max_chars=200,
            on_change=lambda: drafts.put(replace(drafts.current(), name=st.session_state[keys.BUILDER_NAME] or "")),
        )
    with tools:
        toolbar(principal)
    notice = st.session_state.pop(keys.BUILDER_NOTICE, None)
    if notice:
        st.error(notice, icon=":material/error:")
    resumed_notice(principal, draft)
    page_events("builder", keys.BUILDER_EVENTS, is_changed=draft.is_touched)
    export_status(principal)


def columns_of(principal: Principal, definition: ReportDefinition) -> dict[str, ResultColumn]:
    """Return the result's columns by key; none where the definition does not hold together, which is said elsewhere."""
    try:
        return {column.key: column for column in answers.columns(principal, definition)}
    except BroadsheetError:
        return {}


@st.fragment
@shielded
@one_look()
def builder() -> None:
    """Draw the whole screen. It is a fragment: an interaction with it does not draw the frame around it anew."""
    principal = guard(Permission.VIEW_REPORTS)
    draft = open_draft(principal)
    dataset = broadsheet().catalog.dataset(principal, draft.definition.dataset_id)
    today = broadsheet().clock.now().date()
    head(principal, draft)
    step = st.session_state.get(keys.BUILDER_STEP) or STEPS[1]
    with st.container(key=f"builder_at_{step.lower()}"):
        st.segmented_control(
            "Step",
            STEPS,
            key=keys.BUILDER_STEP,
            default=STEPS[1],
            label_visibility="collapsed",
            required=True,
            width="stretch",
        )
        left, middle, right = st.columns(widths(principal), gap="medium")
        with left, st.container(key="builder_left"):
            fields_area(principal, dataset)
        with right, st.container(key="builder_right"):
            shape, chart, more, *sql = side_tabs(principal)
            columns = columns_of(principal, draft.asked)
            if shape.open:
                with shape:
                    shape_panel(principal, dataset, columns, today)
        with middle, st.container(key="builder_middle"):
            preview = report_page(principal, dataset, columns, today)
        if chart.open:
            with chart:
                chart_panel(dataset, columns, preview)
        if more.open:
            with more:
                more_panel()
        for tab in sql:
            if tab.open:
                with tab:
                    sql_panel(preview)


builder()
