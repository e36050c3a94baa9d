"""Organizations: those one belongs to, switching between them, and all of them for who manages the installation."""

import streamlit as st

from core.domain.access import Permission, Principal, role_words
from core.domain.member import Organization
from core.errors import BroadsheetError, NotSignedIn
from pages.widgets import member_keys, rows, words
from pages.widgets.app import broadsheet, guard, session_token
from pages.widgets.screen import entered, heading
from pages.widgets.states import mark, problem

OWN_COLUMNS = (rows.Column(title="Your role", width=180), rows.Column(title="State", width=130))
#: Pixels of the button, and of it with the menu and the gap between.
_SWITCH, _TAIL = 90, 90 + 16 + rows.MENU_WIDTH
ALL_COLUMNS = (rows.Column(title="People", width=70, narrow=False, is_number=True), *OWN_COLUMNS)


def the_list(principal: Principal) -> None:
    """Draw the organizations; the one that is open is marked."""
    manages = principal.may(Permission.MANAGE_INSTALLATION)
    with heading("Organizations", "organizations"):
        if manages and st.button("New organization", type="primary", key=member_keys.ORGANIZATION_NEW):
            _new()
    with st.container(key=member_keys.ORGANIZATIONS_LIST, gap=None):
        rows.heading("Organization", ALL_COLUMNS if manages else OWN_COLUMNS, tail=_TAIL if manages else _SWITCH)
        for one in broadsheet().organizations.list(principal):
            _organization(one, principal, manages=manages)
    st.caption("Switching counts on every tab of this browser.")


def _organization(one: Organization, principal: Principal, *, manages: bool) -> None:
    is_current = one.id == principal.organization_id
    told = ("Open now", "green") if is_current else ("Active", "quiet") if one.is_active else ("Closed", "amber")
    cells = [rows.fact(role_words(one.role).capitalize() if one.role else "Not a member", quiet=True), mark(*told)]
    if manages:
        cells.insert(0, f"{one.people or 0:,}")
    with rows.line(f"organization_{one.id}"):
        rows.row(one.name, None, ALL_COLUMNS if manages else OWN_COLUMNS, cells)
        may_enter = bool(one.role) and one.is_active and not is_current
        if may_enter and st.button("Switch", key=f"organization_enter_{one.id}", width=_SWITCH):
            _enter(one)
        if not may_enter:
            st.html("<span></span>", width=_SWITCH)
        options = ("Rename …", "Close …" if one.is_active else "Open again")
        chosen = rows.menu(f"organization_menu_{one.id}", options) if manages else None
    if chosen is not None:
        _DIALOGS[chosen](one)


def _enter(one: Organization) -> None:
    token = session_token()
    if token is None:
        problem(NotSignedIn())
        return
    try:
        broadsheet().organizations.enter(token, one.id)
    except BroadsheetError as error:
        problem(error)
        return
    # What was begun in the other organization is not to be saved in this one.
    st.session_state.clear()
    st.toast(words.plain(f"You are in {one.name}."), icon=":material/check:")
    st.switch_page("home.py")


@st.dialog("New organization")
def _new() -> None:
    name = st.text_input("Name", key=member_keys.ORGANIZATION_NAME, max_chars=100)
    st.caption("You are its first member. Invite the others once you switched to it.")
    if st.button("Make organization", type="primary", key=member_keys.ORGANIZATION_GO):
        principal = guard(Permission.MANAGE_INSTALLATION)
        try:
            broadsheet().organizations.create(principal, name=name or "", timezone=principal.timezone)
        except BroadsheetError as error:
            problem(error)
        else:
            st.rerun()


@st.dialog("Rename this organization")
def _rename(one: Organization) -> None:
    name = st.text_input("Name", value=one.name, key=member_keys.ORGANIZATION_NAME, max_chars=100)
    if st.button("Rename", type="primary", key=member_keys.ORGANIZATION_GO):
        _change(one, name=name or "", is_active=one.is_active)


@st.dialog("Close this organization?")
def _close(one: Organization) -> None:
    people = words.counted(one.people or 0, "person", "people")
    st.markdown(f"Nobody works in **{words.plain(one.name)}** any more ({people}), and none of its schedules run.")
    st.caption("Everything stays, and you can open it again.")
    if st.button("Close organization", type="primary", key=member_keys.ORGANIZATION_GO):
        _change(one, name=one.name, is_active=False)


def _open(one: Organization) -> None:
    _change(one, name=one.name, is_active=True)


def _change(one: Organization, *, name: str, is_active: bool) -> None:
    try:
        caller = guard(Permission.MANAGE_INSTALLATION)
        broadsheet().organizations.change(caller, one.id, name=name, is_active=is_active)
    except BroadsheetError as error:
        problem(error)
    else:
        st.rerun()


_DIALOGS = {"Rename …": _rename, "Close …": _close, "Open again": _open}

entered("organizations")
the_list(guard())
