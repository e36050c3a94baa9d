"""The roles of the organization with what each of them allows."""

import streamlit as st

from core.domain.access import Permission, Principal, permission_words, role_words
from core.domain.role import Role
from core.errors import BroadsheetError
from pages.widgets import member_keys, rows, words
from pages.widgets.app import broadsheet, guard
from pages.widgets.states import problem

COLUMNS = (rows.Column(title="People", width=70, is_number=True),)


def role_list(principal: Principal) -> None:
    """Draw the roles, those of the organization's own last."""
    with st.container(key=member_keys.ROLES_LIST, gap=None):
        rows.heading("Role", COLUMNS)
        for role in broadsheet().roles.list(principal):
            _role(role)
    st.caption("A change of a role counts from the next request of whoever has it, for their tokens too.")


def _role(role: Role) -> None:
    name = role_words(role.name).capitalize()
    about = f"{role.description} " if role.description else ""
    with rows.line(f"role_{role.id}"):
        rows.two_lines(name, f"{about}May {permission_words(role.permissions)}.", is_strong=True)
        rows.facts(COLUMNS, (rows.count(role.people, "person", many="people"),))
        chosen = None
        if role.is_built_in:
            st.html("<span></span>", width=rows.MENU_WIDTH)
        else:
            chosen = rows.menu(f"role_menu_{role.id}", ("Edit", "Delete …"))
    if chosen == "Edit":
        st.switch_page("roles.py", query_params={"role": str(role.id)})
    elif chosen == "Delete …":
        _delete(role)


@st.dialog("Delete this role?")
def _delete(role: Role) -> None:
    st.markdown(f"**{words.plain(role.name)}** is forgotten. Nobody may have it or be invited in it.")
    if st.button("Delete role", type="primary", key=member_keys.ROLE_DELETE):
        try:
            broadsheet().roles.delete(guard(Permission.MANAGE_MEMBERS), role.id)
        except BroadsheetError as error:
            problem(error)
        else:
            st.rerun()
