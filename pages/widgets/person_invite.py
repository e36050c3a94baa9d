"""Inviting people: the dialog, and the links of invitations that could not be mailed, shown this once."""

import re
from collections.abc import Sequence

import streamlit as st

from core.domain.access import Permission
from core.domain.group import Group
from core.domain.invitation import Invited
from core.errors import BroadsheetError
from pages.widgets import member_keys, words
from pages.widgets.app import broadsheet, guard
from pages.widgets.role_pick import role_pick
from pages.widgets.states import problem


@st.dialog("Invite people")
def invite() -> None:
    """Ask for addresses, a role and groups, then invite all of them or say what is wrong."""
    principal = guard(Permission.MANAGE_MEMBERS)
    text = st.text_area(
        "E-mail addresses", key=member_keys.INVITE_ADDRESSES, height=110, placeholder="ann@example.com\nbob@example.com"
    )
    role = role_pick(principal, member_keys.INVITE_ROLE)
    groups = broadsheet().groups.list(principal, limit=200).items if principal.may(Permission.MANAGE_SCHEDULES) else ()
    chosen = st.multiselect("Groups", groups, key=member_keys.INVITE_GROUPS, format_func=_name) if groups else []
    st.caption("Each gets a link that works once, for seven days.")
    if st.button("Invite", type="primary", key=member_keys.INVITE_GO):
        addresses = [one for one in re.split(r"[\s,;]+", text or "") if one]
        try:
            made = broadsheet().invitations.invite(
                principal, addresses, role=role, group_ids=[group.id for group in chosen]
            )
        except BroadsheetError as error:
            problem(error)
            return
        keep_links(made)
        st.rerun()


def _name(group: Group) -> str:
    return group.name


def keep_links(made: Sequence[Invited]) -> None:
    """Keep what could not be mailed for the next drawing, and say what was."""
    mailed = sum(one.link is None for one in made)
    if mailed:
        st.toast(f"{words.counted(mailed, 'invitation', 'invitations')} sent", icon=":material/check:")
    left = [(one.invitation.email, one.link) for one in made if one.link is not None]
    if left:
        st.session_state[member_keys.INVITE_LINKS] = left


def show_links() -> None:
    """Show the links that have to be handed over by hand, once."""
    links = st.session_state.pop(member_keys.INVITE_LINKS, None)
    if not links:
        return
    with st.container(border=True):
        st.markdown("**No mail went out. Hand these links over yourself**")
        st.caption("They are shown this once. Each works once, for seven days, and only for its address.")
        for email, link in links:
            st.caption(words.plain(email))
            st.code(link, language=None, wrap_lines=True)
