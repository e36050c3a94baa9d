"""The head of a dashboard: its name, its files in one click, its schedule, and the way into editing and full screen."""

from uuid import UUID

import streamlit as st

from core.domain.access import Permission, Principal
from core.domain.dashboard import Dashboard
from core.domain.library import Action
from core.domain.parameters import ParameterValue
from core.errors import BroadsheetError, Conflict
from pages.widgets import board_state as state
from pages.widgets import board_tile, keys, words
from pages.widgets.app import broadsheet, guard
from pages.widgets.export_status import RUN
from pages.widgets.page_events import page_events
from pages.widgets.report_sharing import open_sharing
from pages.widgets.states import problem

#: What one click makes: label and format.
FILES = {"PDF": "pdf", "Excel, a sheet a tile": "xlsx", "HTML": "html", "ZIP of CSV files": "zip"}
_REFRESH = {
    0: "Never by itself",
    30: "Every 30 seconds",
    60: "Every minute",
    300: "Every 5 minutes",
    900: "Every 15 minutes",
    3600: "Every hour",
}


def view_head(principal: Principal, dashboard: Dashboard, given: dict[str, ParameterValue]) -> None:
    """Draw the head of a dashboard that is looked at."""
    left, right = st.columns([5, 6], vertical_alignment="bottom")
    left.title(dashboard.name, anchor=False)
    if dashboard.description:
        left.caption(words.plain(dashboard.description))
    with right.container(
        horizontal=True, horizontal_alignment="right", vertical_alignment="bottom", key="dashboard_head"
    ):
        if st.button(
            "Ask again", icon=":material/refresh:", help="Ask again", type="tertiary", key=keys.DASHBOARD_REFRESH
        ):
            board_tile.forget()
        if st.button(
            "Full screen", icon=":material/fullscreen:", help="Full screen", type="tertiary", key=keys.DASHBOARD_FULL
        ):
            st.query_params[state.FULL] = "1"
            st.rerun()
        library = broadsheet().library
        may_share = library.may(principal, Action.SHARE, dashboard)
        if st.button("Share" if may_share else "Who sees it", key=keys.DASHBOARD_SHARE):
            open_sharing(dashboard)
        if library.may(principal, Action.EDIT, dashboard) and st.button("Edit", key=keys.DASHBOARD_EDIT):
            state.edit(dashboard)
            st.rerun()
        if principal.may(Permission.MANAGE_SCHEDULES) and st.button("Schedule", key=keys.DASHBOARD_SCHEDULE):
            st.switch_page("schedule_form.py", query_params={"dashboard": str(dashboard.id)})
        if principal.may(Permission.MANAGE_EXPORTS):
            chosen = st.menu_button(
                "Download report", list(FILES), icon=":material/download:", type="primary", key=keys.DASHBOARD_DOWNLOAD
            )
            if chosen is not None:
                download(principal, dashboard.id, FILES[chosen], given)


def download(principal: Principal, dashboard_id: UUID, format_: str, given: dict[str, ParameterValue]) -> None:
    """Start a file of what is on the screen; how far it is stands above the tiles."""
    try:
        st.session_state[RUN] = broadsheet().runs.export_dashboard(principal, dashboard_id, format_, filters=given).id
    except BroadsheetError as error:
        problem(error)


def full_screen() -> None:
    """Hide everything but the tiles, with a small way back."""
    st.html(
        "<style>[data-testid='stHeader'], .st-key-search_box { display: none !important; }"
        "[data-testid='stMainBlockContainer'] { max-width: none; padding-top: 1.2rem; }</style>"
    )
    with st.container(horizontal=True, horizontal_alignment="right", key="dashboard_full_head"):
        if st.button("Leave full screen", icon=":material/fullscreen_exit:", type="tertiary", key=keys.DASHBOARD_FULL):
            del st.query_params[state.FULL]
            st.rerun()


def edit_head(draft: state.BoardDraft) -> None:
    """Draw the head of a dashboard that is edited."""
    left, right = st.columns([6, 5], vertical_alignment="bottom")
    with left:
        st.session_state.setdefault(keys.DASHBOARD_NAME, draft.name)
        name = st.text_input(
            "Name",
            key=keys.DASHBOARD_NAME,
            label_visibility="collapsed",
            placeholder="Name the dashboard",
            max_chars=200,
        )
        state.rename(name)
    with right.container(
        horizontal=True, horizontal_alignment="right", vertical_alignment="bottom", key="dashboard_head"
    ):
        _undoing(draft)
        present = draft.content.refresh_s or 0
        seconds = list(_REFRESH) if present in _REFRESH else [*_REFRESH, present]
        picked = st.selectbox(
            "Refreshes",
            seconds,
            index=seconds.index(present),
            format_func=lambda one: _REFRESH.get(one, f"Every {one} seconds"),
            key="dashboard_refresh_s",
            width=190,
        )
        if picked != present:
            state.set_refresh(picked or None)
        if st.button("Discard" if draft.is_changed else "Leave", key=keys.DASHBOARD_LEAVE):
            _leave(draft.dashboard_id)
        st.button("Save", type="primary", key=keys.DASHBOARD_SAVE, on_click=_save)
    failed = st.session_state.pop(keys.DASHBOARD_ERROR, None)
    if isinstance(failed, BroadsheetError):
        problem(failed)


def _undoing(draft: state.BoardDraft) -> None:
    page_events("dashboard", keys.DASHBOARD_EVENTS, is_changed=draft.is_changed)
    for label, key, step, can in (
        ("Undo", keys.DASHBOARD_UNDO, state.undo, bool(draft.past)),
        ("Redo", keys.DASHBOARD_REDO, state.redo, bool(draft.future)),
    ):
        icon, pressed = f":material/{label.lower()}:", "Ctrl+Z" if label == "Undo" else "Ctrl+Shift+Z"
        help_ = f"{label} ({pressed})"
        st.button(label, icon=icon, help=help_, type="tertiary", key=key, disabled=not can, on_click=step)


def _leave(dashboard_id: UUID | None) -> None:
    state.leave()
    st.session_state.pop(keys.DASHBOARD_NAME, None)
    if dashboard_id is None:
        st.switch_page("dashboards.py")
    st.rerun()


def _save() -> None:
    """Save the draft; what is wrong with it is said above its tiles, and nothing is lost."""
    draft = state.draft()
    if draft is None:
        return
    state.rename(st.session_state.get(keys.DASHBOARD_NAME, draft.name))
    draft = state.draft() or draft
    dashboards = broadsheet().dashboards
    parts = {"name": draft.name, "description": draft.description, "content": draft.content}
    try:
        principal = guard(Permission.EDIT_REPORTS)
        if draft.dashboard_id is None:
            saved = dashboards.create(principal, **parts)
        else:
            saved = dashboards.save(principal, draft.dashboard_id, expected_version=draft.version, **parts)
    except Conflict as error:
        st.session_state[keys.DASHBOARD_ERROR] = error
    except BroadsheetError as error:
        st.session_state[keys.DASHBOARD_ERROR] = type(error)(error.user_message.removeprefix(f"{error.place}: "))
    else:
        state.leave()
        st.session_state.pop(keys.DASHBOARD_NAME, None)
        st.query_params["dashboard"] = str(saved.id)
        st.toast(f"{words.plain(saved.name)} saved as version {saved.version}", icon=":material/check:")
