"""The builder: fields on the left, the report in the middle, its properties on the right."""

from dataclasses import replace
from uuid import UUID

import streamlit as st

from core.domain.access import Permission, Principal
from core.domain.dataset import Dataset
from core.domain.definition import ReportDefinition
from core.domain.result import Preview
from core.errors import BroadsheetError, NotFound
from pages.widgets import answers, keys, words
from pages.widgets import draft as drafts
from pages.widgets.actions import export_status, toolbar
from pages.widgets.app import broadsheet, guard
from pages.widgets.chart_panel import chart_panel, more_panel
from pages.widgets.fields import fields_area
from pages.widgets.filters import filter_row
from pages.widgets.properties import shape_panel
from pages.widgets.result import result_area
from pages.widgets.screen import entered
from pages.widgets.states import problem

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


def ask(principal: Principal, definition: ReportDefinition) -> Preview | None:
    """Return the answer, or say why there is none."""
    try:
        return answers.preview(principal, definition, st.session_state.get(keys.BUILDER_PAGE, 1))
    except BroadsheetError as error:
        problem(error)
        return None


def labels_of(dataset: Dataset, definition: ReportDefinition) -> dict[str, str]:
    """Return the labels of the result's columns by key."""
    plain = {field.name: field.label for field in dataset.fields}
    groups = {g.key: plain.get(g.field, g.field) + (f" by {g.grain}" if g.grain else "") for g in definition.groupings}
    return plain | groups | {m.key: words.measure(m, dataset) for m in definition.measures}


principal = guard(Permission.VIEW_REPORTS)
draft = open_draft(principal)
dataset = broadsheet().catalog.dataset(principal, draft.definition.dataset_id)
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
        labels = labels_of(dataset, draft.definition)
        if shape.open:
            with shape:
                shape_panel(dataset, labels)
        elif chart.open:
            with chart:
                chart_panel(dataset, labels)
    with middle, st.container(key="builder_middle"):
        sentence, chips = st.container(), st.container()
        preview = ask(principal, draft.asked)
        with sentence:
            st.html(
                f'<p class="bs-sentence">{words.html(preview.sentence.rstrip(".")) + ". " if preview else ""}'
                f'<span class="bs-quiet">{saved_words(draft)}.</span></p>'
            )
        with chips:
            filter_row(principal, dataset, broadsheet().clock.now().date(), preview)
        if preview is not None:
            result_area(principal, dataset, draft.asked, preview)
    if more.open:
        with more:
            more_panel(principal, preview)
