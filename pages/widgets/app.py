"""The services and the signed-in person, for every screen; the only place where pages meet the bootstrap."""

import streamlit as st

import core.bootstrap
from core.domain.access import Permission, Principal
from core.domain.sign_in import Visit
from core.errors import BroadsheetError, NotAllowed, NotSignedIn
from core.services.one_look import once

#: Set by `/auth/enter`; scripts in the page cannot read it.
SESSION_COOKIE = "broadsheet_session"


def broadsheet() -> core.bootstrap.Broadsheet:
    """Return the services, built once for the process."""
    return core.bootstrap.running()


def session_token() -> str | None:
    """Return the secret of the browser's session, as its cookie holds it."""
    token = st.context.cookies.get(SESSION_COOKIE)
    return str(token) if token else None


def visit() -> Visit:
    """Return where the browser is, for the eyes of the person who signs in with it."""
    return Visit.of(st.context.ip_address, st.context.headers.get("User-Agent"))


def current_principal() -> Principal:
    """Return who is signed in, asked of the server on every run; raises NotSignedIn."""
    token = session_token()
    if token is None:
        raise NotSignedIn
    return once(("session", token), lambda: broadsheet().access.principal_for_session(token))


def guard(permission: Permission | None = None) -> Principal:
    """Return the signed-in person, or end this run with words instead of the screen."""
    try:
        principal = current_principal()
    except NotSignedIn:
        st.warning("Your session has ended. Sign in to go on.", icon=":material/lock:")
        st.html('<a href="/" target="_self" class="bs-link">Go to sign-in</a>')
        st.stop()
    except BroadsheetError as error:
        st.error(error.user_message, icon=":material/cloud_off:")
        st.stop()
    if permission is not None and not principal.may(permission):
        st.warning(NotAllowed().user_message, icon=":material/lock:")
        st.stop()
    return principal
