"""Signing in and out: the form, the check by streamlit-authenticator, and the hand-over to the cookie route."""

import streamlit as st
from streamlit_authenticator.models import AuthenticationModel

from core.domain.sign_in import NextStep
from core.errors import BroadsheetError
from pages.widgets import account_keys, keys, sign_in_steps, words
from pages.widgets.app import broadsheet, session_token, visit
from pages.widgets.page_scripts import ENTER, LEAVE, WATCH
from pages.widgets.single_sign_on import came_back, has_identity, provider_button

#: Compared with for an unknown address or a locked account: the time taken must not tell them from a wrong password.
_NOBODYS_HASH = "$2b$12$C6UzMDM.H6dfI/f/IKcEeO7lRbl7D7zPuzfVbZVcJvCk5zW5rBkzi"
#: bcrypt reads no further and raises past it.
_MAX_PASSWORD_BYTES = 72
_REFUSED = "The e-mail address or the password is wrong, or the account is locked for a while."
_HAND_OVER = '<p id="bs-entering" class="bs-quiet" data-ticket="%s">Signing you in …</p>'
_HAND_BACK = '<p id="bs-leaving" data-next="%s"></p>'


def sign_in_screen() -> None:
    """Draw the sign-in page; once everything was right the browser comes back with its cookie."""
    with st.container(horizontal_alignment="center"), st.container(key=keys.SIGN_IN, width=400):
        st.html(
            '<div class="bs-wordmark">Broadsheet</div>'
            '<p class="bs-lead">Reports that arrive on time, complete, and provably what was asked.</p>'
        )
        try:
            ticket = came_back() or _step()
        except BroadsheetError as error:
            sign_in_steps.restart()
            st.error(error.user_message)
            ticket = _password_form()
        if ticket is not None:
            # The ticket is worth one call: the route swaps it for a secret that scripts cannot read.
            _run(ENTER, _HAND_OVER % words.html(ticket))


def watch_session() -> None:
    """Let an open page go once its session has ended, whoever ended it and wherever."""
    _run(WATCH)


def _step() -> str | None:
    """Draw what is asked now; returns the secret of a session once everything was right."""
    waiting = sign_in_steps.waiting()
    if waiting is not None:
        return sign_in_steps.second_step(waiting)
    return sign_in_steps.forgot_form() if sign_in_steps.has_forgotten() else _password_form()


def _password_form() -> str | None:
    with st.form(keys.SIGN_IN_FORM, border=False):
        email = st.text_input("E-mail", key=keys.SIGN_IN_EMAIL, autocomplete="username")
        password = st.text_input(
            "Password", type="password", key=keys.SIGN_IN_PASSWORD, autocomplete="current-password"
        )
        asked = st.form_submit_button("Sign in", type="primary", width="stretch", key=keys.SIGN_IN_SUBMIT)
    provider_button()
    st.button("Forgot your password?", type="tertiary", key=account_keys.SIGN_IN_FORGOT, on_click=sign_in_steps.forget)
    return _attempt(email or "", password or "") if asked else None


def _attempt(email: str, password: str) -> str | None:
    if not email.strip() or not password:
        st.error("Enter your e-mail address and your password.")
        return None
    try:
        return check_and_open(email.strip().lower(), password)
    except BroadsheetError as error:
        st.error(error.user_message)
        return None


def check_and_open(email: str, password: str) -> str | None:
    """Return the secret of a fresh session where nothing more is asked; the attempt counts before the check."""
    service, here = broadsheet().sign_in, visit()
    service.admit(here)
    found = service.begin(email)
    ok = _password_fits(email, password, found.name if found else "", found.password_hash if found else _NOBODYS_HASH)
    if found is None or not ok:
        service.refuse(email, found, here)
        st.error(_REFUSED)
        return None
    step = service.next_step(found.user_id)
    if step is NextStep.OPEN:
        return service.welcome(found.user_id, here)
    sign_in_steps.wait_for(found.user_id, step)
    st.rerun()
    return None


def _password_fits(email: str, password: str, name: str, password_hash: str) -> bool:
    if len(password.encode()) > _MAX_PASSWORD_BYTES:
        return False
    known = {"usernames": {email: {"email": email, "name": name, "password": password_hash}}}
    return bool(AuthenticationModel(known, auto_hash=False).login(email, password))


def sign_out() -> None:
    """End the session on the server and at the provider, then clear the cookie and leave for the sign-in page."""
    token, at_provider = session_token(), has_identity()
    if token is not None:
        broadsheet().sessions.close(token)
    for name in list(st.session_state):
        del st.session_state[name]
    # Streamlit's own way out, which ends the login at the provider too.
    _run(LEAVE, _HAND_BACK % ("/auth/logout" if at_provider else "/"))
    st.caption("Signing you out …")


def _run(script: str, beside: str = "") -> None:
    """Run one of `page_scripts`; `beside` holds what it has to know."""
    st.html(f"{beside}<script>{script}</script>", unsafe_allow_javascript=True)
