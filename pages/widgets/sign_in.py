"""Signing in and out: the form, the check by streamlit-authenticator, and the hand-over to the cookie route."""

import json

import streamlit as st
from streamlit_authenticator.models import AuthenticationModel

from core.errors import BroadsheetError
from pages.widgets import keys
from pages.widgets.app import broadsheet, session_token

#: Compared with for an unknown address or a locked account: the time taken must not tell them from a wrong password.
_NOBODYS_HASH = "$2b$12$C6UzMDM.H6dfI/f/IKcEeO7lRbl7D7zPuzfVbZVcJvCk5zW5rBkzi"
#: bcrypt reads no further and raises past it.
_MAX_PASSWORD_BYTES = 72
_REFUSED = "The e-mail address or the password is wrong, or the account is locked for a while."
_HAND_OVER = """<p id="bs-entering" class="bs-quiet">Signing you in …</p><script>
fetch("/auth/enter", {method: "POST", credentials: "same-origin",
  headers: {"Content-Type": "application/json"}, body: JSON.stringify({ticket: %s})})
  .then(answer => { if (!answer.ok) throw new Error(answer.status); window.location.reload(); })
  .catch(() => { document.getElementById("bs-entering").textContent =
    "The sign-in could not be finished. Open Broadsheet under its own address, then try again."; });
</script>"""
_HAND_BACK = """<script>
fetch("/auth/leave", {method: "POST", credentials: "same-origin"}).finally(() => window.location.replace("/"));
</script>"""


def sign_in_screen() -> None:
    """Draw the sign-in page; after a right password the browser comes back with its cookie."""
    with st.container(key=keys.SIGN_IN, width=400):
        st.html(
            '<div class="bs-wordmark">Broadsheet</div>'
            '<p class="bs-lead">Reports that arrive on time, complete, and provably what was asked.</p>'
        )
        with st.form(keys.SIGN_IN_FORM, border=False):
            email = st.text_input("E-mail", key=keys.SIGN_IN_EMAIL, autocomplete="username")
            password = st.text_input(
                "Password", type="password", key=keys.SIGN_IN_PASSWORD, autocomplete="current-password"
            )
            asked = st.form_submit_button("Sign in", type="primary", width="stretch", key=keys.SIGN_IN_SUBMIT)
        if asked:
            _attempt(email or "", password or "")


def _attempt(email: str, password: str) -> None:
    if not email.strip() or not password:
        st.error("Enter your e-mail address and your password.")
        return
    try:
        ticket = check_and_open(email.strip().lower(), password)
    except BroadsheetError as error:
        st.error(error.user_message)
        return
    if ticket is None:
        st.error(_REFUSED)
        return
    # The ticket is worth one call: the route swaps it for a secret that scripts cannot read.
    st.html(_HAND_OVER % json.dumps(ticket), unsafe_allow_javascript=True)


def check_and_open(email: str, password: str) -> str | None:
    """Return the secret of a fresh session where the password fits, else None; the attempt counts before the check."""
    access = broadsheet().access
    found = access.begin_sign_in(email)
    ok = _password_fits(email, password, found.name if found else "", found.password_hash if found else _NOBODYS_HASH)
    if found is None or not ok:
        return None
    access.complete_sign_in(found.user_id)
    return access.open_session(found.user_id)


def _password_fits(email: str, password: str, name: str, password_hash: str) -> bool:
    if len(password.encode()) > _MAX_PASSWORD_BYTES:
        return False
    known = {"usernames": {email: {"email": email, "name": name, "password": password_hash}}}
    return bool(AuthenticationModel(known, auto_hash=False).login(email, password))


def sign_out() -> None:
    """End the session on the server, then clear the cookie and leave for the sign-in page."""
    token = session_token()
    if token is not None:
        broadsheet().access.close_session(token)
    for name in list(st.session_state):
        del st.session_state[name]
    st.html(_HAND_BACK, unsafe_allow_javascript=True)
    st.caption("Signing you out …")
