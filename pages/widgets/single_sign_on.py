"""Single sign-on as the sign-in page shows it: the way to the provider and what came back from there."""

import streamlit as st

from core.domain.sign_in import Identity
from pages.widgets import account_keys, words
from pages.widgets.app import broadsheet, visit


def provider_button() -> None:
    """Draw the way to the provider, where there is one."""
    sso = broadsheet().sso
    if sso.is_on and st.button(
        f"Sign in with {words.plain(sso.name)}", key=account_keys.SIGN_IN_SSO, width="stretch", icon=":material/login:"
    ):
        st.login()


def has_identity() -> bool:
    """Whether the browser carries a login at the provider."""
    return broadsheet().sso.is_on and bool(st.user.to_dict().get("is_logged_in"))


def came_back() -> str | None:
    """Return the secret of a fresh session for who just logged in at the provider; raises NotSignedIn.

    A login opens a session once. The same login on a page that is drawn again keeps its secret; an old one, whose
    cookie Streamlit keeps for a month, is passed over: the provider is asked again.
    """
    if not has_identity():
        return None
    identity = Identity.of(st.user.to_dict())
    login, kept = (identity.subject, identity.nonce), st.session_state.get(account_keys.SIGN_IN_LOGIN)
    if kept is not None and kept[0] == login:
        return kept[1]
    if not broadsheet().sso.is_fresh(identity):
        return None
    st.session_state[account_keys.SIGN_IN_LOGIN] = (login, None)
    ticket = broadsheet().sso.enter(identity, visit())
    st.session_state[account_keys.SIGN_IN_LOGIN] = (login, ticket)
    return ticket
