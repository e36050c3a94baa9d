"""The builder: fields on the left, the report in the middle, its properties on the right."""

from collections.abc import Mapping
from dataclasses import replace
from uuid import UUID

import streamlit as st

from core.domain.access import Permission, Principal
from core.domain.dataset import Dataset
from core.domain.definition import ReportDefinition
from core.domain.parameters import ParameterValue
from core.domain.result import Preview, ResultColumn
from core.errors import BroadsheetError, NotFound
from pages.widgets import answers, keys, words
from pages.widgets import draft as drafts
from pages.widgets.actions import toolbar
from pages.widgets.app import broadsheet, guard
from pages.widgets.chart_panel import chart_panel, more_panel
from pages.widgets.export_status import export_status
from pages.widgets.fields import fields_area
from pages.widgets.filters import filter_row
from pages.widgets.parameters import parameter_inputs
from pages.widgets.properties import shape_panel
from pages.widgets.result import result_area
from pages.widgets.screen import entered
from pages.widgets.states import problem

Given = Mapping[str, ParameterValue]
STEPS = ("Fields", "Page", "Properties")


def open_draft(principal: Principal) -> drafts.Draft:
    """Return the draft that the address names; ends the run with words where there is none."""
    named = st.query_params.get("report")
    try:
        draft = drafts.load(principal, UUID(named) if named else None, entered=entered("builder"))
    except (ValueError, BroadsheetError) as error:
        problem(error if isinstance(error, BroadsheetError) else NotFound("This address names no report."))
        st.page_link("reports.py", label="All reports", icon=":material/arrow_back:")
        st.stop()
    return draft


def head(principal: Principal, draft: drafts.Draft) -> None:
    """Draw the title, which is edited in place, the toolbar and what stands to be said."""
    title, tools = st.columns([5, 7], vertical_alignment="center")
    with title:
        if st.session_state.get(keys.BUILDER_NAME) != draft.name:
            st.session_state[keys.BUILDER_NAME] = draft.name
        st.text_input(
            "Title",
            key=keys.BUILDER_NAME,
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
    export_status(principal)


def saved_words(draft: drafts.Draft) -> str:
    """Return where the draft stands."""
    if draft.report_id is None:
        return "Not saved yet"
    return f"Version {draft.version}" + (", with unsaved changes" if draft.is_changed else "")


def ask(principal: Principal, definition: ReportDefinition, given: Given) -> Preview | None:
    """Return the answer, or say why there is none."""
    try:
        return answers.preview(principal, definition, st.session_state.get(keys.BUILDER_PAGE, 1), given)
    except BroadsheetError as error:
        if (error.place or "").startswith("parameters."):
            st.info(error.user_message.removeprefix(f"{error.place}: "), icon=":material/help_center:")
        else:
            problem(error)
        return None


def columns_of(principal: Principal, definition: ReportDefinition) -> dict[str, ResultColumn]:
    """Return the result's columns by key; none where the definition does not hold together, which is said elsewhere."""
    try:
        return {column.key: column for column in answers.columns(principal, definition)}
    except BroadsheetError:
        return {}


def asked_values(principal: Principal, dataset: Dataset, definition: ReportDefinition) -> Given:
    """Draw the controls for what the report asks and return what was given."""
    if not definition.parameters:
        return {}
    with st.container(horizontal=True, vertical_alignment="bottom", key="builder_asked"):
        kept, key = drafts.given_values(), f"builder_given_{st.session_state[keys.DRAFT]}"
        return parameter_inputs(principal, dataset, definition.parameters, kept, key=key)


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
    left, middle, right = st.columns([2.1, 7, 2.9], gap="medium")
    with left, st.container(key="builder_left"):
        fields_area(principal, dataset)
    with right, st.container(key="builder_right"):
        shape, chart, more = st.tabs(["Table", "Chart", "More"], key=keys.BUILDER_TABS, on_change="rerun")
        columns = columns_of(principal, draft.asked)
        if shape.open:
            with shape:
                shape_panel(principal, dataset, columns, today)
        elif chart.open:
            with chart:
                chart_panel(dataset, {key: column.label for key, column in columns.items()})
    with middle, st.container(key="builder_middle"):
        sentence, chips = st.container(), st.container()
        given = asked_values(principal, dataset, draft.asked)
        preview = ask(principal, draft.asked, given)
        with sentence:
            st.html(
                f'<p class="bs-sentence">{words.html(preview.sentence.rstrip(".")) + ". " if preview else ""}'
                f'<span class="bs-quiet">{saved_words(draft)}.</span></p>'
            )
        with chips:
            filter_row(principal, dataset, columns, today, preview)
        if preview is not None:
            result_area(principal, dataset, draft.asked, given, preview)
    if more.open:
        with more:
            more_panel(principal, preview)
