"""The second factor on the account screen: set up, new recovery codes, taken away, and asked of everyone."""

import streamlit as st

from core.domain.access import Permission, Principal
from core.domain.sign_in import FactorOffer, SignInStanding
from core.errors import BroadsheetError
from pages.widgets import account_keys, words
from pages.widgets.app import broadsheet, guard
from pages.widgets.factor_offer import draw_codes, draw_offer
from pages.widgets.states import problem

_RENEW, _REMOVE = "New recovery codes", "Remove"


def factor_section(principal: Principal, standing: SignInStanding) -> None:
    """Draw whether a code is asked at sign-in, and the ways to change that."""
    st.html('<h2 class="bs-part">Second factor</h2>')
    if standing.uses_sso:
        st.caption("Your provider asks for it where your organization wants it.")
    elif standing.factor_since is None:
        st.caption("A code of an app on your phone, asked when you sign in: a stolen password alone opens nothing.")
        if st.button("Set up an authenticator app", key=account_keys.ACCOUNT_FACTOR_BEGIN):
            st.session_state.pop(account_keys.ACCOUNT_FACTOR, None)
            _set_up(principal)
    else:
        _in_use(principal, standing)
    if principal.may(Permission.MANAGE_MEMBERS):
        _rule(principal)


def _in_use(principal: Principal, standing: SignInStanding) -> None:
    left = words.counted(standing.recovery_left, "recovery code", "recovery codes")
    st.caption(f"A code of your authenticator app is asked when you sign in. You have {left} left.")
    with st.container(horizontal=True):
        wanted = _RENEW if st.button(_RENEW, key=account_keys.ACCOUNT_FACTOR_CODES) else None
        if not standing.is_factor_required and st.button(
            "Remove …", type="tertiary", key=account_keys.ACCOUNT_FACTOR_REMOVE
        ):
            wanted = _REMOVE
    if wanted is not None:
        st.session_state.pop(account_keys.ACCOUNT_FACTOR, None)
        _prove(principal, wanted)


@st.dialog("Set up an authenticator app")
def _set_up(principal: Principal) -> None:
    """Ask for the password, show the picture, take the first code, show the recovery codes."""
    shown = st.session_state.get(account_keys.ACCOUNT_FACTOR)
    try:
        if isinstance(shown, tuple):
            draw_codes(shown)
            if st.button("I have kept them", type="primary", key=account_keys.ACCOUNT_FACTOR_DO):
                st.session_state.pop(account_keys.ACCOUNT_FACTOR, None)
                st.rerun()
        elif isinstance(shown, FactorOffer):
            _first_code(principal, shown)
        else:
            _password_first(principal)
    except BroadsheetError as error:
        problem(error)


def _password_first(principal: Principal) -> None:
    with st.form("account_factor_password_form", border=False):
        password = st.text_input(
            "Your password", type="password", key=account_keys.ACCOUNT_FACTOR_PASSWORD, autocomplete="current-password"
        )
        asked = st.form_submit_button("Go on", type="primary", key=account_keys.ACCOUNT_FACTOR_DO)
    if asked:
        st.session_state[account_keys.ACCOUNT_FACTOR] = broadsheet().second_factor.offer(principal, password or "")
        st.rerun(scope="fragment")


def _first_code(principal: Principal, offer: FactorOffer) -> None:
    st.caption("Scan this with an authenticator app on your phone, then type the six digits that it shows.")
    draw_offer(offer)
    with st.form("account_factor_code_form", border=False):
        code = st.text_input(
            "Code", key=account_keys.ACCOUNT_FACTOR_CODE, autocomplete="one-time-code", placeholder="123 456"
        )
        asked = st.form_submit_button("Confirm", type="primary", key=account_keys.ACCOUNT_FACTOR_DO)
    if asked:
        st.session_state[account_keys.ACCOUNT_FACTOR] = broadsheet().second_factor.enrol(principal, code or "")
        st.rerun(scope="fragment")


@st.dialog("Confirm that it is you")
def _prove(principal: Principal, what: str) -> None:
    """Ask for the password and a code, then do `what`."""
    shown = st.session_state.get(account_keys.ACCOUNT_FACTOR)
    if isinstance(shown, tuple):
        draw_codes(shown)
        return
    with st.form("account_factor_proof", border=False):
        password = st.text_input(
            "Your password", type="password", key=account_keys.ACCOUNT_FACTOR_PASSWORD, autocomplete="current-password"
        )
        code = st.text_input(
            "Code", key=account_keys.ACCOUNT_FACTOR_CODE, autocomplete="one-time-code", placeholder="123 456"
        )
        asked = st.form_submit_button(what, type="primary", key=account_keys.ACCOUNT_FACTOR_DO)
    if not asked:
        return
    service = broadsheet().second_factor
    try:
        if what == _RENEW:
            made = service.renew_codes(principal, password=password or "", code=code or "")
            st.session_state[account_keys.ACCOUNT_FACTOR] = made
            st.rerun(scope="fragment")
        service.remove(principal, password=password or "", code=code or "")
    except BroadsheetError as error:
        problem(error)
        return
    st.rerun()


def _rule(principal: Principal) -> None:
    """Draw whether everyone is asked for a second factor, for those who look after the people."""
    st.session_state.setdefault(account_keys.ACCOUNT_RULE, broadsheet().second_factor.is_required(principal))
    st.toggle(
        f"Ask everyone in {words.plain(principal.organization)} for a second factor",
        key=account_keys.ACCOUNT_RULE,
        on_change=_demand,
        help="Those without one set it up at their next sign-in, before anything else opens.",
    )


def _demand() -> None:
    caller = guard(Permission.MANAGE_MEMBERS)
    broadsheet().second_factor.demand(caller, required=bool(st.session_state[account_keys.ACCOUNT_RULE]))
    st.toast("Saved", icon=":material/check:")
