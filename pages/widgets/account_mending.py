"""What somebody who looks after the people does for one who cannot sign in."""

import streamlit as st

from core.domain.access import Permission
from core.domain.group import Person
from core.errors import BroadsheetError
from pages.widgets import account_keys, words
from pages.widgets.app import broadsheet, guard
from pages.widgets.states import problem

_LINK, _RESET = "Mail a password link", "Reset second factor …"
MENDING = (_LINK, _RESET)


def mend(person: Person, chosen: str) -> None:
    """Do what was chosen of `MENDING`, or ask first."""
    if chosen == _RESET:
        _reset(person)
        return
    try:
        broadsheet().passwords.send_link(guard(Permission.MANAGE_MEMBERS), person.user_id)
    except BroadsheetError as error:
        problem(error)
        return
    st.toast(f"A link is on its way to {words.plain(person.email)}.", icon=":material/mail:")


@st.dialog("Reset the second factor?")
def _reset(person: Person) -> None:
    st.markdown(
        f"**{words.plain(person.name)}** then signs in with the password alone, and sets up a new second factor where "
        "your organization asks for one. Make sure that it is really they who ask."
    )
    if st.button("Reset", type="primary", key=account_keys.ACCOUNT_MEND):
        try:
            broadsheet().second_factor.reset(guard(Permission.MANAGE_MEMBERS), person.user_id)
        except BroadsheetError as error:
            problem(error)
            return
        st.toast("The second factor is reset.", icon=":material/check:")
        st.rerun()
