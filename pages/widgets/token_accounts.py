"""Service accounts: programs with a role and tokens of their own, and no password."""

from uuid import UUID

import streamlit as st

from core.domain.access import Permission, Principal, role_words
from core.domain.member import ServiceAccount
from core.errors import BroadsheetError, NotFound
from pages.widgets import member_keys, rows, words
from pages.widgets.app import broadsheet, guard
from pages.widgets.role_pick import role_pick
from pages.widgets.states import empty, problem
from pages.widgets.token_list import TokenCare, token_list

COLUMNS = (
    rows.Column(title="Role", width=150),
    rows.Column(title="Looked after by", width=180, narrow=False),
    rows.Column(title="Tokens", width=70, is_number=True),
)


def service_accounts(principal: Principal) -> None:
    """Draw the service accounts."""
    accounts = broadsheet().service_accounts.list(principal)
    if not accounts:
        more = "A service account lets a program use the API with a role of its own, whoever comes and goes."
        empty("No service account yet", more, icon=":material/smart_toy:")
        return
    with st.container(key=member_keys.ACCOUNTS_LIST, gap=None):
        rows.heading("Service account", COLUMNS)
        for account in accounts:
            _account(account)


def _account(account: ServiceAccount) -> None:
    query = {"account": str(account.id)}
    cells = (
        rows.fact(role_words(account.role).capitalize(), quiet=True),
        rows.fact(account.responsible or "Nobody any more", quiet=True),
        rows.count(account.tokens, "token"),
    )
    with rows.line(f"account_{account.id}"):
        rows.row(account.name, rows.Link(page="roles.py", query=query), COLUMNS, cells)
        chosen = rows.menu(f"account_menu_{account.id}", ("Tokens", "Change role …", "Remove …"))
    if chosen == "Tokens":
        st.switch_page("roles.py", query_params=query)
    elif chosen == "Change role …":
        _change_role(account)
    elif chosen == "Remove …":
        _remove(account)


@st.dialog("New service account")
def new_account() -> None:
    """Ask for a name and a role; the tokens are made on its own page."""
    principal = guard(Permission.MANAGE_MEMBERS)
    name = st.text_input("Name", key=member_keys.ACCOUNT_NAME, placeholder="Nightly loader", max_chars=100)
    role = role_pick(principal, member_keys.ACCOUNT_ROLE)
    if st.button("Make service account", type="primary", key=member_keys.ACCOUNT_GO):
        try:
            made = broadsheet().service_accounts.create(principal, name=name or "", role=role)
        except BroadsheetError as error:
            problem(error)
            return
        st.switch_page("roles.py", query_params={"account": str(made)})


@st.dialog("Change this service account's role?")
def _change_role(account: ServiceAccount) -> None:
    principal = guard(Permission.MANAGE_MEMBERS)
    st.markdown(f"**{words.plain(account.name)}** may what its role may, from the next request of its tokens on.")
    role = role_pick(principal, member_keys.ACCOUNT_ROLE, now=account.role)
    if st.button("Change role", type="primary", key=member_keys.ACCOUNT_GO):
        try:
            broadsheet().service_accounts.change_role(principal, account.id, role)
        except BroadsheetError as error:
            problem(error)
        else:
            st.rerun()


@st.dialog("Remove this service account?")
def _remove(account: ServiceAccount) -> None:
    tokens = words.counted(account.tokens, "token", "tokens")
    st.markdown(f"**{words.plain(account.name)}** and its {tokens} end at once. Schedules it owns are paused.")
    if st.button("Remove", type="primary", key=member_keys.ACCOUNT_GO):
        try:
            broadsheet().service_accounts.remove(guard(Permission.MANAGE_MEMBERS), account.id)
        except BroadsheetError as error:
            problem(error)
        else:
            st.rerun()


def account_tokens(principal: Principal, account_id: UUID) -> None:
    """Draw one service account with its tokens."""
    service = broadsheet().service_accounts
    account = next((one for one in service.list(principal) if one.id == account_id), None)
    if account is None:
        raise NotFound("This service account does not exist in your organization.")
    role = next(one for one in broadsheet().roles.list(principal) if one.name == account.role)
    st.title(words.plain(account.name), anchor=False)
    st.caption(f"Service account, {role_words(account.role)}. It has no password and cannot sign in here.")
    token_list(
        TokenCare(
            tokens=service.tokens(principal, account_id),
            may=role.permissions & principal.permissions,
            create=lambda **given: service.create_token(guard(Permission.MANAGE_MEMBERS), account_id, **given),
            revoke=lambda token_id: service.revoke_token(guard(Permission.MANAGE_MEMBERS), account_id, token_id),
        )
    )
