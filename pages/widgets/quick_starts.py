"""What a new report begins with: unsaved drafts, and for each dataset its quick starts and the reports that suit it."""

import streamlit as st

from core.domain.access import Principal
from core.domain.dataset import Dataset
from core.domain.quick_start import QuickStart, StartKind
from core.domain.report_draft import ReportDraft
from core.errors import BroadsheetError
from pages.widgets import draft as drafts
from pages.widgets import keys, words
from pages.widgets.app import broadsheet
from pages.widgets.history import DRAFT, take_up, throw_away
from pages.widgets.states import empty, problem

_MOST_PILLS = 12
_ICONS = {
    "over_time": "show_chart",
    "one_number": "counter_1",
    "latest": "table_rows",
    "usage": "groups",
    "revenue": "payments",
    "key_figures": "dashboard",
    "audit_trail": "policy",
    "outreach": "campaign",
}
_TITLES = {StartKind.QUICK: "Quick starts", StartKind.READY_MADE: "Ready-made reports"}


def start_screen(principal: Principal) -> None:
    """Draw everything that a new report can begin with; a click fills the builder."""
    st.title("New report", anchor=False)
    try:
        unsaved = broadsheet().drafts.unsaved(principal)
        datasets = broadsheet().quick_starts.datasets(principal)
    except BroadsheetError as error:
        problem(error)
        return
    if unsaved:
        _unsaved(principal, unsaved)
    if not datasets:
        empty("There is no dataset yet", "Ask an administrator to add a source.", icon=":material/database:")
        return
    dataset = _chosen(datasets)
    if dataset.description:
        st.html(f'<p class="bs-lead">{words.html(dataset.description)}</p>')
    try:
        starts = broadsheet().quick_starts.of_dataset(principal, dataset.id)
    except BroadsheetError as error:
        problem(error)
        return
    with st.container(key="builder_starts"):
        for column, kind in zip(st.columns(2, gap="large"), StartKind, strict=True):
            with column:
                _starts(dataset, kind, [start for start in starts if start.kind is kind])


def _unsaved(principal: Principal, unsaved: tuple[ReportDraft, ...]) -> None:
    st.html('<div class="bs-eyebrow">Not saved yet</div>')
    for draft in unsaved:
        when = words.moment(draft.updated_at, principal.timezone)
        with st.container(horizontal=True, vertical_alignment="center", gap="small", key=f"builder_unsaved_{draft.id}"):
            st.markdown(f"**{words.plain(draft.name)}**, draft of {when}", width="content")
            st.button("Go on", key=f"builder_unsaved_go_{draft.id}", on_click=take_up, args=(draft,))
            st.button(
                "Throw away",
                key=f"builder_unsaved_drop_{draft.id}",
                type="tertiary",
                on_click=throw_away,
                args=(draft.id,),
            )


def _chosen(datasets: tuple[Dataset, ...]) -> Dataset:
    """Draw the choice of a dataset and return the one that is chosen."""
    known = {dataset.id: dataset for dataset in datasets}
    labels = words.distinct({dataset.id: dataset.label for dataset in datasets})
    if st.session_state.get(keys.BUILDER_START_DATASET) not in known:
        st.session_state[keys.BUILDER_START_DATASET] = datasets[0].id
    options = {
        "label": "What is it about?",
        "options": list(known),
        "key": keys.BUILDER_START_DATASET,
        "format_func": lambda key: labels.get(key, ""),
    }
    picked = st.pills(**options, required=True) if len(datasets) <= _MOST_PILLS else st.selectbox(**options)
    return known.get(picked, datasets[0])


def _starts(dataset: Dataset, kind: StartKind, starts: list[QuickStart]) -> None:
    st.html(f'<h2 class="bs-part">{_TITLES[kind]}</h2>')
    if not starts:
        st.caption("None of them finds the fields it asks for in this dataset.")
    for start in starts:
        st.button(
            f"**{words.plain(start.label)}** {words.plain(start.description)}",
            key=f"builder_start_{start.key}",
            icon=f":material/{_ICONS.get(start.key, 'leaderboard')}:",
            type="tertiary",
            width="stretch",
            on_click=_begin,
            args=(dataset, start),
        )


def _begin(dataset: Dataset, start: QuickStart) -> None:
    name = start.label if start.kind is StartKind.QUICK else f"{dataset.label}: {start.label.lower()}"
    draft = drafts.new(start.definition, name)
    drafts.put(draft)
    st.query_params[DRAFT] = str(draft.id)
