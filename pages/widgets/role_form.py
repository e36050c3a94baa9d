"""A role of the organization's own: its name and what it allows, of what its editor may do."""

from uuid import UUID

import streamlit as st

from core.domain.access import IN_WORDS, Permission, Principal
from core.domain.role import Role, RoleDraft
from core.errors import BroadsheetError
from pages.widgets import member_keys, words
from pages.widgets.app import broadsheet
from pages.widgets.states import problem

_FIRST = frozenset({Permission.VIEW_REPORTS})


def role_form(principal: Principal, role_id: UUID | None) -> None:
    """Draw the form; saving leads back to the list."""
    role = None if role_id is None else broadsheet().roles.get(principal, role_id)
    st.title(words.plain(role.name) if role else "New role", anchor=False)
    with st.form(member_keys.ROLE_FORM, border=False, width=560):
        name = st.text_input("Name", value=role.name if role else "", key=member_keys.ROLE_NAME, max_chars=60)
        about = st.text_input(
            "Description", value=role.description if role else "", key=member_keys.ROLE_DESCRIPTION, max_chars=300
        )
        st.html('<h2 class="bs-part">May</h2>')
        chosen = _permissions(principal, _FIRST if role is None else role.permissions)
        asked = st.form_submit_button("Save role", type="primary", key=member_keys.ROLE_SAVE)
    if asked:
        draft = RoleDraft(name=name or "", description=about or "", permissions=chosen)
        try:
            _save(principal, role, draft)
        except BroadsheetError as error:
            problem(error)
        else:
            st.switch_page("roles.py")


def _permissions(principal: Principal, held: frozenset[Permission]) -> frozenset[Permission]:
    """Draw a box for each permission; what the person may not do themselves cannot be ticked."""
    boxes = {
        one: st.checkbox(
            IN_WORDS[one][0].upper() + IN_WORDS[one][1:],
            value=one in held,
            key=f"{member_keys.ROLE_MAY}_{one}",
            disabled=not principal.may(one),
            help=None if principal.may(one) else "You may not do this yourself.",
        )
        for one in Permission
    }
    return frozenset(one for one, ticked in boxes.items() if ticked)


def _save(principal: Principal, role: Role | None, draft: RoleDraft) -> None:
    if role is None:
        broadsheet().roles.create(principal, draft)
    else:
        broadsheet().roles.change(principal, role.id, draft, expected_version=role.version)
