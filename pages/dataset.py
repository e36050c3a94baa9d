"""A dataset: its editor for those who manage the catalog, and what its fields mean for everyone else."""

from uuid import UUID

import streamlit as st

from core.domain.access import Permission, Principal
from core.domain.catalog import WORKSPACE_KIND
from core.domain.dataset import Source
from core.errors import BroadsheetError, NotFound
from pages.widgets import dataset_draft as drafts
from pages.widgets import dataset_questions as questions
from pages.widgets import keys
from pages.widgets.app import broadsheet, guard
from pages.widgets.dataset_head import about, head, problems_strip
from pages.widgets.dataset_views import preview_panel, usage_panel
from pages.widgets.dictionary import dictionary
from pages.widgets.field_table import fields_panel
from pages.widgets.join_panel import joins_panel
from pages.widgets.measure_panel import measures_panel
from pages.widgets.policy_panel import policy_panel
from pages.widgets.screen import back, entered
from pages.widgets.states import problem
from pages.widgets.step_panel import steps_panel

TABS = ("Fields", "Joins", "Steps", "Measures", "Policy", "Preview", "Used by")


def open_draft(principal: Principal) -> tuple[drafts.DatasetDraft, Source]:
    """Return the draft that the address names, and its source; ends the run with words where there is none."""
    try:
        named = UUID(st.query_params.get("dataset", ""))
        is_entered = entered(keys.DATASET)
        if is_entered:
            questions.forget()
        draft = drafts.load(principal, named, entered=is_entered)
        return draft, broadsheet().sources.get(principal, draft.dataset.source_id)
    except (ValueError, BroadsheetError) as error:
        problem(error if isinstance(error, BroadsheetError) else NotFound("This address names no dataset."))
        st.stop()


principal = guard(Permission.VIEW_REPORTS)
back("data.py", "All data")
draft, source = open_draft(principal)
if not principal.may(Permission.MANAGE_CATALOG) or source.kind == WORKSPACE_KIND:
    dictionary(principal, draft.dataset)
    if principal.may(Permission.MANAGE_POLICIES) and source.kind != WORKSPACE_KIND:
        policy_panel(principal, draft.dataset)
    st.stop()
head(draft, source)
problems_strip(draft)
about(draft)
fields, joins, steps, measures, policy, preview, used_by = st.tabs(TABS, key=keys.DATASET_TABS, on_change="rerun")
if fields.open:
    with fields:
        fields_panel(principal, draft)
elif joins.open:
    with joins:
        joins_panel(principal, draft, source)
elif steps.open:
    with steps:
        steps_panel(principal, draft, source)
elif measures.open:
    with measures:
        measures_panel(draft)
elif policy.open:
    with policy:
        policy_panel(principal, draft.saved)
elif preview.open:
    with preview:
        preview_panel(principal, draft)
elif used_by.open:
    with used_by:
        usage_panel(principal, draft)
