"""Roles: what each allows, roles of the organization's own, and the service accounts that have one."""

from uuid import UUID

import streamlit as st

from core.domain.access import Permission, Principal
from core.errors import BroadsheetError
from pages.widgets import member_keys
from pages.widgets.app import guard
from pages.widgets.role_form import role_form
from pages.widgets.role_list import role_list
from pages.widgets.screen import back, entered, heading
from pages.widgets.states import problem
from pages.widgets.token_accounts import account_tokens, new_account, service_accounts

SHOWN = {"roles": "Roles", "accounts": "Service accounts"}


def the_lists(principal: Principal) -> None:
    """Draw the chosen list under the screen's heading."""
    wanted = st.query_params.get("show", "roles")
    if entered("roles") or st.session_state.get(member_keys.ROLES_SHOWN) not in SHOWN:
        st.session_state[member_keys.ROLES_SHOWN] = wanted if wanted in SHOWN else "roles"
    with heading("Roles", "roles"):
        if st.session_state[member_keys.ROLES_SHOWN] == "roles":
            if st.button("New role", type="primary", key=member_keys.ROLE_NEW):
                st.switch_page("roles.py", query_params={"role": "new"})
        elif st.button("New service account", type="primary", key=member_keys.ACCOUNT_NEW):
            new_account()
    shown = st.segmented_control(
        "Show", list(SHOWN), key=member_keys.ROLES_SHOWN, format_func=SHOWN.__getitem__, required=True,
        label_visibility="collapsed",
    )  # fmt: skip
    (role_list if shown == "roles" else service_accounts)(principal)


principal = guard(Permission.MANAGE_MEMBERS)
role, account = st.query_params.get("role"), st.query_params.get("account")
try:
    if role is not None:
        back("roles.py", "Roles")
        role_form(principal, None if role == "new" else UUID(role))
    elif account is not None:
        back("roles.py", "Roles and service accounts")
        account_tokens(principal, UUID(account))
    else:
        the_lists(principal)
except BroadsheetError as error:
    problem(error)
except ValueError:
    st.error("This address names no role.", icon=":material/error:")
