"""The signed-in person: who they are here, how they sign in, and where they are signed in."""

import streamlit as st

from core.domain.access import permission_words
from core.domain.moments import city_of
from core.errors import BroadsheetError
from pages.widgets import account_keys
from pages.widgets.account_factor import factor_section
from pages.widgets.account_password import password_section
from pages.widgets.account_sessions import sessions_section
from pages.widgets.app import broadsheet, guard
from pages.widgets.screen import entered
from pages.widgets.states import problem
from pages.widgets.token_list import own_tokens

principal = guard()
if entered("account"):
    st.session_state.pop(account_keys.ACCOUNT_RULE, None)
st.title(principal.name or principal.email, anchor=False)
st.table(
    {
        "E-mail": principal.email,
        "Organization": principal.organization,
        "Role": principal.role.replace("_", " ").capitalize(),
        "Timezone": city_of(principal.timezone),
        "May": permission_words(principal.permissions),
    },
    border="horizontal",
    width="content",
)
try:
    standing = broadsheet().second_factor.standing(principal)
    left, right = st.columns(2, gap="large")
    with left:
        password_section(principal, standing)
    with right:
        factor_section(principal, standing)
    sessions_section(principal)
    own_tokens()
except BroadsheetError as error:
    problem(error)
