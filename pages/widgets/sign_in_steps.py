"""What the sign-in page asks beside the password: a code, setting up a second factor, or where to mail a link."""

from dataclasses import dataclass, replace
from uuid import UUID

import streamlit as st

from core.domain.sign_in import FactorOffer, NextStep
from core.errors import BroadsheetError
from core.services.passwords import ASKED
from pages.widgets import account_keys, keys
from pages.widgets.app import broadsheet, visit
from pages.widgets.factor_offer import draw_codes, draw_offer

#: What is waited for goes stale: who comes back later begins again.
_PATIENCE_S = 600


@dataclass(frozen=True, slots=True, kw_only=True)
class Waiting:
    """Somebody whose password was right. It lives on the server, in the state of one page."""

    user_id: UUID
    step: NextStep
    since: float
    offer: FactorOffer | None = None
    codes: tuple[str, ...] = ()  #: recovery codes that are to be kept before going on


def wait_for(user_id: UUID, step: NextStep) -> None:
    """Ask for `step` from the next run on."""
    since = broadsheet().clock.now().timestamp()
    st.session_state[account_keys.SIGN_IN_STATE] = Waiting(user_id=user_id, step=step, since=since)


def waiting() -> Waiting | None:
    """Return who is waited for."""
    found = st.session_state.get(account_keys.SIGN_IN_STATE)
    if not isinstance(found, Waiting):
        return None
    if broadsheet().clock.now().timestamp() - found.since > _PATIENCE_S:
        restart()
        return None
    return found


def has_forgotten() -> bool:
    """Whether a link is asked for."""
    return st.session_state.get(account_keys.SIGN_IN_STATE) == "forgot"


def forget() -> None:
    """Ask where to mail a link."""
    st.session_state[account_keys.SIGN_IN_STATE] = "forgot"


def restart() -> None:
    """Begin again with the password."""
    st.session_state.pop(account_keys.SIGN_IN_STATE, None)


def second_step(found: Waiting) -> str | None:
    """Draw what is asked of somebody whose password was right; returns the secret of a session once they gave it."""
    if found.codes:
        return _keep_codes(found)
    return _enrol(found) if found.step is NextStep.ENROL else _code(found)


def _code(found: Waiting) -> str | None:
    given = _code_form("Sign in", "The code of your authenticator app, or one of your recovery codes.")
    if given is None:
        return None
    service, here = broadsheet().sign_in, visit()
    try:
        service.admit(here)
        service.check_code(found.user_id, given, here)
        return service.welcome(found.user_id, here)
    except BroadsheetError as error:
        st.error(error.user_message)
        return None


def _enrol(found: Waiting) -> str | None:
    service = broadsheet().sign_in
    if found.offer is None:
        found = replace(found, offer=service.offer_factor(found.user_id))
        st.session_state[account_keys.SIGN_IN_STATE] = found
    st.html('<h2 class="bs-part">Set up a second factor</h2>')
    st.caption("Your organization asks everyone for one. Scan this with an authenticator app on your phone.")
    if found.offer is not None:
        draw_offer(found.offer)
    given = _code_form("Go on", "The six digits that the app shows now.")
    if given is not None:
        try:
            codes = service.confirm_factor(found.user_id, given)
        except BroadsheetError as error:
            st.error(error.user_message)
            return None
        st.session_state[account_keys.SIGN_IN_STATE] = replace(found, codes=codes, offer=None)
        st.rerun()
    return None


def _keep_codes(found: Waiting) -> str | None:
    draw_codes(found.codes)
    if st.button("I have kept them", type="primary", key=account_keys.SIGN_IN_KEPT, width="stretch"):
        return broadsheet().sign_in.welcome(found.user_id, visit())
    return None


def _code_form(action: str, help_text: str) -> str | None:
    with st.form(keys.SIGN_IN_FORM, border=False):
        code = st.text_input("Code", key=account_keys.SIGN_IN_CODE, autocomplete="one-time-code", placeholder="123 456")
        st.caption(help_text)
        asked = st.form_submit_button(action, type="primary", width="stretch", key=keys.SIGN_IN_SUBMIT)
    st.button("Begin again", type="tertiary", key=account_keys.SIGN_IN_BACK, on_click=restart)
    return (code or "") if asked else None


def forgot_form() -> None:
    """Draw the question where to mail a link; the answer is the same whether there is such an account or not."""
    st.html('<h2 class="bs-part">Forgot your password?</h2>')
    with st.form(keys.SIGN_IN_FORM, border=False):
        email = st.text_input("E-mail", key=keys.SIGN_IN_EMAIL, autocomplete="username")
        asked = st.form_submit_button("Mail me a link", type="primary", width="stretch", key=keys.SIGN_IN_SUBMIT)
    st.button("Back to sign-in", type="tertiary", key=account_keys.SIGN_IN_BACK, on_click=restart)
    if not asked:
        return
    if not (email or "").strip():
        st.error("Enter your e-mail address.")
        return
    here = visit()
    try:
        broadsheet().sign_in.admit(here)
    except BroadsheetError as error:
        st.error(error.user_message)
        return
    broadsheet().passwords.forgot(email, here)
    st.success(f"{ASKED} The link works once, for an hour.", icon=":material/mail:")
