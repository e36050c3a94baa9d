"""One's own password on the account screen."""

import streamlit as st

from core.domain.access import Principal
from core.domain.sign_in import SignInStanding
from core.errors import BroadsheetError
from pages.widgets import account_keys, words
from pages.widgets.app import broadsheet, session_token
from pages.widgets.states import problem


def password_section(principal: Principal, standing: SignInStanding) -> None:
    """Draw the change of the password; it asks for the old one and ends every other session."""
    st.html('<h2 class="bs-part">Password</h2>')
    if standing.uses_sso:
        st.caption(f"You sign in with {words.plain(broadsheet().sso.name)} and have no password here.")
        return
    if standing.password_changed_at is not None:
        st.caption(f"Changed {words.ago(standing.password_changed_at, broadsheet().clock.now())}.")
    with st.form("account_password", border=False, clear_on_submit=True):
        old = st.text_input(
            "Your password", type="password", key=account_keys.ACCOUNT_OLD, autocomplete="current-password"
        )
        new = st.text_input("New password", type="password", key=account_keys.ACCOUNT_NEW, autocomplete="new-password")
        again = st.text_input(
            "The same again", type="password", key=account_keys.ACCOUNT_AGAIN, autocomplete="new-password"
        )
        st.caption("At least twelve characters. Several words that do not belong together are good.")
        asked = st.form_submit_button("Change password", key=account_keys.ACCOUNT_SET)
    if asked:
        _change(principal, old or "", new or "", again or "")


def _change(principal: Principal, old: str, new: str, again: str) -> None:
    if new != again:
        st.error("The two new passwords differ. Type the same twice.", icon=":material/error:")
        return
    try:
        broadsheet().passwords.change(principal, old=old, new=new, session_token=session_token())
    except BroadsheetError as error:
        problem(error)
        return
    st.success("Your password is changed. You were signed out everywhere else.", icon=":material/check:")
