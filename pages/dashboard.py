"""A dashboard: its tiles under the filters they share, looked at or arranged."""

from uuid import UUID

import streamlit as st

from core.domain.access import Permission
from core.errors import BroadsheetError
from core.services.one_look import one_look
from pages.widgets import board_state as state
from pages.widgets import keys
from pages.widgets.app import broadsheet, guard
from pages.widgets.board_edit import add_buttons
from pages.widgets.board_filters import filter_bar, filter_list
from pages.widgets.board_grid import draw_grid
from pages.widgets.board_head import edit_head, full_screen, view_head
from pages.widgets.export_status import export_status
from pages.widgets.screen import back, entered
from pages.widgets.states import empty, problem


@one_look()
def look(dashboard_id: UUID) -> None:
    """Draw a saved dashboard."""
    try:
        dashboard = broadsheet().dashboards.get(principal, dashboard_id)
    except BroadsheetError as error:
        problem(error)
        return
    content, kept = dashboard.content, state.kept_values(dashboard_id)
    if is_new_here:
        broadsheet().dashboards.viewed(principal, dashboard_id)
        found, wrong = state.values_of_address(content)
        kept.clear()
        kept.update(found)
        st.session_state[keys.DASHBOARD_ERROR] = wrong
    is_full = state.FULL in st.query_params
    if is_full:
        full_screen()
    else:
        back("dashboards.py", "All dashboards")
    head = st.container()
    for words in st.session_state.get(keys.DASHBOARD_ERROR) or ():
        st.warning(words, icon=":material/filter_alt_off:")
    given = dict(filter_bar(principal, content, kept, key=f"dashboard_given_{dashboard_id}"))
    state.put_into_address(given)
    with head:
        if is_full:
            st.title(dashboard.name, anchor=False)
        else:
            view_head(principal, dashboard, given)
    export_status(principal)
    if content.tiles:
        draw_grid(content, given, is_edited=False)
    else:
        empty("Nothing on it yet", "Press Edit and add a report, a headline number or a text.")


def arrange(draft: state.BoardDraft) -> None:
    """Draw a dashboard that is edited."""
    edit_head(draft)
    add_buttons()
    if draft.content.tiles:
        filter_list(draft.content)
        draw_grid(draft.content, state.kept_values(draft.dashboard_id), is_edited=True)
    else:
        empty("An empty page", "Add a report, a headline number or a text.", icon=":material/dashboard_customize:")


principal = guard(Permission.VIEW_REPORTS)
dashboard_id = state.named_id()
is_new_here = entered(f"dashboard {dashboard_id}")
if is_new_here:
    st.session_state.pop(keys.DASHBOARD_ERROR, None)
draft = state.draft()
if draft is not None:
    arrange(draft)
elif dashboard_id is not None:
    look(dashboard_id)
else:
    empty("No dashboard was named", "Open one from the list.")
    back("dashboards.py", "All dashboards")
