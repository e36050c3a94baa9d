"""The addresses that get no mail: looking one up, adding, removing everywhere with a look before, writing again."""

import streamlit as st

from core.domain.access import Permission, Principal
from core.domain.group import Whereabouts
from core.domain.suppression import Suppression, SuppressionReason
from core.errors import BroadsheetError
from pages.widgets import rows, words
from pages.widgets.app import broadsheet, guard
from pages.widgets.states import problem

ADDRESS, SEARCH = "suppression_address", "suppression_search"
ADD, REMOVE, NOTICE = "suppression_add", "suppression_remove", "suppression_notice"
REMOVE_NOW, FOUND = "suppression_remove_now", "suppression_found"
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
    left, right = st.columns([5, 6], gap="large")
    with left:
        _form()
    with right:
        _list(principal)


def _form() -> None:
    st.html('<h2 class="bs-part">Leave an address alone</h2>')
    st.caption("People put themselves on the list with the link at the end of a mail. You can add addresses too.")
    notice = st.session_state.pop(NOTICE, None)
    if isinstance(notice, BroadsheetError):
        problem(notice)
    elif notice is not None:
        st.success(notice)
    with st.form("suppression_form", border=False):
        st.text_input("Address", key=ADDRESS, placeholder="ann@example.com")
        with st.container(horizontal=True):
            st.form_submit_button("Leave it alone", key=ADD, on_click=_add)
            st.form_submit_button("Remove everywhere …", key=REMOVE, on_click=_look)
    st.caption("Removing takes it out of all schedules and groups too. You see which before anything changes.")
    found = st.session_state.pop(FOUND, None)
    if found is not None:
        _everywhere(found)


def _list(principal: Principal) -> None:
    st.html('<h2 class="bs-part">Addresses that get nothing any more</h2>')
    st.text_input("Search", key=SEARCH, placeholder="Search", label_visibility="collapsed")
    listed = broadsheet().suppressions.list(principal, search=st.session_state[SEARCH], limit=_SHOWN)
    if not listed.items:
        st.caption("No address is on the list.")
    with st.container(gap=None):
        for one in listed.items:
            _line(one)
    if listed.total > len(listed.items):
        st.caption(f"The newest {len(listed.items)} of {listed.total:,}. Search to find others.")


def _line(one: Suppression) -> None:
    about = one.schedule or "everything"
    until = f", until {one.until:%d %b %Y}" if one.until else ""
    with rows.line(f"alone_{one.id}"):
        rows.two_lines(one.address, f"{about} · {_REASONS[one.reason]}{until}")
        st.button("Write again", key=f"suppression_release_{one.id}", type="tertiary", on_click=_release, args=(one,))


def _add() -> None:
    try:
        broadsheet().suppressions.add(guard(Permission.MANAGE_MEMBERS), st.session_state[ADDRESS])
    except BroadsheetError as error:
        st.session_state[NOTICE] = error
        return
    st.session_state[ADDRESS] = ""


def _look() -> None:
    """Find out where the address stands; the dialog says it before anything is changed."""
    try:
        service, caller = broadsheet().suppressions, guard(Permission.MANAGE_MEMBERS)
        st.session_state[FOUND] = service.where(caller, st.session_state[ADDRESS])
    except BroadsheetError as error:
        st.session_state[NOTICE] = error


@st.dialog("Remove this address everywhere?")
def _everywhere(found: Whereabouts) -> None:
    """Say where the address stands, and take it out of all of it in one step."""
    st.markdown(f"**{words.plain(found.address)}**")
    if not found.schedules and not found.groups:
        st.caption("No schedule and no group names it.")
    for name, is_last in found.schedules:
        paused = " (paused then: nobody else is left)" if is_last else ""
        st.markdown(f":material/schedule: {words.plain(name)}{paused}")
    for name in found.groups:
        st.markdown(f":material/group: {words.plain(name)}")
    already = "It is on the list already." if found.is_suppressed else "It goes on the list and gets nothing any more."
    st.caption(already)
    if st.button("Remove everywhere", type="primary", key=REMOVE_NOW, on_click=_remove_everywhere, args=(found,)):
        st.rerun()


def _remove_everywhere(found: Whereabouts) -> None:
    try:
        done = broadsheet().suppressions.remove_everywhere(guard(Permission.MANAGE_MEMBERS), found.address)
    except BroadsheetError as error:
        st.session_state[NOTICE] = error
        return
    st.session_state[ADDRESS] = ""
    st.session_state[NOTICE] = _done_words(done)


def _done_words(done: Whereabouts) -> str:
    schedules = words.counted(len(done.schedules), "schedule", "schedules")
    groups = words.counted(len(done.groups), "group", "groups")
    paused = sum(is_last for _, is_last in done.schedules)
    more = f" {paused} of the schedules paused, as nobody is left." if paused else ""
    return f"{done.address} is taken out of {schedules} and {groups}.{more}"


def _release(one: Suppression) -> None:
    try:
        broadsheet().suppressions.remove(guard(Permission.MANAGE_MEMBERS), one.id)
    except BroadsheetError as error:
        st.session_state[NOTICE] = error
