"""The addresses that get no mail: looking one up, adding, removing everywhere, writing to one again."""

import streamlit as st

from core.domain.access import Permission, Principal
from core.domain.suppression import Suppression, SuppressionReason
from core.errors import BroadsheetError
from pages.widgets import words
from pages.widgets.app import broadsheet, guard
from pages.widgets.states import problem

ADDRESS, SEARCH = "suppression_address", "suppression_search"
ADD, REMOVE, NOTICE = "suppression_add", "suppression_remove", "suppression_notice"
_SHOWN = 50
_REASONS = {
    SuppressionReason.UNSUBSCRIBED: "unsubscribed",
    SuppressionReason.SNOOZED: "paused",
    SuppressionReason.ADDED: "added here",
    SuppressionReason.REMOVED: "removed everywhere",
    SuppressionReason.BOUNCED: "mail came back",
    SuppressionReason.COMPLAINED: "called a mail spam",
}


def suppression_list(principal: Principal) -> None:
    """Draw the list."""
    st.html('<h3 class="bs-section">Addresses that get no mail</h3>')
    st.caption("People put themselves here with the link at the end of a mail. You can add addresses too.")
    notice = st.session_state.pop(NOTICE, None)
    if isinstance(notice, BroadsheetError):
        problem(notice)
    elif notice is not None:
        st.success(notice)
    with st.form("suppression_form", border=False):
        st.text_input("Address", key=ADDRESS, placeholder="ann@example.com")
        with st.container(horizontal=True):
            st.form_submit_button("Leave it alone", key=ADD, on_click=_add)
            st.form_submit_button("Remove from all schedules", key=REMOVE, on_click=_remove_everywhere)
    st.text_input("Search", key=SEARCH, placeholder="Search", label_visibility="collapsed")
    found = broadsheet().suppressions.list(principal, search=st.session_state[SEARCH], limit=_SHOWN)
    if not found.items:
        st.caption("No address is on the list.")
    for one in found.items:
        _line(one)
    if found.total > len(found.items):
        st.caption(f"The newest {len(found.items)} of {found.total:,}. Search to find others.")


def _line(one: Suppression) -> None:
    about = one.schedule or "everything"
    until = f", until {one.until:%d %b %Y}" if one.until else ""
    with st.container(horizontal=True, vertical_alignment="center"):
        said = f"{words.plain(about)} · {_REASONS[one.reason]}{until}"
        st.markdown(f"{words.plain(one.address)}  \n:small[:gray[{said}]]", width="stretch")
        st.button("Write again", key=f"suppression_release_{one.id}", type="tertiary", on_click=_release, args=(one,))


def _add() -> None:
    try:
        broadsheet().suppressions.add(guard(Permission.MANAGE_MEMBERS), st.session_state[ADDRESS])
    except BroadsheetError as error:
        st.session_state[NOTICE] = error
        return
    st.session_state[ADDRESS] = ""


def _remove_everywhere() -> None:
    try:
        changed = broadsheet().suppressions.remove_everywhere(
            guard(Permission.MANAGE_MEMBERS), st.session_state[ADDRESS]
        )
    except BroadsheetError as error:
        st.session_state[NOTICE] = error
        return
    st.session_state[ADDRESS] = ""
    paused = sum(is_paused for _, is_paused in changed)
    said = f"Taken out of {len(changed)} {'schedule' if len(changed) == 1 else 'schedules'}."
    st.session_state[NOTICE] = said + (f" {paused} of them paused, as nobody is left." if paused else "")


def _release(one: Suppression) -> None:
    try:
        broadsheet().suppressions.remove(guard(Permission.MANAGE_MEMBERS), one.id)
    except BroadsheetError as error:
        st.session_state[NOTICE] = error
