"""Where one is signed in, on the account screen."""

from uuid import UUID

import streamlit as st

from core.domain.access import Principal
from core.domain.sign_in import SessionLine
from core.errors import BroadsheetError
from pages.widgets import account_keys, rows, words
from pages.widgets.app import broadsheet, session_token
from pages.widgets.states import mark, problem

_COLUMNS = (
    rows.Column(title="Address", width=150, narrow=False),
    rows.Column(title="Organization", width=150, narrow=False),
    rows.Column(title="Last seen", width=130),
)
_MANY = 2
_ACTION_WIDTH = 120  #: pixels


def sessions_section(principal: Principal) -> None:
    """Draw the open sessions, each with the way to end it."""
    st.html('<h2 class="bs-part">Where you are signed in</h2>')
    found = broadsheet().sessions.list(principal, session_token())
    with st.container(key="account_sessions", gap=None):
        rows.heading("Device", _COLUMNS, tail=_ACTION_WIDTH)
        for one in found:
            _line(principal, one)
    if len(found) >= _MANY and st.button("Sign out everywhere else", key=account_keys.ACCOUNT_END_OTHERS):
        ended = broadsheet().sessions.revoke_others(principal, session_token())
        st.toast(f"Ended {words.counted(ended, 'session', 'sessions')}", icon=":material/check:")
        st.rerun()


def _line(principal: Principal, one: SessionLine) -> None:
    now = broadsheet().clock.now()
    seen = mark("This one", "green") if one.is_current else words.ago(one.last_seen_at or one.created_at, now)
    cells = (
        rows.fact(one.address or "this machine", quiet=True),
        rows.fact(one.organization, quiet=True),
        seen if one.is_current else rows.fact(seen, quiet=True),
    )
    with rows.line(str(one.id)):
        rows.row(one.device or "Unknown device", None, _COLUMNS, cells)
        if one.is_current:
            st.html("<span></span>", width=_ACTION_WIDTH)
        elif st.button("Sign out there", type="tertiary", key=f"account_session_{one.id}", width=_ACTION_WIDTH):
            _end(principal, one.id)


def _end(principal: Principal, session_id: UUID) -> None:
    try:
        broadsheet().sessions.revoke(principal, session_id)
    except BroadsheetError as error:
        problem(error)
        return
    st.toast("Signed out there", icon=":material/check:")
    st.rerun()
